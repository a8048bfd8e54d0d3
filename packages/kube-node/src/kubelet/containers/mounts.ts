import { chmodSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BindMount } from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import type { Container, VolumeMount } from '../../model/pod.ts'
import { expandEvery } from '../configuration/expand.ts'
import type { PreparedVolume } from '../volumes/volume-manager.ts'

const PROPAGATION: Record<string, BindMount['propagation']> = { Bidirectional: 'rshared', HostToContainer: 'rslave' }

/** The volumes of a container as the engine mounts them. Throws UserError POD_VOLUME_UNSUPPORTED. */
export function volumeMounts(
  container: Container,
  { volumes, env }: { volumes: ReadonlyMap<string, PreparedVolume>; env: ReadonlyMap<string, string> },
): BindMount[] {
  return (container.volumeMounts ?? []).map((mount) => {
    const volume = volumes.get(mount.name)
    if (!volume) throw unsupported(`there is no volume "${mount.name}" to mount at ${mount.mountPath}`)
    const subPath = subPathOf(mount, env)
    const propagation = PROPAGATION[mount.mountPropagation ?? '']
    return {
      source: subPath ? inside(volume.path, subPath) : volume.path,
      target: absolute(mount.mountPath),
      readOnly: mount.readOnly || volume.readOnly,
      ...(propagation && { propagation }),
    }
  })
}

/** `subPath`, or `subPathExpr` with every variable known. */
function subPathOf(mount: VolumeMount, env: ReadonlyMap<string, string>): string | undefined {
  const subPath = mount.subPathExpr ? expandEvery(mount.subPathExpr, env) : mount.subPath
  if (!subPath) return undefined
  if (subPath.startsWith('/')) throw unsupported(`subPath "${subPath}" must not be an absolute path`)
  if (subPath.split('/').includes('..')) throw unsupported(`subPath "${subPath}" must not contain ".."`)
  return subPath
}

/** A path below a volume; a folder is made of it when missing, and it is refused when links lead out of the volume. */
function inside(volume: string, subPath: string): string {
  const path = join(volume, subPath)
  const found = realPath(path) ?? makeFolder(path, volume)
  const root = realpathSync(volume)
  if (found !== root && !found.startsWith(`${root}/`)) throw unsupported(`subPath "${subPath}" leads out of its volume`)
  return found
}

/** With the volume's own access rights, the group among them that what is made inside inherits, for every folder that is new (kubelet, SafeMakeDir). */
function makeFolder(path: string, volume: string): string {
  const made = [path]
  let parent = dirname(path)
  for (; realPath(parent) === undefined; parent = dirname(parent)) made.push(parent)
  const real = realPath(parent) ?? parent
  if (!`${real}/`.startsWith(`${realpathSync(volume)}/`)) return real
  mkdirSync(path, { recursive: true })
  const mode = statSync(volume).mode & 0o7777
  for (const folder of made) chmodSync(folder, mode)
  return realpathSync(path)
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    // It is not there.
    return undefined
  }
}

/** An empty file for the last words of a container, writable for whoever it runs as. */
export function messageMount(file: string, container: Container): BindMount {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '')
  chmodSync(file, 0o666)
  return { source: file, target: absolute(container.terminationMessagePath || '/dev/termination-log') }
}

/** Paths in containers begin at their root (MakeAbsolutePath). */
const absolute = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

const unsupported = (message: string): UserError => new UserError('POD_VOLUME_UNSUPPORTED', message)
