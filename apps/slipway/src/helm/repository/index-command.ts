import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, resolve } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import {
  addEntry,
  loadArchive,
  type Metadata,
  mergeIndexes,
  type RepositoryIndex,
  writeIndex,
  writeJsonIndex,
} from '@slipway/helm-chart'
import { nodePlatform } from '../node-platform.ts'
import { readIndex } from './read-index.ts'

/** The flags of `helm repo index`. */
export interface RepoIndexOptions {
  readonly url?: string
  readonly merge?: string
  readonly json: boolean
}

/** `helm repo index DIR`: writes index.yaml of the packaged charts in the folder and the folders in it. */
export function indexFolder(folder: string, { url = '', merge, json }: RepoIndexOptions): void {
  const created = nodePlatform.now().toISOString()
  const write = (path: string, index: RepositoryIndex): void =>
    writeFileSync(path, json ? writeJsonIndex(index, created) : writeIndex(index, created))
  const target = join(folder, 'index.yaml')
  let index: RepositoryIndex = { entries: {} }
  for (const path of inFolder(target, () => archivesIn(folder))) {
    const data = readFileSync(join(folder, path))
    const metadata = metadataOf(data)
    if (!metadata) continue
    const digest = Buffer.from(nodePlatform.digest('sha256', data)).toString('hex')
    index = addEntry(index, { metadata, urls: [addressOf(url, path)], created, digest })
  }
  if (merge !== undefined && existsSync(merge)) index = mergeIndexes(index, readMerged(merge))
  // Helm makes the file, where it can, and does not say where it can't.
  else if (merge !== undefined && existsSync(dirname(merge))) write(merge, { entries: {} })
  inFolder(target, () => write(target, index))
}

/** What is no chart is left out, as Helm does. */
function metadataOf(archive: Uint8Array): Metadata | undefined {
  try {
    return loadArchive(archive, nodePlatform).metadata
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}

/** The path behind that of an address, whose query stays. */
function addressOf(base: string, path: string): string {
  const [, host = '', folder = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)(.*)$/i.exec(base) ?? []
  const joined = posix.join(folder, path)
  return `${host}${host !== '' && !joined.startsWith('/') ? '/' : ''}${joined}${rest}`
}

function readMerged(file: string): RepositoryIndex {
  try {
    return readIndex(readFileSync(file, 'utf8'), file)
  } catch (error) {
    const message = `merge failed: error loading ${file}: ${messageOf(error)}`
    throw new UserError('CHART_INDEX_INVALID', message, { cause: error })
  }
}

function inFolder<T>(file: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    const reason = { ENOENT: 'no such file or directory', ENOTDIR: 'not a directory', EACCES: 'permission denied' }[
      (error as NodeJS.ErrnoException).code ?? ''
    ]
    if (reason === undefined) throw error
    throw new UserError('HELM_FILE_UNREADABLE', `open ${resolve(file)}: ${reason}`, { cause: error })
  }
}

function archivesIn(folder: string): string[] {
  const here = readdirSync(folder).sort()
  const isFolder = (name: string): boolean => statSync(join(folder, name)).isDirectory()
  const below = here.filter(isFolder).flatMap((name) =>
    readdirSync(join(folder, name))
      .sort()
      .map((file) => `${name}/${file}`),
  )
  return [...here, ...below].filter((path) => path.endsWith('.tgz'))
}
