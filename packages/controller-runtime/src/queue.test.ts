import { describe, expect, it, vi } from 'vitest'
import { WorkQueue } from './queue.ts'

describe('WorkQueue', () => {
  it('gives a key once, however often it was added', async () => {
    const queue = new WorkQueue()
    queue.add('a')
    queue.add('a')
    queue.add('b')

    expect(await queue.take()).toBe('a')
    expect(await queue.take()).toBe('b')
    queue.close()
    expect(await queue.take()).toBeUndefined()
  })

  it('gives those of the highest rank first, and equals as they came, though a rank has changed', async () => {
    const ranks: Record<string, number> = { a: 0, b: 5, c: 5, d: 7, e: 0 }
    const queue = new WorkQueue((key) => ranks[key] ?? 0)
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key)
    ranks.d = -1
    queue.add('d')

    const taken: (string | undefined)[] = []
    for (let turn = 0; turn < 5; turn++) taken.push(await queue.take())
    expect(taken).toEqual(['b', 'c', 'a', 'e', 'd'])
    queue.close()
  })

  it('gives a key that was added during its work again, only afterwards', async () => {
    const queue = new WorkQueue()
    queue.add('a')
    await queue.take()
    queue.add('a')
    const next = queue.take()
    queue.add('b')

    expect(await next).toBe('b')
    queue.done('a')
    expect(await queue.take()).toBe('a')
    queue.close()
  })

  it('gives a key in time that is to wait for longer than a timer can, and one whose time the machine slept through', async () => {
    vi.useFakeTimers()
    try {
      const queue = new WorkQueue()
      queue.addAfter('a', 32 * 86_400_000)
      const next = queue.take()
      vi.advanceTimersByTime(31 * 86_400_000)
      queue.add('b')
      expect(await next).toBe('b')

      const then = queue.take()
      vi.setSystemTime(Date.now() + 86_400_000)
      vi.advanceTimersByTime(60_000)

      expect(await then).toBe('a')
      queue.close()
    } finally {
      vi.useRealTimers()
    }
  })

  it('lets a key rest whose work was long, gives what was gathered meanwhile once, and at once what must not wait', async () => {
    vi.useFakeTimers()
    try {
      const queue = new WorkQueue()
      const taken: string[] = []
      const work = async (rest: number): Promise<void> => {
        const key = (await queue.take()) ?? ''
        taken.push(key)
        // What comes during the work waits as what comes after it.
        queue.gather(key)
        queue.done(key, rest)
      }
      queue.gather('a')
      await work(500)
      queue.gather('a')
      const next = work(500)
      vi.advanceTimersByTime(499)
      await Promise.resolve()
      expect(taken).toEqual(['a'])
      vi.advanceTimersByTime(1)
      await next
      expect(taken).toEqual(['a', 'a'])

      queue.add('a')
      await work(0)
      expect(taken).toEqual(['a', 'a', 'a'])
      expect(vi.getTimerCount()).toBe(0)
      queue.close()
    } finally {
      vi.useRealTimers()
    }
  })

  it('keeps the earlier of two delays', async () => {
    vi.useFakeTimers()
    try {
      const queue = new WorkQueue()
      queue.addAfter('a', 1000)
      queue.addAfter('a', 5000)
      const next = queue.take()
      vi.advanceTimersByTime(1000)

      expect(await next).toBe('a')
      queue.close()
    } finally {
      vi.useRealTimers()
    }
  })
})
