/** One field of a message: its number and its value, a number for varints and fixed widths, bytes for the rest. */
export interface WireField {
  number: number
  value: bigint | Uint8Array
}

/** A text that is no protobuf. */
export class WireError extends Error {}

/** The fields of a message in the order in which they were written (protobuf.dev/programming-guides/encoding). */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  let at = 0
  while (at < bytes.length) {
    const [tag, afterTag] = readVarint(bytes, at)
    const number = Number(tag >> 3n)
    const [value, next] = readValue(bytes, afterTag, Number(tag & 7n))
    at = next
    yield { number, value }
  }
}

function readValue(bytes: Uint8Array, at: number, type: number): [bigint | Uint8Array, number] {
  if (type === 0) return readVarint(bytes, at)
  if (type === 1) return [slice(bytes, at, 8), at + 8]
  if (type === 5) return [slice(bytes, at, 4), at + 4]
  if (type !== 2) throw new WireError(`unknown wire type ${type}`)
  const [length, start] = readVarint(bytes, at)
  return [slice(bytes, start, Number(length)), start + Number(length)]
}

function readVarint(bytes: Uint8Array, start: number): [bigint, number] {
  let value = 0n
  for (let at = start; at < start + 10; at++) {
    const byte = bytes[at]
    if (byte === undefined) throw new WireError('unexpected end')
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start))
    if (byte < 0x80) return [BigInt.asIntN(64, value), at + 1]
  }
  throw new WireError('a number is too long')
}

function slice(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (length < 0 || start + length > bytes.length) throw new WireError('unexpected end')
  return bytes.subarray(start, start + length)
}
