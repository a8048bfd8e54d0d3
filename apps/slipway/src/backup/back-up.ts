import { createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { UserError } from '@slipway/errors'
import { copyRevisionStore } from '@slipway/storage'
import tar from 'tar-stream'
import type { DataFolder } from '../data-folder.ts'
import { packEntry, walk } from './folder-archive.ts'

/** The first file of an archive says what it is. */
export const MARKER = 'slipway-backup.json'
/** The Kubernetes objects, unless they are a user's cluster's. */
const DATABASE = 'cluster.db'

/** What a start makes anew, what only means the running server, and the database, of which the archive has a copy. */
const LEFT_OUT = /^(cluster\.db.*|instance\.json|kubeconfig|server\.log|cache|podman|tools)$|(^|\/)(lock|lock-journal)$/
/** Content that others refer to and that is only added to: git's objects, the registry's blobs. */
const CONTENT = /(^|\/)(objects|blobs)\//

/**
 * Writes everything that a data folder holds and a start does not make anew into one tar archive, also while a server works on it. The
 * Kubernetes objects are those of one moment; what refers to content is taken before the content, so that nothing in the archive refers to
 * what is not there. An existing file is replaced once the new one is whole. Throws UserError NO_DATA.
 */
export async function backUp(folder: DataFolder, target: string): Promise<void> {
  const hasDatabase = existsSync(folder.file(DATABASE))
  if (!hasDatabase && !existsSync(folder.file('git'))) {
    throw new UserError('NO_DATA', `${folder.path} holds no data of slipway`, {
      hint: 'name the folder that does: slipway --data DIR backup FILE',
    })
  }
  const file = resolve(target)
  const unfinished = `${file}.unfinished`
  const scratch = mkdtempSync(join(tmpdir(), 'slipway-backup-'))
  try {
    writeFileSync(join(scratch, MARKER), `${JSON.stringify({ version: 1, createdAt: new Date() })}\n`)
    if (hasDatabase) await copyRevisionStore(folder.file(DATABASE), join(scratch, DATABASE))
    await writeArchive(unfinished, (pack) => packAll(pack, scratch, folder.path))
    await rename(unfinished, file)
    await sync(dirname(file))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
    rmSync(unfinished, { force: true })
  }
}

async function packAll(pack: tar.Pack, scratch: string, data: string): Promise<void> {
  for (const name of [MARKER, DATABASE]) await packEntry(pack, scratch, name)
  for (const isContent of [false, true]) {
    for await (const path of walk(data, (path) => !LEFT_OUT.test(path))) {
      if (CONTENT.test(path) === isContent) await packEntry(pack, data, path)
    }
  }
}

async function writeArchive(file: string, fill: (pack: tar.Pack) => Promise<void>): Promise<void> {
  rmSync(file, { force: true })
  const pack = tar.pack()
  // It holds keys and Secrets: its owner's alone, from the beginning.
  const writing = pipeline(pack, createWriteStream(file, { flags: 'wx', mode: 0o600 }))
  try {
    await fill(pack)
    pack.finalize()
  } catch (error) {
    pack.destroy(error as Error)
    await writing.catch(() => {})
    throw error
  }
  await writing
  await sync(file)
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
