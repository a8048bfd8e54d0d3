import { PassThrough } from 'node:stream'
import type { ProcessSession } from '@slipway/container-engine'
import { expect, it } from 'vitest'
import { OpenStdins } from './open-stdin.ts'

/** An engine whose container tells what comes in, and that its input is closed, as Podman closes it. */
function podman(): { stdins: OpenStdins; input: string[]; end(): void; attached: () => number } {
  const input: string[] = []
  let end = (_code: number): void => {}
  const exited = new Promise<number>((resolve) => {
    end = resolve
  })
  let attached = 0
  const attach = async (_id: string, { stdin: typing = false } = {}): Promise<ProcessSession> => {
    attached++
    const stdin = new PassThrough()
    stdin.on('data', (chunk: Buffer) => input.push(chunk.toString()))
    if (typing) stdin.on('end', () => input.push('closed'))
    const output = { stdout: new PassThrough(), stderr: new PassThrough() }
    const closed = new Promise<number>((resolve) => stdin.once('finish', () => resolve(0)))
    return {
      ...output,
      stdin,
      exited: Promise.race([exited, closed]),
      resize: async () => {},
      kill: async () => {},
      close: () => stdin.end(),
    }
  }
  return { stdins: new OpenStdins({ attach }), input, end: () => end(0), attached: () => attached }
}

const typed = (session: ProcessSession, text: string): Promise<void> =>
  new Promise((resolve) => session.stdin.end(text, () => resolve()))

it('a standard input that is to stay open does when who typed has left, for those who come after', async () => {
  const { stdins, input, attached } = podman()
  const first = await stdins.attach('c')
  await typed(first, 'one')
  expect(await first.exited).toBe(0)

  await typed(await stdins.attach('c'), 'two')

  expect(input).toEqual(['one', 'two'])
  expect(attached()).toBe(3)
})

it('it is let go with the container, and at the end of the node', async () => {
  const { stdins, input, end } = podman()
  await stdins.attach('c')
  end()
  await new Promise((resolve) => setImmediate(resolve))
  stdins.stop()
  await new Promise((resolve) => setImmediate(resolve))
  expect(input).toEqual([])

  const other = podman()
  await other.stdins.attach('c')
  other.stdins.stop()
  await new Promise((resolve) => setImmediate(resolve))
  expect(other.input).toEqual(['closed'])
})
