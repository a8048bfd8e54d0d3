import { bytesOf } from '@slipway/go-template'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Standard base32 with padding (RFC 4648, section 6). */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(buffer >> bits) & 31]
    }
    buffer &= (1 << bits) - 1
  }
  if (bits > 0) text += alphabet[(buffer << (5 - bits)) & 31]
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=')
}

/** Standard base32 as Go's encoding/base32 reads it: line breaks do not count. Throws an Error with Go's text. */
export function decodeBase32(text: string): Uint8Array {
  const digits = text.replaceAll(/[\r\n]/g, '')
  const fault = faultIn(bytesOf(digits))
  if (fault !== undefined) throw new Error(`illegal base32 data at input byte ${fault}`)
  const bytes: number[] = []
  let buffer = 0
  let bits = 0
  for (const char of digits.replace(/=+$/, '')) {
    buffer = (buffer << 5) | alphabet.indexOf(char)
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((buffer >> bits) & 255)
    buffer &= (1 << bits) - 1
  }
  return Uint8Array.from(bytes)
}

const padding = 0x3d

/** The byte that Go complains of, in groups of eight; undefined when the data is whole. */
function faultIn(bytes: Uint8Array): number | undefined {
  for (let group = 0; group < bytes.length; group += 8) {
    for (let digit = 0; digit < 8; digit++) {
      const at = group + digit
      const byte = bytes[at]
      if (byte === undefined) return bytes.length - digit
      if (byte === padding && digit >= 2 && bytes.length - at - 1 < 8) return paddingFault(bytes, at, digit)
      if (!alphabet.includes(String.fromCharCode(byte))) return at
    }
  }
  return undefined
}

/** Padding fills the group, and leaves 2, 4, 5 or 7 digits of it (RFC 4648, section 6). */
function paddingFault(bytes: Uint8Array, at: number, digits: number): number | undefined {
  const rest = bytes.subarray(at + 1)
  if (rest.length + digits < 7) return bytes.length
  for (let i = 0; i < 7 - digits && i < rest.length; i++) if (rest[i] !== padding) return at + i
  return digits === 3 || digits === 6 ? at : undefined
}
