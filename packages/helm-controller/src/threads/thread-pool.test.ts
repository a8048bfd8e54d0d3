import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { ThreadPool } from './thread-pool.ts'

/** Adds one to a number, says which thread it is, fails, or ends its thread. */
const source = `
  const { parentPort, threadId } = require('node:worker_threads')
  parentPort.on('message', (work) => {
    if (work === 'end') process.exit(3)
    if (work === 'sleep') for (;;);
    if (work === 'fail') parentPort.postMessage({ error: { message: 'no', stack: '' } })
    else parentPort.postMessage({ done: work === 'who' ? threadId : work + 1 })
  })`

let started = 0
let pool: ThreadPool<number | string, number>

function open({ count = 2, idle = 60_000 } = {}): void {
  started = 0
  pool = new ThreadPool({
    start: () => {
      started++
      return new Worker(source, { eval: true })
    },
    count,
    idle,
    fatal: (cause) => new Error(`died: ${cause.message}`),
  })
}
afterEach(() => pool.close())

describe('a pool of threads', () => {
  it('starts no more of them than there may be', async () => {
    open({ count: 2 })

    const done = await Promise.all([1, 2, 3, 4, 5].map((number) => pool.run(number)))

    expect({ done, started }).toEqual({ done: [2, 3, 4, 5, 6], started: 2 })
  })

  it('gives work to the thread that worked last', async () => {
    open()
    await Promise.all([pool.run('who'), pool.run('who')])

    const [first, second, third] = [await pool.run('who'), await pool.run('who'), await pool.run('who')]

    expect([second, third]).toEqual([first, first])
  })

  it('passes on what work fails with', async () => {
    open()

    await expect(pool.run('fail')).rejects.toThrow('no')
    await expect(pool.run(1)).resolves.toBe(2)
  })

  it('fails the work whose thread ends, and goes on with another', async () => {
    open({ count: 1 })

    const [dead, next] = await Promise.allSettled([pool.run('end'), pool.run(1)])

    expect(dead).toMatchObject({ reason: { message: 'died: the thread ended with status 3' } })
    expect(next).toEqual({ status: 'fulfilled', value: 2 })
    expect(started).toBe(2)
  })

  it('gives up work that is no longer wanted, wherever it is', async () => {
    open({ count: 1 })
    const [first, second] = [new AbortController(), new AbortController()]
    const given = Promise.allSettled([pool.run('sleep', first.signal), pool.run(1, second.signal), pool.run(2)])
    second.abort('second')
    first.abort('first')

    expect(await given).toEqual([
      { status: 'rejected', reason: 'first' },
      { status: 'rejected', reason: 'second' },
      { status: 'fulfilled', value: 3 },
    ])
    await expect(pool.run(1, AbortSignal.abort('before'))).rejects.toBe('before')
  })

  it('ends a thread that has nothing to do', async () => {
    open({ count: 1, idle: 1 })
    const first = await pool.run('who')
    await new Promise<void>((resolve) => {
      const look = () => (pool.size === 0 ? resolve() : setImmediate(look))
      look()
    })

    expect(await pool.run('who')).not.toBe(first)
  })

  it('fails what is under way when it is closed', async () => {
    open({ count: 1 })
    const waiting = Promise.allSettled([pool.run(1), pool.run(2)])

    await pool.close()

    expect((await waiting).map(({ status }) => status)).toContain('rejected')
  })
})
