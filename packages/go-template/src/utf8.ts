const utf8 = new TextEncoder()
const loneSurrogate = /[\ud800-\udfff]/u

/** The bytes of a Go string: UTF-8, with U+DC80..U+DCFF alone standing for one raw byte each. */
export function bytesOf(text: string): Uint8Array {
  if (!loneSurrogate.test(text)) return utf8.encode(text)
  const bytes: number[] = []
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00)
    else bytes.push(...utf8.encode(char))
  }
  return Uint8Array.from(bytes)
}

/** Go's len(string): its length in bytes. */
export function byteLength(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) length += 1
    else if (unit < 0xd800 || unit > 0xdfff) length += 2
    else if (isPair(text, i)) {
      length += 2
      i++
    } else if (unit < 0xdc80 || unit > 0xdcff) length += 2
  }
  return length
}

function isPair(text: string, index: number): boolean {
  return text.charCodeAt(index) < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00
}

/** The Go string of these bytes; bytes that are not UTF-8 are kept as U+DC80..U+DCFF. */
export function stringOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return decodeWithEscapes(bytes)
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeWithEscapes(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const size = runeSize(bytes, i)
    text += size === 0 ? String.fromCharCode(0xdc00 + (bytes[i] ?? 0)) : strict.decode(bytes.subarray(i, i + size))
    i += size || 1
  }
  return text
}

/** The bytes of the rune at an index as in Go's utf8.DecodeRune, 0 when they are not valid UTF-8. */
function runeSize(bytes: Uint8Array, index: number): number {
  const first = bytes[index] ?? 0
  if (first < 0x80) return 1
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (size === 0 || index + size > bytes.length) return 0
  for (let i = 1; i < size; i++) if (((bytes[index + i] ?? 0) & 0xc0) !== 0x80) return 0
  const second = bytes[index + 1] ?? 0
  const invalid =
    (first === 0xe0 && second < 0xa0) ||
    (first === 0xed && second > 0x9f) ||
    (first === 0xf0 && second < 0x90) ||
    (first === 0xf4 && second > 0x8f)
  return invalid ? 0 : size
}
