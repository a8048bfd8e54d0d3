import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BugError, UserError } from '@slipway/errors'
import type { BlobStore, ByteRange } from './blob-store.ts'

const KEY = /^([a-z0-9]+):([A-Za-z0-9]{4,})$/
const UPLOAD_ID = /^[0-9a-f-]{36}$/

/**
 * Blobs as files: `DIR/blobs/<algorithm>/<2 characters>/<rest>`, uploads under `DIR/uploads`. A blob appears by rename after
 * its bytes are on the disk, so it is there whole or not at all. One process may write to DIR at a time.
 */
export async function openFileBlobStore(dir: string): Promise<BlobStore> {
  const store = new FileBlobStore(dir)
  await store.prepare()
  return store
}

class FileBlobStore implements BlobStore {
  readonly #blobs: string
  readonly #uploads: string
  /** The last operation on each upload that is at work: appends and the commit go one after the other. */
  readonly #busy = new Map<string, Promise<unknown>>()

  constructor(dir: string) {
    this.#blobs = join(dir, 'blobs')
    this.#uploads = join(dir, 'uploads')
  }

  async prepare(): Promise<void> {
    await mkdir(this.#blobs, { recursive: true })
    await mkdir(this.#uploads, { recursive: true })
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    const size = await sizeOf(this.#blobPath(key))
    return size === undefined ? undefined : { size }
  }

  async read(key: string, range?: ByteRange): Promise<Readable | undefined> {
    const file = await open(this.#blobPath(key)).catch(ignoreMissing)
    // The stream closes the file; what is deleted while it is read stays readable.
    return file?.createReadStream({ highWaterMark: 256 * 1024, ...range })
  }

  async startUpload(): Promise<string> {
    const id = randomUUID()
    const file = await open(this.#uploadPath(id), 'wx')
    await file.close()
    return id
  }

  async uploadSize(id: string): Promise<number | undefined> {
    return UPLOAD_ID.test(id) ? sizeOf(this.#uploadPath(id)) : undefined
  }

  appendUpload(id: string, body: Readable): Promise<number> {
    return this.#exclusive(id, async () => {
      const path = this.#uploadPath(id)
      await this.#requireUpload(id)
      await pipeline(body, createWriteStream(path, { flags: 'a', highWaterMark: 256 * 1024 }))
      return (await stat(path)).size
    })
  }

  commitUpload(id: string, key: string, verify: (content: Readable) => Promise<void>): Promise<void> {
    return this.#exclusive(id, async () => {
      const from = this.#uploadPath(id)
      const to = this.#blobPath(key)
      await this.#requireUpload(id)
      const content = createReadStream(from, { highWaterMark: 256 * 1024 })
      try {
        await verify(content)
      } finally {
        content.destroy()
      }
      await flush(from)
      const folder = dirname(to)
      if ((await mkdir(folder, { recursive: true })) !== undefined) await flush(dirname(folder))
      await rename(from, to)
      await flush(folder)
    })
  }

  async cancelUpload(id: string): Promise<void> {
    if (!UPLOAD_ID.test(id)) return
    await this.#exclusive(id, () => rm(this.#uploadPath(id), { force: true }))
  }

  async delete(key: string): Promise<boolean> {
    const path = this.#blobPath(key)
    if ((await sizeOf(path)) === undefined) return false
    await rm(path, { force: true })
    await flush(dirname(path))
    return true
  }

  async *keys(): AsyncIterable<string> {
    for (const algorithm of await readdir(this.#blobs)) {
      for (const start of await readdir(join(this.#blobs, algorithm))) {
        for (const rest of await readdir(join(this.#blobs, algorithm, start))) yield `${algorithm}:${start}${rest}`
      }
    }
  }

  #blobPath(key: string): string {
    const [, algorithm, name] = KEY.exec(key) ?? []
    // A key is checked by whoever takes it from outside; here it must not become a path.
    if (!algorithm || !name) throw new BugError('BLOB_KEY_INVALID', `"${key}" is no blob key`)
    return join(this.#blobs, algorithm, name.slice(0, 2), name.slice(2))
  }

  #uploadPath(id: string): string {
    if (!UPLOAD_ID.test(id)) throw unknownUpload(id)
    return join(this.#uploads, id)
  }

  async #requireUpload(id: string): Promise<void> {
    if ((await this.uploadSize(id)) === undefined) throw unknownUpload(id)
  }

  async #exclusive<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(id)
    const mine = (before ?? Promise.resolve()).then(work, work)
    this.#busy.set(id, mine)
    try {
      return await mine
    } finally {
      if (this.#busy.get(id) === mine) this.#busy.delete(id)
    }
  }
}

function unknownUpload(id: string): UserError {
  return new UserError('UPLOAD_UNKNOWN', `there is no upload ${id}`, { hint: 'start a new upload' })
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ignoreMissing))?.size
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

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
