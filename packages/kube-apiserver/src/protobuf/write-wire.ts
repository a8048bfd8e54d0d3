/** Fields of messages as protobuf writes them (protobuf.dev/programming-guides/encoding). */

/** A text, bytes or a message. */
export function bytesField(number: number, content: Uint8Array): Buffer {
  const tag = number * 8 + 2
  const start = varintLength(tag) + varintLength(content.length)
  const field = Buffer.allocUnsafe(start + content.length)
  writeVarint(field, writeVarint(field, 0, tag), content.length)
  field.set(content, start)
  return field
}

/** A whole number from 0 on; booleans are 1 and 0. */
export function varintField(number: number, value: number): Buffer {
  const tag = number * 8
  const field = Buffer.allocUnsafe(varintLength(tag) + varintLength(value))
  writeVarint(field, writeVarint(field, 0, tag), value)
  return field
}

export function doubleField(number: number, value: number): Buffer {
  const tag = number * 8 + 1
  const field = Buffer.allocUnsafe(varintLength(tag) + 8)
  field.writeDoubleLE(value, writeVarint(field, 0, tag))
  return field
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  return length
}

/** Returns where the next byte goes. */
function writeVarint(target: Buffer, at: number, value: number): number {
  let next = at
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) target[next++] = (rest % 128) + 128
  target[next++] = rest
  return next
}
