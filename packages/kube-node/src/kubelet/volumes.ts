import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { UserError } from '@slipway/errors'
import { canonicalJson, shortHash } from '../canonical.ts'
import type { DownwardItem, KeyToPath, Pod, ProjectedSource, Volume } from '../types.ts'
import type { ConfigurationReader } from './configuration.ts'
import { fieldText, type PodPlace, resourceText } from './downward.ts'

interface File {
  path: string
  content: Buffer
  mode: number
}

export interface VolumeContext {
  pod: Pod
  /** The pod's own folder. */
  dir: string
  configuration: ConfigurationReader
  place: PodPlace
  /** A token for the pod's service account; absent = tokens are left out. */
  serviceAccountToken?: (pod: Pod, audience: string | undefined, seconds: number) => Promise<string>
}

/** Makes every volume of a pod and resolves to its path by name. Harmless to repeat: contents that changed are swapped in. */
export async function prepareVolumes(context: VolumeContext): Promise<Map<string, string>> {
  const paths = new Map<string, string>()
  for (const volume of context.pod.spec.volumes ?? []) paths.set(volume.name, await prepare(volume, context))
  return paths
}

/** Whether the volume's content can change while the pod runs. */
export function isLive({ configMap, secret, projected, downwardAPI }: Volume): boolean {
  return Boolean(configMap ?? secret ?? projected ?? downwardAPI)
}

async function prepare(volume: Volume, context: VolumeContext): Promise<string> {
  if (volume.hostPath) return hostPath(volume.hostPath)
  const dir = join(context.dir, 'volumes', volume.name)
  mkdirSync(dir, { recursive: true })
  if (volume.emptyDir) {
    chmodSync(dir, 0o777)
    const { fsGroup } = context.pod.spec.securityContext ?? {}
    if (fsGroup !== undefined && process.getuid?.() === 0) {
      chownSync(dir, 0, fsGroup)
      chmodSync(dir, 0o2777)
    }
    return dir
  }
  if (!isLive(volume)) {
    throw new UserError('POD_VOLUME_UNSUPPORTED', `volume "${volume.name}" is of a kind that this node does not have`, {
      hint: 'emptyDir, hostPath, configMap, secret, projected and downwardAPI are supported',
    })
  }
  swapIn(dir, await filesOf(volume, context))
  return dir
}

async function filesOf(volume: Volume, context: VolumeContext): Promise<File[]> {
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap) return files({ configMap }, configMap.defaultMode, context)
  if (secret) return files({ secret: { ...secret, name: secret.secretName } }, secret.defaultMode, context)
  if (downwardAPI) return files({ downwardAPI }, downwardAPI.defaultMode, context)
  const all: File[] = []
  for (const source of projected?.sources ?? []) all.push(...(await files(source, projected?.defaultMode, context)))
  return all
}

async function files(source: ProjectedSource, defaultMode = 0o644, context: VolumeContext): Promise<File[]> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source
  const { configuration, pod, place } = context
  const reference = configMap ?? secret
  if (reference) {
    const data = await configuration.data(configMap ? 'ConfigMap' : 'Secret', reference.name, reference.optional)
    return keyFiles(data ?? new Map(), reference, defaultMode)
  }
  if (downwardAPI) {
    const text = (item: DownwardItem): string => {
      if (item.fieldRef) return fieldText(pod, item.fieldRef.fieldPath, place)
      const [first] = pod.spec.containers
      return item.resourceFieldRef && first ? resourceText(pod, first, item.resourceFieldRef) : ''
    }
    return (downwardAPI.items ?? []).map((item) => ({
      path: item.path,
      content: Buffer.from(text(item)),
      mode: item.mode ?? defaultMode,
    }))
  }
  if (!serviceAccountToken || !context.serviceAccountToken) return []
  const { path, audience, expirationSeconds = 3600 } = serviceAccountToken
  return [
    {
      path,
      content: Buffer.from(await context.serviceAccountToken(pod, audience, expirationSeconds)),
      mode: defaultMode,
    },
  ]
}

function keyFiles(
  data: Map<string, Buffer>,
  { name, items, optional }: { name: string; items?: KeyToPath[]; optional?: boolean },
  defaultMode: number,
): File[] {
  if (!items) return [...data].map(([path, content]) => ({ path, content, mode: defaultMode }))
  return items.flatMap(({ key, path, mode = defaultMode }) => {
    const content = data.get(key)
    if (content) return [{ path, content, mode }]
    if (optional) return []
    throw new UserError('POD_CONFIG_MISSING', `references non-existent config key: ${key} (of "${name}")`)
  })
}

/**
 * The kubelet's layout (AtomicWriter): files live in a folder of their own behind the link `..data`, which is replaced in one
 * step, so that a container never sees half of an update.
 */
function swapIn(dir: string, files: File[]): void {
  for (const { path } of files) {
    if (normalize(path).startsWith('..') || path.startsWith('/'))
      throw new UserError('POD_VOLUME_UNSUPPORTED', `invalid path "${path}" in a volume`)
  }
  const version = `..${shortHash(canonicalJson(files.map(({ path, content, mode }) => [path, content.toString('base64'), mode])))}`
  const link = join(dir, '..data')
  const current = existsSync(link) ? readlinkSync(link) : undefined
  if (current === version) return
  for (const { path, content, mode } of files) {
    const file = join(dir, version, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    chmodSync(file, mode)
  }
  mkdirSync(join(dir, version), { recursive: true })
  rmSync(`${link}_tmp`, { force: true })
  symlinkSync(version, `${link}_tmp`)
  renameSync(`${link}_tmp`, link)
  for (const name of new Set(files.map(({ path }) => path.split('/')[0] ?? path))) {
    const visible = join(dir, name)
    if (!lstatSync(visible, { throwIfNoEntry: false })) symlinkSync(join('..data', name), visible)
  }
  if (current) rmSync(join(dir, current), { recursive: true, force: true })
}

function hostPath({ path, type = '' }: { path: string; type?: string }): string {
  if (type === 'DirectoryOrCreate') mkdirSync(path, { recursive: true })
  if (type === 'FileOrCreate' && !existsSync(path)) writeFileSync(path, '')
  if (!existsSync(path)) {
    if (type !== '')
      throw new UserError(
        'POD_VOLUME_UNSUPPORTED',
        `hostPath type check failed: ${path} is not a ${type.toLowerCase()}`,
      )
    mkdirSync(path, { recursive: true })
  }
  return path
}

/** The message that a container left behind; at most 4096 bytes, as the kubelet takes. */
export function terminationMessage(file: string): string {
  return existsSync(file) ? readFileSync(file).subarray(0, 4096).toString('utf8') : ''
}
