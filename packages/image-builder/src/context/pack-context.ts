import { createWriteStream } from 'node:fs'
import { lstat, open, readdir, readFile, readlink } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import dockerignore from '@balena/dockerignore'
import { UserError } from '@slipway/errors'
import tar from 'tar-stream'

export interface PackedContext {
  /** Size of the archive in bytes. */
  size: number
  /** Path of the Dockerfile inside of the archive. */
  dockerfile: string
}

// `az acr build` never sends these (azure-cli, acr/_archive_utils.py).
const VERSION_CONTROL = new Set(['.git', '.gitignore', '.bzr', '.bzrignore', '.hg', '.hgignore', '.svn'])

/**
 * Packs a folder into a tar.gz for a build: without version control, without what .dockerignore (or <Dockerfile>.dockerignore)
 * names, always with the Dockerfile, which may lie outside. Throws UserError BUILD_CONTEXT_INVALID.
 */
export async function packContext(folder: string, dockerfile: string, archive: string): Promise<PackedContext> {
  const [source, content] = await readDockerfile(folder, dockerfile)
  const inside = relative(folder, source)
  const outside = inside.startsWith('..')
  const name = outside ? `.slipway-${basename(source)}` : inside.split(sep).join('/')
  const ignored = await readIgnore(folder, source)
  const pack = tar.pack()
  const writing = pipeline(pack, createGzip({ level: 1 }), createWriteStream(archive))
  try {
    for await (const path of walk(folder, '')) {
      if (path !== name && ignored(path)) continue
      await addEntry(pack, join(folder, path), path)
    }
    if (outside) pack.entry({ name }, content)
    pack.finalize()
  } catch (error) {
    pack.destroy(error as Error)
    await writing.catch(() => {})
    throw error
  }
  await writing
  return { size: (await lstat(archive)).size, dockerfile: name }
}

async function readDockerfile(folder: string, dockerfile: string): Promise<[string, Buffer]> {
  // Relative to where the command runs, or to the context, as the real command tries both.
  for (const candidate of [dockerfile, join(folder, dockerfile)]) {
    const content = await readFile(candidate).catch(() => undefined)
    if (content) return [candidate, content]
  }
  throw new UserError('BUILD_CONTEXT_INVALID', `Unable to find '${dockerfile}'.`, {
    hint: 'name the Dockerfile with --file',
  })
}

async function readIgnore(folder: string, dockerfile: string): Promise<(path: string) => boolean> {
  const texts = await Promise.all(
    [`${dockerfile}.dockerignore`, join(folder, '.dockerignore')].map((file) =>
      readFile(file, 'utf8').catch(() => undefined),
    ),
  )
  const text = texts.find((candidate) => candidate !== undefined)
  if (text === undefined) return () => false
  const matcher = dockerignore.default({ ignorecase: false }).add(text.replace(/^\uFEFF/, ''))
  return (path) => matcher.ignores(path)
}

/** Every file, folder and link below, folders before what they hold. A folder that is ignored may hold files that are not (`!`). */
async function* walk(root: string, below: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, below), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (VERSION_CONTROL.has(entry.name)) continue
    const path = below ? `${below}/${entry.name}` : entry.name
    yield path
    if (entry.isDirectory()) yield* walk(root, path)
  }
}

async function addEntry(pack: tar.Pack, file: string, name: string): Promise<void> {
  const stats = await lstat(file)
  const header = { name, mode: stats.mode & 0o7777, mtime: stats.mtime, uid: 0, gid: 0 }
  if (stats.isDirectory()) pack.entry({ ...header, type: 'directory' })
  else if (stats.isSymbolicLink()) pack.entry({ ...header, type: 'symlink', linkname: await readlink(file) })
  else if (stats.isFile()) await addFile(pack, file, { ...header, size: stats.size })
}

async function addFile(pack: tar.Pack, file: string, header: { name: string; size: number }): Promise<void> {
  if (header.size === 0) return void pack.entry(header, '')
  const handle = await open(file)
  // A file that grows while it is read must not spoil the archive.
  await pipeline(handle.createReadStream({ end: header.size - 1 }), pack.entry(header))
}
