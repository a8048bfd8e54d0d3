import { setTimeout } from 'node:timers/promises'
import { type SlipwayError, TransientError } from '@slipway/errors'
import { brokenOff, isBroken } from './errors.ts'
import type { RegistryAnswer } from './registry-http.ts'
import { headerOf } from './targets.ts'

/** Milliseconds before each further try, as long as none of them brings a byte. */
const WAITS = [0, 500, 2_000]
/** Milliseconds without a byte after which nothing is tried any more: whoever reads is to hear of it. */
const ENOUGH = 60_000

/**
 * The content of a blob, read on behind the last byte where a connection breaks: `open` asks for it from a position on. Its digest
 * says what it is, so what came over two connections belongs together or is found out at the end. Throws TransientError
 * REGISTRY_BROKEN_OFF.
 */
export async function* blobBody(
  first: RegistryAnswer,
  what: string,
  open: (at: number) => Promise<RegistryAnswer>,
): AsyncIterable<Uint8Array> {
  let at = 0
  let heard = performance.now()
  let cut: SlipwayError | undefined
  for (let answer: RegistryAnswer | undefined = first, tries = 0; ; answer = undefined) {
    try {
      for await (const piece of behind(at, answer ?? (await open(at)))) {
        at += piece.length
        cut = undefined
        tries = 0
        yield piece
        heard = performance.now()
      }
      return
    } catch (error) {
      if (isBroken(error)) cut ??= brokenOff(error, what)
      const mayPass = isBroken(error) || error instanceof TransientError
      const wait = mayPass && performance.now() - heard < ENOUGH ? WAITS[tries++] : undefined
      if (wait === undefined) throw cut ?? error
      await setTimeout(wait)
    }
  }
}

/** What an answer has behind a position: a registry that knows no ranges sends the whole (RFC 9110 section 14.2). */
async function* behind(at: number, answer: RegistryAnswer): AsyncIterable<Uint8Array> {
  const range = answer.statusCode === 206 ? headerOf(answer, 'content-range') : undefined
  let position = Number(/^bytes (\d+)-/.exec(range ?? '')?.[1] ?? 0)
  for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
    const wanted = piece.subarray(Math.max(0, at - position))
    position += piece.length
    if (wanted.length > 0) yield wanted
  }
}
