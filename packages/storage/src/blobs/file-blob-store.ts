import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { KeyedLock } from '../keyed-lock.ts'
import { corruptBlob, otherDigest, parseKey, requireWhole, unknownUpload } from './blob-key.ts'
import type { BlobStore, ByteRange, OpenUpload, Pace } from './blob-store.ts'
import { areChecks, BLOCK } from './block-checks.ts'
import { append } from './file-appending.ts'
import { sendChecked, write } from './file-sending.ts'
import { type Fingerprint, fingerprintOf, seen, UploadFingerprints } from './fingerprint.ts'
import { sendVerified } from './verified-sending.ts'

const UPLOAD_ID = /^[0-9a-f-]{36}$/
/** Unlike the flag `a` this makes no file. */
const APPEND = constants.O_WRONLY | constants.O_APPEND

/**
 * Blobs as files: `DIR/blobs/<algorithm>/<2 characters>/<rest>`, uploads under `DIR/uploads`, spoilt blobs under `DIR/corrupt`. A
 * blob appears by rename after its bytes are on the disk, so it is there whole or not at all. `DIR/checks` has the checks of the
 * blocks of larger blobs; they can be made again and are not waited for. One process may write to DIR at a time.
 */
export async function openFileBlobStore(dir: string): Promise<BlobStore> {
  const store = new FileBlobStore(dir)
  await store.prepare()
  return store
}

class FileBlobStore implements BlobStore {
  readonly #dir: string
  readonly #fingerprints = new UploadFingerprints()
  /** Appends to an upload and its commit go one after the other. */
  readonly #locks = new KeyedLock()
  /** Folders that are there, or are being made. */
  readonly #folders = new Map<string, Promise<void>>()

  constructor(dir: string) {
    this.#dir = dir
  }

  async prepare(): Promise<void> {
    for (const folder of ['blobs', 'uploads', 'checks', 'corrupt']) {
      await mkdir(join(this.#dir, folder), { recursive: true })
    }
    await flush(this.#dir)
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    const size = await sizeOf(this.#path('blobs', key))
    return size === undefined ? undefined : { size }
  }

  async get(key: string): Promise<Buffer | undefined> {
    const bytes = await readFile(this.#path('blobs', key)).catch(ignoreMissing)
    if (bytes) requireWhole(key, bytes)
    return bytes
  }

  async send(key: string, to: Writable, range?: ByteRange): Promise<boolean> {
    const file = await open(this.#path('blobs', key)).catch(ignoreMissing)
    if (!file) return false
    try {
      const { size } = await file.stat()
      if (size <= BLOCK) await sendSmall(file, { key, size, to, range })
      else await this.#sendLarge(file, { key, size, to, range })
      return true
    } finally {
      await file.close()
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const from = this.#uploadPath(randomUUID())
    const file = await open(from, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await this.#publish(from, key)
  }

  async startUpload(): Promise<string> {
    const id = randomUUID()
    const file = await open(this.#uploadPath(id), 'wx')
    await file.close()
    this.#fingerprints.start(id)
    return id
  }

  async uploadSize(id: string): Promise<number | undefined> {
    return UPLOAD_ID.test(id) ? sizeOf(this.#uploadPath(id)) : undefined
  }

  appendUpload(id: string, body: AsyncIterable<Uint8Array>): Promise<number> {
    return this.#locks.run(id, async () => {
      const file = await this.#openUpload(id, APPEND)
      try {
        const { size } = await file.stat()
        await append(file, seen(body, this.#fingerprints.of(id, size)))
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
        const known = this.#fingerprints.of(id, size)
        const fingerprint =
          known?.algorithm === parseKey(key).algorithm ? known : await fingerprintOf(key, contentOf(file))
        if (!fingerprint.is(key)) throw otherDigest(key)
        if (fingerprint.size > BLOCK) await this.#keepChecks(key, fingerprint)
        await file.sync()
      } finally {
        await file.close()
      }
      await this.#publish(this.#uploadPath(id), key)
      this.#fingerprints.forget(id)
    })
  }

  async cancelUpload(id: string): Promise<void> {
    if (!UPLOAD_ID.test(id)) return
    this.#fingerprints.forget(id)
    await this.#locks.run(id, () => rm(this.#uploadPath(id), { force: true }))
  }

  async *uploads(): AsyncIterable<OpenUpload> {
    for (const id of await readdir(join(this.#dir, 'uploads'))) {
      const found = await stat(this.#uploadPath(id)).catch(ignoreMissing)
      if (found) yield { id, size: found.size, touchedAt: found.mtimeMs }
    }
  }

  async verify(key: string, pace: Pace): Promise<boolean | undefined> {
    const file = await open(this.#path('blobs', key)).catch(ignoreMissing)
    if (!file) return undefined
    try {
      const fingerprint = await fingerprintOf(key, contentOf(file), pace)
      if (!fingerprint.is(key)) return false
      if (fingerprint.size > BLOCK) await this.#keepChecks(key, fingerprint)
      return true
    } finally {
      await file.close()
    }
  }

  async delete(key: string): Promise<boolean> {
    const path = this.#path('blobs', key)
    if ((await sizeOf(path)) === undefined) return false
    await rm(path, { force: true })
    await rm(this.#path('checks', key), { force: true })
    await flush(dirname(path))
    return true
  }

  async setAside(key: string): Promise<void> {
    const path = this.#path('blobs', key)
    await rename(path, join(this.#dir, 'corrupt', key.replace(':', '-'))).catch(ignoreMissing)
    await flush(dirname(path)).catch(ignoreMissing)
  }

  async *keys(): AsyncIterable<string> {
    const blobs = join(this.#dir, 'blobs')
    for (const algorithm of await readdir(blobs)) {
      for (const start of await readdir(join(blobs, algorithm))) {
        for (const rest of await readdir(join(blobs, algorithm, start))) yield `${algorithm}:${start}${rest}`
      }
    }
  }

  async #sendLarge(file: FileHandle, { key, size, to, range }: Sending): Promise<void> {
    const checks = await readFile(this.#path('checks', key)).catch(ignoreMissing)
    if (checks && areChecks(checks, size)) {
      const whole = { start: 0, end: size - 1 }
      await sendChecked({ file, size, checks }, range ?? whole, { to, corrupt: () => corruptBlob(key) })
      return
    }
    const content = file.createReadStream({ highWaterMark: 512 * 1024, autoClose: false, start: 0, ...range })
    await sendVerified(content, to, range ? undefined : key)
  }

  async #keepChecks(key: string, { checks }: Fingerprint): Promise<void> {
    const path = this.#path('checks', key)
    await this.#makeFolder(dirname(path))
    await writeFile(path, checks.encode())
  }

  /** Makes a file whose bytes are on the disk the blob `key`. */
  async #publish(from: string, key: string): Promise<void> {
    const to = this.#path('blobs', key)
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

  #path(part: 'blobs' | 'checks', key: string): string {
    const { algorithm, hex } = parseKey(key)
    return join(this.#dir, part, algorithm, hex.slice(0, 2), hex.slice(2))
  }

  #uploadPath(id: string): string {
    return join(this.#dir, 'uploads', id)
  }

  async #openUpload(id: string, flags: number): Promise<FileHandle> {
    const file = UPLOAD_ID.test(id) ? await open(this.#uploadPath(id), flags).catch(ignoreMissing) : undefined
    if (!file) throw unknownUpload(id)
    return file
  }
}

interface Sending {
  key: string
  size: number
  to: Writable
  range: ByteRange | undefined
}

async function sendSmall(file: FileHandle, { key, size, to, range }: Sending): Promise<void> {
  const bytes = Buffer.allocUnsafe(size)
  await file.read(bytes, 0, size, 0)
  requireWhole(key, bytes)
  await write(to, range ? bytes.subarray(range.start, range.end + 1) : bytes)
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

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
