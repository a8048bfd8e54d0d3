import { mkdirSync, type Stats, statSync, writeFileSync } from 'node:fs'
import { UserError } from '@slipway/errors'

const TYPES: Record<string, (stats: Stats) => boolean> = {
  Directory: (stats) => stats.isDirectory(),
  DirectoryOrCreate: (stats) => stats.isDirectory(),
  File: (stats) => stats.isFile(),
  FileOrCreate: (stats) => stats.isFile(),
  Socket: (stats) => stats.isSocket(),
  CharDevice: (stats) => stats.isCharacterDevice(),
  BlockDevice: (stats) => stats.isBlockDevice(),
}

/** The kubelet's words for what is not there (volume/hostpath). */
const WORDS: Partial<Record<string, string>> = {
  File: 'file',
  FileOrCreate: 'file',
  Socket: 'socket file',
  CharDevice: 'character device',
  BlockDevice: 'block device',
}

/** A path of this machine, made where its type says so, and checked. Throws UserError POD_VOLUME_UNSUPPORTED. */
export function hostPath({ path, type = '' }: { path: string; type?: string }): string {
  let stats = statSync(path, { throwIfNoEntry: false })
  if (!stats && type === 'FileOrCreate') writeFileSync(path, '')
  else if (!stats && (type === '' || type === 'DirectoryOrCreate')) mkdirSync(path, { recursive: true })
  stats = statSync(path, { throwIfNoEntry: false })
  const fits = TYPES[type]
  if (stats && (!fits || fits(stats))) return path
  throw new UserError(
    'POD_VOLUME_UNSUPPORTED',
    `hostPath type check failed: ${path} is not a ${WORDS[type] ?? 'directory'}`,
  )
}
