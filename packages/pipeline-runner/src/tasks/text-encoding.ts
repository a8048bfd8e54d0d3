/** Encodings that a text file can be read from and written back to. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1'

const BOM = '\uFEFF'

/** The encoding that a file shows: by its BOM, else UTF-8 when it is valid as that, else Latin-1. */
export function detectEncoding(bytes: Buffer): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return 'utf-8'
  } catch {
    return 'latin1'
  }
}

/** Text without its BOM. */
export function decodeText(bytes: Buffer, encoding: Encoding): string {
  const text =
    encoding === 'utf-16be'
      ? Buffer.from(bytes.subarray(0, bytes.length & ~1))
          .swap16()
          .toString('utf16le')
      : bytes.toString(encoding === 'utf-16le' ? 'utf16le' : encoding)
  return text.startsWith(BOM) ? text.slice(1) : text
}

/** Bytes, with the encoding's BOM where it has one and that is wanted. */
export function encodeText(text: string, encoding: Encoding, writeBom: boolean): Buffer {
  const whole = writeBom && encoding !== 'latin1' ? BOM + text : text
  if (encoding === 'utf-16be') return Buffer.from(whole, 'utf16le').swap16()
  return Buffer.from(whole, encoding === 'utf-16le' ? 'utf16le' : encoding)
}
