import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PieceWriter } from './piece-writer.ts'
import { SharedMemory } from './shared-memory.ts'

const MIB = 1024 * 1024
const PART = 5 * MIB

/** An object store that takes each piece when it is told to, and how large they were. */
class Store {
  readonly pieces: { upload: number; offset: number; bytes: Buffer }[] = []
  readonly #waiting: (() => void)[] = []
  isDown = false

  put(upload: number): (offset: number, bytes: Buffer) => Promise<void> {
    return async (offset, bytes) => {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
      if (this.isDown) throw new Error('the store is down')
      this.pieces.push({ upload, offset, bytes: Buffer.from(bytes) })
    }
  }

  /** Takes what it was sent, until the work is done. */
  async takeDuring<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const over = work.finally(() => {
      isOver = true
    })
    over.catch(() => {})
    while (!isOver) {
      for (const take of this.#waiting.splice(0)) take()
      await new Promise((resolve) => setImmediate(resolve))
    }
    return over
  }

  content(upload: number): Buffer {
    const own = this.pieces.filter((piece) => piece.upload === upload)
    let size = 0
    for (const { offset, bytes } of own) {
      expect(offset).toBe(size)
      size += bytes.length
    }
    return Buffer.concat(own.map(({ bytes }) => bytes))
  }
}

const writer = (store: Store, memory: SharedMemory, upload = 0): PieceWriter =>
  new PieceWriter({ memory, put: store.put(upload), size: 0 })

describe('the pieces of an upload', () => {
  it.each([
    ['nothing', 0, []],
    ['little', 100, [100]],
    ['a part', PART, [PART]],
    ['more', 2 * PART + 7, [PART, PART, 7]],
  ])('are as large as parts: %s', async (_, size, expected) => {
    const store = new Store()
    const content = Buffer.alloc(size, 'some content, ')
    const upload = writer(store, new SharedMemory(64 * MIB))

    const all = async (): Promise<void> => {
      for (let at = 0; at < size; at += 65_536) await upload.add(content.subarray(at, at + 65_536))
      await upload.end()
    }
    await store.takeDuring(all())

    expect(store.pieces.map(({ bytes }) => bytes.length)).toEqual(expected)
    expect(store.content(0).equals(content)).toBe(true)
    expect(upload.size).toBe(size)
  })

  it('go to the store where others need the memory, however silent their client is', async () => {
    const store = new Store()
    const memory = new SharedMemory(8 * MIB)
    const silent = Array.from({ length: 8 }, (_, index) => writer(store, memory, index))
    for (const upload of silent) await store.takeDuring(upload.add(Buffer.alloc(MIB)))

    const busy = writer(store, memory, 99)
    const all = async (): Promise<void> => {
      for (let at = 0; at < PART; at += 65_536) await busy.add(Buffer.alloc(65_536))
      await busy.end()
    }
    await store.takeDuring(all())

    expect(store.content(99).length).toBe(PART)
    await store.takeDuring(Promise.all(silent.map((upload) => upload.end())))
    expect(silent.map((_, index) => store.content(index).length)).toEqual(silent.map(() => MIB))
  })

  it('have no gap where the store failed, whoever it failed for', async () => {
    const store = new Store()
    const memory = new SharedMemory(6 * MIB)
    const first = writer(store, memory, 1)
    const second = writer(store, memory, 2)
    await first.add(Buffer.alloc(4 * MIB))
    store.isDown = true
    await store.takeDuring(second.add(Buffer.alloc(3 * MIB)))
    store.isDown = false

    await expect(store.takeDuring(first.add(Buffer.alloc(10)))).rejects.toThrow('the store is down')
    await expect(store.takeDuring(first.end())).rejects.toThrow('the store is down')
    await store.takeDuring(second.end())

    expect([store.content(1).length, store.content(2).length]).toEqual([0, 3 * MIB])
    // All of it came back.
    await memory.take(6 * MIB)
  })

  it('are whole and in order, and never more than the memory, whoever sends what when', async () => {
    const addition = fc.record({ upload: fc.nat(7), bytes: fc.integer({ min: 1, max: 700_000 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(addition, { maxLength: 60 }), fc.boolean(), async (additions, areEnded) => {
        const store = new Store()
        const memory = new SharedMemory(PART + 64 * 1024)
        const uploads = Array.from({ length: 8 }, (_, index) => writer(store, memory, index))
        const sizes = uploads.map(() => 0)
        const held = (): number => uploads.reduce((sum, upload) => sum + upload.held, 0)
        const last = uploads.map(() => Promise.resolve())
        for (const { upload, bytes } of additions) {
          sizes[upload] = (sizes[upload] ?? 0) + bytes
          last[upload] = (last[upload] ?? Promise.resolve()).then(async () => {
            await uploads[upload]?.add(Buffer.alloc(bytes, upload))
            expect(held()).toBeLessThanOrEqual(PART + 64 * 1024)
          })
        }
        await store.takeDuring(Promise.all(last))
        if (!areEnded) await store.takeDuring(memory.take(PART).then(() => memory.release(PART)))
        await store.takeDuring(Promise.all(uploads.map((upload) => upload.end())))
        expect(uploads.map((_, index) => store.content(index).length)).toEqual(sizes)
        await memory.take(PART + 64 * 1024)
      }),
      { numRuns: 40 },
    )
  })
})
