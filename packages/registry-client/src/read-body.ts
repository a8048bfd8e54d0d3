import { UserError } from '@slipway/errors'
import { brokenOff, isBroken } from './errors.ts'

/** A refusal is read this far, in bytes. */
const WORDS_LIMIT = 16 * 1024

/** The whole of a body that must not be large. Throws UserError REGISTRY_REFUSED past the limit, TransientError REGISTRY_BROKEN_OFF. */
export async function readAll(body: AsyncIterable<Uint8Array>, limit: number, what: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > limit) throw new UserError('REGISTRY_REFUSED', `${what} is larger than ${limit} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw isBroken(error) ? brokenOff(error, what) : error
  }
  return Buffer.concat(chunks)
}

/** The beginning of what a refusal says. The status is there by now, and counts also where the connection breaks. */
export async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  let words = ''
  try {
    for await (const chunk of body) {
      words += String(chunk)
      if (words.length > WORDS_LIMIT) break
    }
  } catch (error) {
    if (!isBroken(error)) throw error
  }
  return words
}
