import { Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { KeyedLock } from '../keyed-lock.ts'
import { Slots } from '../slots.ts'
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
import type { Bucket } from './bucket.ts'
import { write } from './file-sending.ts'
import { PieceWriter } from './pieces/piece-writer.ts'
import { SharedMemory } from './pieces/shared-memory.ts'
import { counted, hasDigest, RunningDigest } from './running-digest.ts'
import { UploadDigests } from './upload-digests.ts'

/** Digits of an offset in a piece's name, so that names sort as offsets do. */
const OFFSET = 15

/** Bytes of uploads that are not in the store yet, of all clients together. */
const MEMORY = 24 * 1024 * 1024
/** Pieces that are sent at once. */
const PUTS = 32
/** Uploads that are made one object at once, each through the memory of a part. */
const COPIES = 4

interface Piece {
  name: string
  size: number
}

/**
 * Blobs in an object store: `blobs/<algorithm>/<hex>`, spoilt ones under `corrupt/`. An upload is its pieces, objects named
 * `uploads/<id>/<offset>`, so it needs no state elsewhere and any later process can go on with it. At its end the pieces become one
 * object, which appears whole. Clients that send slowly share a bounded memory: where it is full their pieces are smaller. One
 * process may write below a prefix at a time.
 */
export class ObjectBlobStore implements BlobStore {
  readonly #bucket: Bucket
  readonly #digests = new UploadDigests<RunningDigest>()
  readonly #locks = new KeyedLock()
  readonly #memory: SharedMemory
  readonly #puts = new Slots(PUTS)
  readonly #copies = new Slots(COPIES)

  constructor(bucket: Bucket, { memory = MEMORY }: { memory?: number } = {}) {
    this.#bucket = bucket
    this.#memory = new SharedMemory(memory)
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

  async startUpload(owner?: string): Promise<string> {
    const id = newUploadId(owner)
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
      const size = sizeOf(await this.#requirePieces(id))
      const writer = new PieceWriter({
        memory: this.#memory,
        put: (offset, bytes) => this.#puts.run(() => this.#bucket.put(pieceName(id, offset), bytes)),
        size,
      })
      try {
        for await (const piece of counted(body, this.#digests.of(id, size))) await writer.add(piece)
      } finally {
        await writer.end()
      }
      return writer.size
    })
  }

  commitUpload(id: string, key: string): Promise<void> {
    return this.#locks.run(id, async () => {
      const pieces = await this.#requirePieces(id)
      const size = sizeOf(pieces)
      if (!(await this.#digests.matches(key, id, size, () => this.#contentOf(pieces)))) throw otherDigest(key)
      // A layer that many images share is not sent each time. A spoilt one was set aside, or will be when it is read.
      if ((await this.#bucket.size(blobName(key))) !== size) {
        await this.#copies.run(() =>
          this.#bucket.putStream(blobName(key), verified(key, this.#contentOf(pieces)), size),
        )
      }
      await this.#remove(id, pieces)
    })
  }

  async cancelUpload(id: string): Promise<void> {
    await this.#locks.run(id, async () => this.#remove(id, (await this.#pieces(id)) ?? []))
  }

  async *uploads(owner?: string): AsyncIterable<OpenUpload> {
    const found = new Map<string, OpenUpload>()
    const prefix = owner === undefined ? 'uploads/' : `uploads/${owner}-`
    for await (const { name, size, modifiedAt } of this.#bucket.list(prefix)) {
      const id = name.split('/')[1] ?? ''
      const whose = uploadOwner(id)
      const upload = found.get(id) ?? { id, ...(whose && { owner: whose }), size: 0, touchedAt: 0 }
      found.set(id, {
        ...upload,
        size: upload.size + size,
        touchedAt: Math.max(upload.touchedAt, modifiedAt),
      })
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
    if (!isUploadId(id)) return undefined
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
