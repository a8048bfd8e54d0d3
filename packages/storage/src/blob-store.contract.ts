import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { BlobStore, ByteRange } from './blob-store.ts'

const accept = async (): Promise<void> => {}
const key = (letter: string) => `sha256:${letter.repeat(64)}`

/** What every BlobStore promises. `open` gives an empty store; `reopen` one over the same data, as after a restart. */
export function describeBlobStore(
  name: string,
  open: () => Promise<{ store: BlobStore; reopen(): Promise<BlobStore> }>,
): void {
  describe(`blob store: ${name}`, () => {
    it('makes an upload the blob it was verified to be', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      await store.appendUpload(id, Readable.from([Buffer.from('hello ')]))
      const size = await store.appendUpload(id, Readable.from([Buffer.from('world')]))
      let verified = ''

      await store.commitUpload(id, key('a'), async (content) => {
        verified = await text(content)
      })

      expect(size).toBe(11)
      expect(verified).toBe('hello world')
      expect(await store.stat(key('a'))).toEqual({ size: 11 })
      expect(await contentOf(store, key('a'))).toBe('hello world')
      expect(await store.uploadSize(id)).toBeUndefined()
    })

    it('reads a range, both ends included', async () => {
      const { store } = await open()
      await put(store, key('b'), '0123456789')

      expect(await contentOf(store, key('b'), { start: 2, end: 4 })).toBe('234')
    })

    it('shows nothing of a refused upload, which can still be mended', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      await store.appendUpload(id, Readable.from([Buffer.from('x')]))

      const refused = store.commitUpload(id, key('c'), async () => {
        throw new Error('wrong digest')
      })

      await expect(refused).rejects.toThrow('wrong digest')
      expect(await store.stat(key('c'))).toBeUndefined()
      expect(await store.uploadSize(id)).toBe(1)
    })

    it('resumes an upload after a restart', async () => {
      const { store, reopen } = await open()
      const id = await store.startUpload()
      await store.appendUpload(id, Readable.from([Buffer.from('first ')]))

      const next = await reopen()
      await next.appendUpload(id, Readable.from([Buffer.from('second')]))
      await next.commitUpload(id, key('d'), accept)

      expect(await contentOf(next, key('d'))).toBe('first second')
    })

    it('keeps what came before a broken connection', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      const broken = Readable.from(
        (async function* () {
          yield Buffer.from('half')
          throw new Error('cut off')
        })(),
      )

      await expect(store.appendUpload(id, broken)).rejects.toThrow('cut off')

      expect(await store.uploadSize(id)).toBeLessThanOrEqual(4)
      expect(await store.appendUpload(id, Readable.from([Buffer.from('!')]))).toBeGreaterThan(0)
    })

    it('takes the same content twice, also at the same time', async () => {
      const { store } = await open()

      await Promise.all([put(store, key('e'), 'same'), put(store, key('e'), 'same')])

      expect(await contentOf(store, key('e'))).toBe('same')
    })

    it('writes concurrent appends one after the other', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      const piece = (letter: string) =>
        Readable.from(Array.from({ length: 50 }, () => Buffer.from(letter.repeat(1000))))

      await Promise.all([store.appendUpload(id, piece('a')), store.appendUpload(id, piece('b'))])
      await store.commitUpload(id, key('f'), accept)

      const content = await contentOf(store, key('f'))
      expect(content).toBe('a'.repeat(50_000) + 'b'.repeat(50_000))
    })

    it('forgets what was cancelled or deleted', async () => {
      const { store } = await open()
      const id = await store.startUpload()
      await put(store, key('g').replaceAll('g', '7'), 'x')

      await store.cancelUpload(id)

      expect(await store.uploadSize(id)).toBeUndefined()
      expect(await store.delete(key('7'))).toBe(true)
      expect(await store.delete(key('7'))).toBe(false)
      expect(await store.read(key('7'))).toBeUndefined()
      await expect(store.appendUpload(id, Readable.from(['x']))).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' })
    })

    it('lists the keys of all blobs', async () => {
      const { store } = await open()
      await put(store, key('1'), 'x')
      await put(store, `sha512:${'2'.repeat(128)}`, 'y')

      const keys: string[] = []
      for await (const found of store.keys()) keys.push(found)

      expect(keys.sort()).toEqual([key('1'), `sha512:${'2'.repeat(128)}`])
    })

    it.each(['../../etc/passwd', '/etc/passwd', 'x'])('knows no upload named %s', async (id) => {
      const { store } = await open()

      expect(await store.uploadSize(id)).toBeUndefined()
      await expect(store.commitUpload(id, key('a'), accept)).rejects.toMatchObject({ code: 'UPLOAD_UNKNOWN' })
    })

    it.each(['sha256:../../../../etc/passwd', '../x', 'sha256:'])('takes no path for a key: %s', async (bad) => {
      const { store } = await open()

      await expect(store.read(bad)).rejects.toMatchObject({ code: 'BLOB_KEY_INVALID' })
    })
  })
}

async function put(store: BlobStore, blob: string, content: string): Promise<void> {
  const id = await store.startUpload()
  await store.appendUpload(id, Readable.from([Buffer.from(content)]))
  await store.commitUpload(id, blob, accept)
}

async function contentOf(store: BlobStore, blob: string, range?: ByteRange): Promise<string | undefined> {
  const content = await store.read(blob, range)
  return content && text(content)
}
