import { withSignature } from '@slipway/go-template'
import { toBase64, toHex } from '../encoding.ts'
import type { Platform } from '../platform.ts'
import { intOf } from './numbers.ts'
import type { FunctionTable } from './table.ts'

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')
const maxLength = 1_000_000

type Random = Pick<Platform, 'randomBytes'>

/** A platform is asked for so many numbers at once at most, since to ask takes longer than to make them. */
const numbersAtOnce = 4096

/** Random numbers of 32 bits, of which about so many will be needed. */
function numbersOf({ randomBytes }: Random, count: number): () => number {
  const size = 4 * Math.min(count, numbersAtOnce)
  let bytes: DataView = new DataView(new ArrayBuffer(0))
  let at = 0
  return () => {
    if (at === bytes.byteLength) {
      const { buffer, byteOffset, byteLength } = randomBytes(size)
      bytes = new DataView(buffer, byteOffset, byteLength)
      at = 0
    }
    at += 4
    return bytes.getUint32(at - 4)
  }
}

/** Sprig's random functions, from the platform's randomness. */
export function randomFunctions(platform: Random): FunctionTable {
  const { randomBytes } = platform
  const below = (limit: number, next: () => number): number => {
    // Values of the last, incomplete round would favour small numbers.
    const ceiling = Math.floor(0x1_0000_0000 / limit) * limit
    for (;;) {
      const value = next()
      if (value < ceiling) return value % limit
    }
  }
  const textOf = (alphabet: string) =>
    withSignature(['int'], (count: unknown) => {
      const length = Math.max(0, checkedLength(count))
      const next = numbersOf(platform, length)
      return Array.from({ length }, () => alphabet[below(alphabet.length, next)]).join('')
    })
  const shuffle = (text: string) => {
    const chars = Array.from(text)
    const next = numbersOf(platform, chars.length)
    for (let i = chars.length - 1; i > 0; i--) {
      const j = below(i + 1, next)
      ;[chars[i], chars[j]] = [chars[j] as string, chars[i] as string]
    }
    return chars.join('')
  }
  return {
    randAlphaNum: textOf(digits + letters),
    randAlpha: textOf(letters),
    randNumeric: textOf(digits),
    randAscii: textOf(ascii),
    randBytes: withSignature(['int'], (count: unknown) => toBase64(randomBytes(checkedLength(count)))),
    randInt: withSignature(['int', 'int'], (min: unknown, max: unknown) => {
      const range = intOf(max) - intOf(min)
      if (range <= 0) throw new Error('invalid argument to Intn')
      return BigInt(intOf(min) + below(range, numbersOf(platform, 1)))
    }),
    shuffle: withSignature(['string'], shuffle),
    uuidv4: withSignature([], () => uuid(randomBytes(16))),
  }
}

function checkedLength(count: unknown): number {
  const length = intOf(count)
  if (length > maxLength) throw new Error(`more than ${maxLength} random characters`)
  return length
}

/** RFC 9562, section 5.4. */
function uuid(random: Uint8Array): string {
  const bytes = Uint8Array.from(random)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
