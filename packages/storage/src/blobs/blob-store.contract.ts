import { createHash } from 'node:crypto'
import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { BlobStore, ByteRange } from './blob-store.ts'

const digest = (content: string | Buffer, algorithm = 'sha256'): string =>
  `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`

const MISSING = digest('nobody has this')
/** Several blocks, parts and pieces, and a bit: what is cut anywhere is cut inside of it. */
const large = Buffer.alloc(11 * 1024 * 1024 + 77, 'some content, ')

export interface StoreUnderTest {
  store: BlobStore
  /** A store over the same data, as after a restart. */
  reopen(): Promise<BlobStore>
  /** Changes one byte of a stored blob behind the store's back. */
  spoil(key: string, at: number): Promise<void>
}

/** What every BlobStore promises. `open` gives an empty store. */
export function describeBlobStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`blob store: ${name}`, () => {
    it('makes an upload the blob of its digest', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      await store.appendUpload(id, pieces('hello '))
      const size = await store.appendUpload(id, pieces('world'))
      const key = digest('hello world')

      await store.commitUpload(id, key)

      expect(size).toBe(11)
      expect(await store.stat(key)).toEqual({ size: 11 })
      expect(await contentOf(store, key)).toBe('hello world')
      expect(await sent(store, key)).toEqual(Buffer.from('hello world'))
      expect(await store.uploadSize(id)).toBeUndefined()
    })

    it('keeps a large blob in pieces and gives it back whole', async () => {
      const { store } = await open()
      const key = await upload(store, large)

      expect(await store.stat(key)).toEqual({ size: large.length })
      expect((await sent(store, key))?.equals(large)).toBe(true)
      expect((await store.get(key))?.equals(large)).toBe(true)
    })

    it.each([
      { start: 0, end: 0 },
      { start: 2, end: 4 },
      { start: 131_071, end: 131_072 },
      { start: 5_000_000, end: 10_000_000 },
      { start: large.length - 1, end: large.length - 1 },
    ])('sends the range $start-$end, both ends included', async (range) => {
      const { store } = await open()
      const key = await upload(store, large)
      const wanted = large.subarray(range.start, range.end + 1)

      expect((await sent(store, key, range))?.equals(wanted)).toBe(true)
    })

    it('takes an empty blob', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      await store.commitUpload(id, digest(''))

      expect(await store.stat(digest(''))).toEqual({ size: 0 })
      expect(await contentOf(store, digest(''))).toBe('')
    })

    it('puts bytes that are in memory', async () => {
      const { store, reopen } = await open()
      const key = digest('{}', 'sha512')
      await store.put(key, Buffer.from('{}'))

      expect(await contentOf(await reopen(), key)).toBe('{}')
      expect(await keysOf(store)).toEqual([key])
    })

    it('has nothing of what was never pushed', async () => {
      const { store } = await open()

      expect(await store.stat(MISSING)).toBeUndefined()
      expect(await store.get(MISSING)).toBeUndefined()
      expect(await store.send(MISSING, { start: 0, end: 0 }, () => new PassThrough())).toBe(false)
      expect(await store.verify(MISSING, atOnce)).toBeUndefined()
      expect(await store.delete(MISSING)).toBe(false)
    })

    it('shows nothing of a refused upload, which can still be mended', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      await store.appendUpload(id, pieces('x'))

      await expect(store.commitUpload(id, digest('xy'))).rejects.toMatchObject({ code: 'BLOB_DIGEST_MISMATCH' })

      expect(await store.stat(digest('xy'))).toBeUndefined()
      expect(await store.uploadSize(id)).toBe(1)
      await store.appendUpload(id, pieces('y'))
      await store.commitUpload(id, digest('xy'))
      expect(await contentOf(store, digest('xy'))).toBe('xy')
    })

    it.each(['sha256', 'sha512'])('resumes an upload after a restart, to a %s digest', async (algorithm) => {
      const { store, reopen } = await open()
      const id = await store.startUpload()
      await store.appendUpload(id, pieces(large))

      const next = await reopen()
      expect(await next.uploadSize(id)).toBe(large.length)
      await next.appendUpload(id, pieces('second'))
      const key = digest(Buffer.concat([large, Buffer.from('second')]), algorithm)
      await next.commitUpload(id, key)

      expect((await sent(next, key))?.length).toBe(large.length + 6)
    })

    it('keeps what came before a broken connection', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      const broken = async function* () {
        yield Buffer.from('half')
        throw new Error('cut off')
      }

      await expect(store.appendUpload(id, broken())).rejects.toThrow('cut off')

      expect(await store.uploadSize(id)).toBe(4)
      await store.appendUpload(id, pieces('!'))
      await store.commitUpload(id, digest('half!'))
      expect(await contentOf(store, digest('half!'))).toBe('half!')
    })

    it('takes the same content twice, also at the same time', async () => {
      const { store } = await open()

      const [key = ''] = await Promise.all([upload(store, 'same'), upload(store, 'same')])

      expect(await contentOf(store, key)).toBe('same')
    })

    it('writes concurrent appends one after the other', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      const piece = (letter: string) => pieces(...Array.from({ length: 50 }, () => letter.repeat(1000)))

      await Promise.all([store.appendUpload(id, piece('a')), store.appendUpload(id, piece('b'))])

      const key = digest('a'.repeat(50_000) + 'b'.repeat(50_000))
      await store.commitUpload(id, key)
      expect(await store.stat(key)).toEqual({ size: 100_000 })
    })

    it('lists the uploads that are open, and when they were touched', async () => {
      const { store } = await open()
      const began = Date.now()
      const id = await store.startUpload()
      await store.appendUpload(id, pieces('12345'))
      await upload(store, 'another, done')

      const open_ = []
      for await (const found of store.uploads()) open_.push(found)

      expect(open_).toMatchObject([{ id, size: 5 }])
      expect(Math.abs((open_[0]?.touchedAt ?? 0) - began)).toBeLessThan(60_000)
    })

    it('lists the uploads of one owner, also after a restart', async () => {
      const { store, reopen } = await open()
      const [mine, other] = ['0123456789abcdef', 'fedcba9876543210']
      const id = await store.startUpload(mine)
      await store.appendUpload(id, pieces('12345'))
      await store.startUpload(other)
      await store.startUpload()

      const found = []
      for await (const upload of (await reopen()).uploads(mine)) found.push(upload)

      expect(found).toMatchObject([{ id, owner: mine, size: 5 }])
    })

    it('forgets what was cancelled or deleted', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      const key = await upload(store, 'x')

      await store.cancelUpload(id)

      expect(await store.uploadSize(id)).toBeUndefined()
      expect(await store.delete(key)).toBe(true)
      expect(await store.delete(key)).toBe(false)
      expect(await store.get(key)).toBeUndefined()
      await expect(store.appendUpload(id, pieces('x'))).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' })
    })

    it('lists the keys of all blobs', async () => {
      const { store } = await open()
      const one = await upload(store, 'x')
      const other = digest('y', 'sha512')
      await store.put(other, Buffer.from('y'))

      expect(await keysOf(store)).toEqual([one, other].sort())
    })

    it.each([
      ['small', Buffer.from('a few bytes'), 3],
      ['large', large, 7_000_000],
      ['large, at its end', large, large.length - 1],
    ])('knows a spoilt blob: %s', async (_, content, at) => {
      const { store, spoil } = await open()
      const key = await upload(store, content)
      await spoil(key, at)

      expect(await store.verify(key, atOnce)).toBe(false)
      await expect(store.get(key)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
    })

    it('says so when less is stored than is to be sent', async () => {
      const { store } = await open()
      const key = await upload(store, 'a few bytes')

      const sending = store.send(key, { start: 2, end: 11 }, () => new PassThrough())

      await expect(sending).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
    })

    it('verifies at the pace that it is given', async () => {
      const { store } = await open()
      const key = await upload(store, large)
      let read = 0

      const verified = await store.verify(key, async (bytes) => {
        read += bytes
      })

      expect(verified).toBe(true)
      expect(read).toBe(large.length)
    })

    it('has no blob that was set aside, until it is pushed again', async () => {
      const { store, spoil, reopen } = await open()
      const key = await upload(store, large)
      await spoil(key, 1)

      await store.setAside(key)

      expect(await store.stat(key)).toBeUndefined()
      expect(await (await reopen()).send(key, { start: 0, end: 0 }, () => new PassThrough())).toBe(false)
      expect(await keysOf(store)).toEqual([])
      await upload(store, large)
      expect((await sent(store, key))?.equals(large)).toBe(true)
    })

    it('stops sending when nobody takes it any more', async () => {
      const { store } = await open()
      const key = await upload(store, large)
      const gone = new Writable({
        write(_piece, _encoding, done) {
          done(new Error('gone'))
        },
      }).on('error', () => {})

      await expect(store.send(key, { start: 0, end: large.length - 1 }, () => gone)).rejects.toThrow('gone')
    })

    it.each(['../../etc/passwd', '/etc/passwd', 'x'])('knows no upload named %s', async (id) => {
      const { store } = await open()

      expect(await store.uploadSize(id)).toBeUndefined()
      await expect(store.commitUpload(id, MISSING)).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' })
      await expect(store.appendUpload(id, pieces('x'))).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' })
    })

    it.each(['sha256:../../../../etc/passwd', '../x', 'sha256:'])('takes no path for a key: %s', async (bad) => {
      const { store } = await open()

      await expect(store.get(bad)).rejects.toMatchObject({ code: 'BLOB_KEY_INVALID' })
    })
  })
}

async function* pieces(...contents: (string | Buffer)[]): AsyncIterable<Buffer> {
  for (const content of contents) {
    const bytes = Buffer.from(content)
    // As a socket hands them on.
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
  }
}

const atOnce = async (): Promise<void> => {}

async function upload(store: BlobStore, content: string | Buffer): Promise<string> {
  const id = await store.startUpload()
  await store.appendUpload(id, pieces(content))
  await store.commitUpload(id, digest(content))
  return digest(content)
}

async function contentOf(store: BlobStore, key: string): Promise<string | undefined> {
  return (await store.get(key))?.toString()
}

/** Copies, as a piece is only good until it is taken. */
function collector(received: Buffer[]): Writable {
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      received.push(Buffer.from(piece))
      done()
    },
  })
}

async function sent(store: BlobStore, key: string, range?: ByteRange): Promise<Buffer | undefined> {
  const received: Buffer[] = []
  const whole = { start: 0, end: ((await store.stat(key))?.size ?? 0) - 1 }
  return (await store.send(key, range ?? whole, () => collector(received))) ? Buffer.concat(received) : undefined
}

async function keysOf(store: BlobStore): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.keys()) keys.push(key)
  return keys.sort()
}
