import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { UserError } from '@slipway/errors'
import { canonicalJson, shortHash } from '../../canonical.ts'

export interface VolumeFile {
  path: string
  content: Buffer
  mode: number
  /** The user that it is given to. @default who runs the node */
  owner?: number
}

const DATA = '..data'

/**
 * The kubelet's layout (AtomicWriter): files live in a folder of their own behind the link `..data`, which is replaced in one
 * step, so that a container never sees half of an update. `adorn` is shown the new folder before it is seen.
 * Throws UserError POD_VOLUME_UNSUPPORTED for paths that lead elsewhere.
 */
export function swapIn(dir: string, files: VolumeFile[], adorn: (folder: string) => void): void {
  for (const { path } of files) {
    if (normalize(path).startsWith('..') || path.startsWith('/'))
      throw new UserError('POD_VOLUME_UNSUPPORTED', `invalid path "${path}" in a volume`)
  }
  const version = versionOf(files)
  const current = linkTarget(join(dir, DATA))
  if (current === version) return
  rmSync(join(dir, version), { recursive: true, force: true })
  write(join(dir, version), files)
  adorn(join(dir, version))
  rmSync(join(dir, `${DATA}_tmp`), { force: true })
  symlinkSync(version, join(dir, `${DATA}_tmp`))
  renameSync(join(dir, `${DATA}_tmp`), join(dir, DATA))
  linkVisible(dir, files)
  if (current) rmSync(join(dir, current), { recursive: true, force: true })
}

function versionOf(files: VolumeFile[]): string {
  const facts = files.map(({ path, content, mode, owner }) => [path, content.toString('base64'), mode, owner ?? null])
  return `..${shortHash(canonicalJson(facts))}`
}

function write(folder: string, files: VolumeFile[]): void {
  mkdirSync(folder, { recursive: true })
  for (const { path, content, mode, owner } of files) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    if (owner !== undefined && process.getuid?.() === 0) chownSync(file, owner, -1)
    chmodSync(file, mode)
  }
}

/** The names that containers see are links through `..data`; those that are no longer there go. */
function linkVisible(dir: string, files: VolumeFile[]): void {
  const wanted = new Set(files.map(({ path }) => path.split('/')[0] ?? path))
  for (const name of readdirSync(dir)) if (!name.startsWith('..') && !wanted.has(name)) rmSync(join(dir, name))
  for (const name of wanted) {
    const visible = join(dir, name)
    if (!lstatSync(visible, { throwIfNoEntry: false })) symlinkSync(join(DATA, name), visible)
  }
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch {
    // Nothing was written yet.
    return undefined
  }
}
