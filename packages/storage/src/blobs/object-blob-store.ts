import { randomUUID } from 'node:crypto'
import { Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { KeyedLock } from '../keyed-lock.ts'
import { corruptBlob, isKey, otherDigest, parseKey, requireWhole, unknownUpload } from './blob-key.ts'
import type { BlobStore, ByteRange, OpenUpload, Pace } from './blob-store.ts'
import { type Bucket, inParts } from './bucket.ts'
import { write } from './file-sending.ts'
import { counted, hasDigest, RunningDigest } from './running-digest.ts'
import { UploadDigests } from './upload-digests.ts'

const UPLOAD_ID = /^[0-9a-f-]{36}$/
/** Digits of an offset in a piece's name, so that names sort as offsets do. */
const OFFSET = 15

interface Piece {
  name: string
  size: number
}

/**
 * Blobs in an object store: `blobs/<algorithm>/<hex>`, spoilt ones under `corrupt/`. An upload is its pieces, objects named
 * `uploads/<id>/<offset>`, so it needs no state elsewhere and any later process can go on with it. At its end the pieces become one
 * object, which appears whole. One process may write below a prefix at a time.
 */
export class ObjectBlobStore implements BlobStore {
  readonly #bucket: Bucket
  readonly #digests = new UploadDigests<RunningDigest>()
  readonly #locks = new KeyedLock()

  constructor(bucket: Bucket) {
    this.#bucket = bucket
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    const size = await this.#bucket.size(blobName(key))
    return size === undefined ? undefined : { size }
  }

  async get(key: string): Promise<Buffer | undefined> {
    const content = await this.#bucket.get(blobName(key))
    const bytes = content && (await buffer(content))
    if (bytes) requireWhole(key, bytes)
    return bytes
  }

  async send(key: string, range: ByteRange, open: () => Writable): Promise<boolean> {
    const content = await this.#bucket.get(blobName(key), range)
    if (!content) return false
    const to = open()
    let left = range.end - range.start + 1
    for await (const piece of content as AsyncIterable<Uint8Array>) {
      await write(to, piece)
      left -= piece.length
    }
    if (left > 0) throw corruptBlob(key)
    return true
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return this.#bucket.put(blobName(key), bytes)
  }

  async startUpload(): Promise<string> {
    const id = randomUUID()
    await this.#bucket.put(pieceName(id, 0), Buffer.alloc(0))
    this.#digests.set(id, new RunningDigest())
    return id
  }

  async uploadSize(id: string): Promise<number | undefined> {
    const pieces = await this.#pieces(id)
    return pieces && sizeOf(pieces)
  }

  appendUpload(id: string, body: AsyncIterable<Uint8Array>): Promise<number> {
    return this.#locks.run(id, async () => {
      let size = sizeOf(await this.#requirePieces(id))
      for await (const part of inParts(counted(body, this.#digests.of(id, size)))) {
        await this.#bucket.put(pieceName(id, size), part)
        size += part.length
      }
      return size
    })
  }

  commitUpload(id: string, key: string): Promise<void> {
    return this.#locks.run(id, async () => {
      const pieces = await this.#requirePieces(id)
      const size = sizeOf(pieces)
      if (!(await this.#digests.matches(key, id, size, () => this.#contentOf(pieces)))) throw otherDigest(key)
      // A layer that many images share is not sent each time. A spoilt one was set aside, or will be when it is read.
      if ((await this.#bucket.size(blobName(key))) !== size) {
        await this.#bucket.putStream(blobName(key), verified(key, this.#contentOf(pieces)), size)
      }
      await this.#remove(id, pieces)
    })
  }

  async cancelUpload(id: string): Promise<void> {
    await this.#locks.run(id, async () => this.#remove(id, (await this.#pieces(id)) ?? []))
  }

  async *uploads(): AsyncIterable<OpenUpload> {
    const found = new Map<string, OpenUpload>()
    for await (const { name, size, modifiedAt } of this.#bucket.list('uploads/')) {
      const id = name.split('/')[1] ?? ''
      const upload = found.get(id) ?? { id, size: 0, touchedAt: 0 }
      found.set(id, { id, size: upload.size + size, touchedAt: Math.max(upload.touchedAt, modifiedAt) })
    }
    yield* found.values()
  }

  async delete(key: string): Promise<boolean> {
    if ((await this.stat(key)) === undefined) return false
    await this.#bucket.delete(blobName(key))
    return true
  }

  async verify(key: string, pace: Pace): Promise<boolean | undefined> {
    const content = await this.#bucket.get(blobName(key))
    return content && hasDigest(key, content, pace)
  }

  async setAside(key: string): Promise<void> {
    const size = await this.#bucket.size(blobName(key))
    const content = await this.#bucket.get(blobName(key))
    if (!content || size === undefined) return
    await this.#bucket.putStream(`corrupt/${key.replace(':', '-')}`, content, size)
    await this.#bucket.delete(blobName(key))
  }

  async *keys(): AsyncIterable<string> {
    for await (const { name } of this.#bucket.list('blobs/')) {
      const key = name.slice('blobs/'.length).replace('/', ':')
      if (isKey(key)) yield key
    }
  }

  async *#contentOf(pieces: Piece[]): AsyncIterable<Uint8Array> {
    for (const { name } of pieces) yield* (await this.#bucket.get(name)) ?? Readable.from([])
  }

  /** In order. An upload of nothing has one, of no bytes. */
  async #pieces(id: string): Promise<Piece[] | undefined> {
    if (!UPLOAD_ID.test(id)) return undefined
    const pieces: Piece[] = []
    for await (const { name, size } of this.#bucket.list(`uploads/${id}/`)) pieces.push({ name, size })
    if (pieces.length === 0) return undefined
    return pieces.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async #requirePieces(id: string): Promise<Piece[]> {
    const pieces = await this.#pieces(id)
    if (!pieces) throw unknownUpload(id)
    return pieces
  }

  async #remove(id: string, pieces: Piece[]): Promise<void> {
    this.#digests.forget(id)
    // The first piece is the upload: as long as it is there, what is left can be found and removed.
    for (const { name } of pieces.reverse()) await this.#bucket.delete(name)
  }
}

function blobName(key: string): string {
  const { algorithm, hex } = parseKey(key)
  return `blobs/${algorithm}/${hex}`
}

const pieceName = (id: string, offset: number): string => `uploads/${id}/${String(offset).padStart(OFFSET, '0')}`

const sizeOf = (pieces: Piece[]): number => pieces.reduce((sum, { size }) => sum + size, 0)

/** Passes a content on, and breaks off at its end where it is not what `key` says: what was read back may not be what was put. */
async function* verified(key: string, content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const digest = new RunningDigest(parseKey(key).algorithm)
  yield* counted(content, digest)
  if (!digest.is(key)) throw otherDigest(key)
}
