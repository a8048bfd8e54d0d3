import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Worker } from 'node:worker_threads'
import { KeyedLock } from '../keyed-lock.ts'
import { append, type FileDigest } from './appending/append.ts'
import { type ThreadDigest, UploadThreads } from './appending/upload-threads.ts'
import {
  corruptBlob,
  isKey,
  isUploadId,
  newUploadId,
  otherDigest,
  parseKey,
  requireWhole,
  unknownUpload,
  uploadOwner,
} from './blob-key.ts'
import type { BlobStore, ByteRange, OpenUpload, Pace } from './blob-store.ts'
import { ignoreMissing, isUnreadable, readable, unlessFull } from './disk-faults.ts'
import { sendFile } from './file-sending.ts'
import { hasDigest, RunningDigest } from './running-digest.ts'
import { UploadDigests } from './upload-digests.ts'

/** Unlike the flag `a` this makes no file. */
const APPEND = constants.O_WRONLY | constants.O_APPEND

/**
 * Blobs as files: `DIR/blobs/<algorithm>/<2 characters>/<rest>`, uploads under `DIR/uploads`, spoilt blobs under `DIR/corrupt`. A
 * blob appears by rename after its bytes are on the disk, so it is there whole or not at all. One process may write to DIR at a
 * time. `startThread` starts a thread that runs `serveUploads`; large uploads are written on two of them. Without it all are written here.
 */
export async function openFileBlobStore(dir: string, startThread?: () => Worker): Promise<BlobStore> {
  const store = new FileBlobStore(dir, startThread && new UploadThreads(startThread))
  await store.prepare()
  return store
}

class FileBlobStore implements BlobStore {
  readonly #dir: string
  readonly #digests = new UploadDigests<FileDigest>()
  /** Appends to an upload and its commit go one after the other. */
  readonly #locks = new KeyedLock()
  /** Folders that are there, or are being made. */
  readonly #folders = new Map<string, Promise<void>>()

  readonly #threads: UploadThreads | undefined

  constructor(dir: string, threads: UploadThreads | undefined) {
    this.#dir = dir
    this.#threads = threads
  }

  async prepare(): Promise<void> {
    for (const folder of ['blobs', 'uploads', 'corrupt']) {
      await mkdir(join(this.#dir, folder), { recursive: true })
    }
    await flush(this.#dir)
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    const size = await sizeOf(this.#path(key))
    return size === undefined ? undefined : { size }
  }

  async get(key: string): Promise<Buffer | undefined> {
    const bytes = await readable(key, () => readFile(this.#path(key)).catch(ignoreMissing))
    if (bytes) requireWhole(key, bytes)
    return bytes
  }

  async send(key: string, range: ByteRange, to: () => Writable): Promise<boolean> {
    const file = await open(this.#path(key)).catch(ignoreMissing)
    if (!file) return false
    try {
      await readable(key, () => sendFile(file, range, { to: to(), tooShort: () => corruptBlob(key) }))
      return true
    } finally {
      await file.close()
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const from = this.#uploadPath(randomUUID())
    await unlessFull(from, async () => {
      const file = await open(from, 'wx')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
    })
    await this.#publish(from, key)
  }

  async startUpload(owner?: string): Promise<string> {
    const id = newUploadId(owner)
    const file = await open(this.#uploadPath(id), 'wx')
    await file.close()
    this.#digests.set(id, new RunningDigest())
    return id
  }

  async uploadSize(id: string): Promise<number | undefined> {
    return isUploadId(id) ? sizeOf(this.#uploadPath(id)) : undefined
  }

  appendUpload(id: string, body: AsyncIterable<Uint8Array>): Promise<number> {
    return this.#locks.run(id, async () => {
      const file = await this.#openUpload(id, APPEND)
      try {
        const { size } = await file.stat()
        const appended = { file, digest: this.#digests.of(id, size), onThread: this.#threadFor(id) }
        await unlessFull(this.#uploadPath(id), () => append(appended, body))
        return (await file.stat()).size
      } finally {
        await file.close()
      }
    })
  }

  commitUpload(id: string, key: string): Promise<void> {
    return this.#locks.run(id, async () => {
      const file = await this.#openUpload(id, constants.O_RDONLY)
      try {
        const { size } = await file.stat()
        if (!(await this.#digests.matches(key, id, size, () => contentOf(file)))) throw otherDigest(key)
        await file.sync()
      } finally {
        await file.close()
      }
      await this.#publish(this.#uploadPath(id), key)
      this.#digests.forget(id)
    })
  }

  async cancelUpload(id: string): Promise<void> {
    if (!isUploadId(id)) return
    this.#digests.forget(id)
    await this.#locks.run(id, () => rm(this.#uploadPath(id), { force: true }))
  }

  async *uploads(wanted?: string): AsyncIterable<OpenUpload> {
    for (const id of await readdir(join(this.#dir, 'uploads'))) {
      const owner = uploadOwner(id)
      if (wanted !== undefined && wanted !== owner) continue
      const found = await stat(this.#uploadPath(id)).catch(ignoreMissing)
      if (found) yield { id, ...(owner && { owner }), size: found.size, touchedAt: found.mtimeMs }
    }
  }

  async verify(key: string, pace: Pace): Promise<boolean | undefined> {
    const file = await open(this.#path(key)).catch(ignoreMissing)
    if (!file) return undefined
    try {
      return await hasDigest(key, contentOf(file), pace)
    } catch (error) {
      if (isUnreadable(error)) return false
      throw error
    } finally {
      await file.close()
    }
  }

  async delete(key: string): Promise<boolean> {
    const path = this.#path(key)
    if ((await sizeOf(path)) === undefined) return false
    await rm(path, { force: true })
    await flush(dirname(path))
    return true
  }

  async setAside(key: string): Promise<void> {
    const path = this.#path(key)
    await rename(path, join(this.#dir, 'corrupt', key.replace(':', '-'))).catch(ignoreMissing)
    await flush(dirname(path)).catch(ignoreMissing)
  }

  async *keys(): AsyncIterable<string> {
    const blobs = join(this.#dir, 'blobs')
    for (const algorithm of await namesIn(blobs)) {
      for (const start of await namesIn(join(blobs, algorithm))) {
        for (const rest of await namesIn(join(blobs, algorithm, start))) {
          const key = `${algorithm}:${start}${rest}`
          if (isKey(key)) yield key
        }
      }
    }
  }

  #threadFor(id: string): (() => ThreadDigest) | undefined {
    const threads = this.#threads
    if (!threads) return undefined
    return () => {
      const digest = threads.digest(id)
      this.#digests.set(id, digest)
      return digest
    }
  }

  /** Makes a file whose bytes are on the disk the blob `key`. */
  async #publish(from: string, key: string): Promise<void> {
    const to = this.#path(key)
    const folder = dirname(to)
    await this.#makeFolder(folder)
    await rename(from, to)
    await flush(folder)
  }

  #makeFolder(folder: string): Promise<void> {
    const known = this.#folders.get(folder)
    if (known) return known
    const made = makeDurableFolder(folder)
    this.#folders.set(folder, made)
    made.catch(() => this.#folders.delete(folder))
    return made
  }

  #path(key: string): string {
    const { algorithm, hex } = parseKey(key)
    return join(this.#dir, 'blobs', algorithm, hex.slice(0, 2), hex.slice(2))
  }

  #uploadPath(id: string): string {
    return join(this.#dir, 'uploads', id)
  }

  async #openUpload(id: string, flags: number): Promise<FileHandle> {
    const file = isUploadId(id) ? await open(this.#uploadPath(id), flags).catch(ignoreMissing) : undefined
    if (!file) throw unknownUpload(id)
    return file
  }
}

/** Nothing for what is no folder. */
function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR' || error.code === 'ENOENT') return []
    throw error
  })
}

function contentOf(file: FileHandle): AsyncIterable<Buffer> {
  return file.createReadStream({ highWaterMark: 512 * 1024, autoClose: false, start: 0 })
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ignoreMissing))?.size
}

/** `DIR/<part>/<algorithm>/<2 characters>`, of which the last two may be new. */
async function makeDurableFolder(folder: string): Promise<void> {
  if ((await mkdir(folder, { recursive: true })) === undefined) return
  await flush(dirname(folder))
  await flush(dirname(dirname(folder)))
}

/** Puts a file's content, or a folder's list of names, on the disk. */
async function flush(path: string): Promise<void> {
  const file = await open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
