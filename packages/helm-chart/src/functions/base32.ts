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

/** The bytes of standard base32 text. Throws an Error when it is none. */
export function fromBase32(text: string): Uint8Array {
  const digits = text.replaceAll(/[\r\n]/g, '')
  if (digits.length % 8 !== 0 || !/^[A-Z2-7]*={0,6}$/.test(digits)) throw new Error('illegal base32 data')
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
