import { pipeline, type Readable } from 'node:stream'
import { setImmediate as othersTurn } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import { UserError } from '@slipway/errors'
import type { GitClient, TreeEntry } from '@slipway/git-client'
import { type Pack, pack } from 'tar-stream'
import { sourceFilter } from './source-ignore.ts'

/** What an artifact may hold. */
export interface ArchiveLimits {
  files: number
  /** Bytes of all files, uncompressed. */
  size: number
}

/** Bytes of all `.sourceignore` files. */
const IGNORE_SIZE = 1024 ** 2
/** Bytes that are compressed at once. */
const CHUNK = 256 * 1024

export const ARCHIVE_LIMITS: ArchiveLimits = { files: 100_000, size: 512 * 1024 ** 2 }

export interface Commit {
  url: string
  id: string
  /** `spec.ignore`. */
  ignore?: string | undefined
}

/**
 * The tree of a fetched commit as tar.gz: the same bytes for the same commit and rules, whenever and wherever it is made.
 * Symbolic links and submodules are left out, as Flux does. Throws UserError ARTIFACT_TOO_LARGE.
 */
export async function archive(git: GitClient, commit: Commit, limits = ARCHIVE_LIMITS): Promise<Readable> {
  const tree = (await git.listTree(commit.url, commit.id)).filter(
    ({ kind }) => kind === 'file' || kind === 'executable',
  )
  const entries = await select(tree, sourceFilter(await readIgnoreFiles(git, commit, tree), commit.ignore, tree.length))
  const size = entries.reduce((sum, entry) => sum + entry.size, 0)
  if (entries.length > limits.files || size > limits.size) {
    throw new UserError(
      'ARTIFACT_TOO_LARGE',
      `the tree has ${entries.length} files of ${size} bytes; at most ${limits.files} files of ${limits.size} bytes are allowed`,
      { hint: 'leave files out with .sourceignore or spec.ignore' },
    )
  }
  const tar = pack()
  fill(
    tar,
    git.readBlobs(
      commit.url,
      entries.map(({ id }) => id),
    ),
    entries,
  ).catch((error) => tar.destroy(error))
  // The consumer of the result is told of every failure.
  return pipeline(tar as unknown as Readable, inLargeChunks, createGzip({ chunkSize: CHUNK }), () => {})
}

/** gzip hands every chunk to another thread and back, which for headers and small files costs more than to compress them. */
async function* inLargeChunks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    parts.push(chunk)
    size += chunk.length
    if (size < CHUNK) continue
    yield Buffer.concat(parts)
    parts = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(parts)
}

/** Files that are looked at before others have their turn. */
const AT_ONCE = 1000

async function select(tree: TreeEntry[], keep: (path: string) => boolean): Promise<TreeEntry[]> {
  const kept: TreeEntry[] = []
  for (const [index, entry] of tree.entries()) {
    if (keep(entry.path)) kept.push(entry)
    if (index % AT_ONCE === AT_ONCE - 1) await othersTurn()
  }
  return kept
}

async function readIgnoreFiles(
  git: GitClient,
  commit: Commit,
  tree: TreeEntry[],
): Promise<{ folder: string; text: string }[]> {
  const files = tree.filter(({ path }) => path === '.sourceignore' || path.endsWith('/.sourceignore'))
  if (files.length === 0) return []
  const size = files.reduce((sum, file) => sum + file.size, 0)
  if (size > IGNORE_SIZE) {
    throw new UserError(
      'ARTIFACT_TOO_LARGE',
      `the .sourceignore files have ${size} bytes; at most ${IGNORE_SIZE} are read`,
    )
  }
  const found: { folder: string; text: string }[] = []
  let index = 0
  for await (const content of git.readBlobs(
    commit.url,
    files.map(({ id }) => id),
  )) {
    const path = files[index++]?.path ?? ''
    found.push({ folder: path.slice(0, Math.max(0, path.lastIndexOf('/'))), text: content.toString('utf8') })
  }
  return found
}

async function fill(tar: Pack, contents: AsyncIterable<Buffer>, entries: TreeEntry[]): Promise<void> {
  let index = 0
  for await (const content of contents) {
    const entry = entries[index++]
    if (!entry) break
    const mode = entry.kind === 'executable' ? 0o755 : 0o644
    const header = { name: entry.path, mode, size: content.length, mtime: new Date(0), uid: 0, gid: 0 }
    await new Promise<void>((resolve, reject) => {
      tar.entry(header, content, (error) => (error ? reject(error) : resolve()))
    })
  }
  tar.finalize()
}
