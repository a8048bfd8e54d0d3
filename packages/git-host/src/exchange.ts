import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { messageOf, TransientError } from '@slipway/errors'
import type { GitProcess } from './git-process.ts'

/** Milliseconds between asking a process to end, which lets git remove its lock files, and ending it. */
const GRACE = 5_000

export interface Exchange {
  process: GitProcess
  input: AsyncIterable<Uint8Array>
  output: Writable
  /** Where git's messages for the user go; they are dropped without it. */
  messages?: Writable
  /** Milliseconds without a byte in either direction after which the client counts as gone. */
  idleTimeout: number
  /** Bytes of the request that are accepted; a longer one is cut off. @default no limit of ours */
  inputLimit?: number
  /** Sees what git answers, also when the client has gone. */
  tap?: (chunk: Uint8Array) => void
  /** Told git's words when it failed though the client is there and nobody ended it. */
  onFailure?: (words: string) => void
}

/** Characters of git's messages that are kept for {@link Exchange.onFailure}. */
const WORDS = 2_000

/**
 * Connects a git process with a client until the process ends; resolves to its exit status. A client that leaves or stalls ends
 * the process; with a tap its answer is read to the end even then. `output` is left open.
 */
export async function exchange(options: Exchange): Promise<number> {
  const { process, output, messages, idleTimeout, tap, onFailure, ...request } = options
  // It has no streams then, where file descriptors are what is missing.
  if (process.pid === undefined) {
    const [cause] = await once(process, 'error')
    throw new TransientError('GIT_HOST_BUSY', `git could not be started: ${messageOf(cause)}`, { cause })
  }
  const closed = once(process, 'close') as Promise<[number | null]>
  closed.catch(() => {})
  let kill: NodeJS.Timeout | undefined
  let isEnded = false
  const end = (): void => {
    isEnded = true
    process.kill('SIGTERM')
    kill ??= setTimeout(() => process.kill('SIGKILL'), GRACE)
  }
  const idle = setTimeout(() => {
    end()
    output.destroy()
  }, idleTimeout)
  // A client that leaves while git writes to it: without a tap nobody wants the rest.
  const left = (): void => {
    if (!tap) end()
  }
  output.on('close', left)
  // Not waited for: the client may keep its side open until it has read our answer.
  pipeline(counted(request, idle), process.stdin).catch(() => {})
  let words = ''
  process.stderr.on('data', (chunk: Buffer) => {
    words = `${words}${chunk}`.slice(-WORDS)
    if (messages?.writable) messages.write(chunk)
  })
  try {
    for await (const chunk of process.stdout as AsyncIterable<Buffer>) {
      idle.refresh()
      tap?.(chunk)
      if (!output.destroyed && output.writable && !output.write(chunk)) await drained(output)
    }
    const [status] = await closed
    if (status !== 0 && !isEnded && !output.destroyed) onFailure?.(words)
    return status ?? 1
  } finally {
    clearTimeout(idle)
    clearTimeout(kill)
    output.off('close', left)
    process.stdin.destroy()
  }
}

async function* counted(
  { input, inputLimit = Number.POSITIVE_INFINITY }: Pick<Exchange, 'input' | 'inputLimit'>,
  idle: NodeJS.Timeout,
): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of input) {
    idle.refresh()
    size += chunk.length
    if (size > inputLimit) return
    yield chunk
  }
}

function drained(output: Writable): Promise<void> {
  if (output.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const settle = (): void => {
      output.off('drain', settle)
      output.off('close', settle)
      resolve()
    }
    output.on('drain', settle)
    output.on('close', settle)
  })
}

/** A stream's chunks, read without ending the stream when the reader stops early. */
export function chunksOf(input: Readable): AsyncIterator<Uint8Array> {
  return input.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
}

/** No chunks at all. */
export async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

/** Chunks that were read already, then the rest. */
export async function* replay(
  chunks: Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}
