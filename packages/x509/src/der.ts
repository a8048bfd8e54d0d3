/** ASN.1 DER (ITU-T X.690) as far as certificates need it. */

/** An element of a tag with this content. */
export function der(tag: number, ...content: Uint8Array[]): Uint8Array {
  const length = content.reduce((total, part) => total + part.length, 0)
  const header = length < 128 ? [tag, length] : [tag, 0x80 | bytesOfNumber(length).length, ...bytesOfNumber(length)]
  const element = new Uint8Array(header.length + length)
  element.set(header)
  let at = header.length
  for (const part of content) {
    element.set(part, at)
    at += part.length
  }
  return element
}

function bytesOfNumber(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return bytes
}

export const sequence = (...content: Uint8Array[]) => der(0x30, ...content)
export const octets = (content: Uint8Array) => der(0x04, content)
export const bits = (content: Uint8Array, unused = 0) => der(0x03, Uint8Array.of(unused), content)
export const boolean = (value: boolean) => der(0x01, Uint8Array.of(value ? 0xff : 0))
export const nothing = der(0x05)

/** A non-negative INTEGER of these big-endian bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start)
  return (digits[0] ?? 0) >= 0x80 ? der(0x02, Uint8Array.of(0), digits) : der(0x02, digits)
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left % 128))
    bytes.push(...groups)
  }
  return der(0x06, Uint8Array.from(bytes))
}

/** A time: UTCTime up to 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5). */
export function time(date: Date): Uint8Array {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  const isShort = date.getUTCFullYear() < 2050
  return der(isShort ? 0x17 : 0x18, new TextEncoder().encode(isShort ? digits.slice(2) : digits))
}

/** The elements inside an element, each with its header. Throws an Error on what is no DER. */
export function elementsIn(element: Uint8Array): Uint8Array[] {
  const { start, end } = extent(element)
  const elements: Uint8Array[] = []
  for (let at = start; at < end; ) {
    const inner = extent(element.subarray(at, end))
    elements.push(element.subarray(at, at + inner.end))
    at += inner.end
  }
  return elements
}

/** The content of an element. */
export function contentOf(element: Uint8Array): Uint8Array {
  const { start, end } = extent(element)
  return element.subarray(start, end)
}

function extent(element: Uint8Array): { start: number; end: number } {
  const first = element[1] ?? 0
  const count = first < 128 ? 0 : first & 0x7f
  let length = first < 128 ? first : 0
  for (let i = 0; i < count; i++) length = length * 256 + (element[2 + i] ?? 0)
  const start = 2 + count
  if (count > 4 || start + length > element.length) throw new Error('asn1: syntax error: data truncated')
  return { start, end: start + length }
}
