import { withSignature } from '@slipway/go-template'
import { toBase64, toHex } from '../encoding.ts'
import type { Platform } from '../platform.ts'
import { intOf } from './numbers.ts'
import type { FunctionTable } from './table.ts'

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')
const maxLength = 1_000_000

/** Sprig's random functions, from the platform's randomness. */
export function randomFunctions({ randomBytes }: Pick<Platform, 'randomBytes'>): FunctionTable {
  const below = (limit: number): number => {
    // Values of the last, incomplete round would favour small numbers.
    const ceiling = Math.floor(0x1_0000_0000 / limit) * limit
    for (;;) {
      const bytes = randomBytes(4)
      const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
      if (value < ceiling) return value % limit
    }
  }
  const textOf = (alphabet: string) =>
    withSignature(['int'], (count: unknown) => {
      const length = Math.max(0, checkedLength(count))
      return Array.from({ length }, () => alphabet[below(alphabet.length)]).join('')
    })
  const shuffle = (text: string) => {
    const chars = Array.from(text)
    for (let i = chars.length - 1; i > 0; i--) {
      const j = below(i + 1)
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
      return BigInt(intOf(min) + below(range))
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
