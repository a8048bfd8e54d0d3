import { UserError } from '@slipway/errors'

/** One unit of git's wire format (gitprotocol-common): data, or one of the three special packets. */
export type Packet = { kind: 'data'; payload: Uint8Array } | { kind: 'flush' | 'delimiter' | 'response-end' }

/** The largest pkt-line with its four length digits, LARGE_PACKET_MAX of git. */
export const MAX_PACKET_LENGTH = 65_520

const LENGTH_DIGITS = 4
const SPECIAL = ['flush', 'delimiter', 'response-end'] as const

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A pkt-line around a payload; a text is sent as UTF-8 as it is, without a line feed of ours. Throws UserError PKT_LINE_INVALID when too long. */
export function writePacket(payload: Uint8Array | string): Uint8Array {
  const bytes = typeof payload === 'string' ? encoder.encode(payload) : payload
  const length = bytes.length + LENGTH_DIGITS
  if (length > MAX_PACKET_LENGTH) throw invalid(`a packet of ${length} bytes is longer than ${MAX_PACKET_LENGTH}`)
  const packet = new Uint8Array(length)
  packet.set(encoder.encode(length.toString(16).padStart(LENGTH_DIGITS, '0')))
  packet.set(bytes, LENGTH_DIGITS)
  return packet
}

/** The special packet that ends a list. */
export function writeFlush(): Uint8Array {
  return encoder.encode('0000')
}

/** A payload as text, without the line feed that senders may add (gitprotocol-common). */
export function packetText(payload: Uint8Array): string {
  const end = payload.at(-1) === 0x0a ? -1 : undefined
  return decoder.decode(payload.subarray(0, end))
}

/** Reads packets out of a stream that arrives in pieces of any size. */
export class PacketReader {
  #buffer: Uint8Array = new Uint8Array(0)

  push(chunk: Uint8Array): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : joinBytes([this.#buffer, chunk])
  }

  /** The next whole packet; undefined until more is pushed. Throws UserError PKT_LINE_INVALID. */
  next(): Packet | undefined {
    if (this.#buffer.length < LENGTH_DIGITS) return undefined
    const length = readLength(this.#buffer)
    if (length < LENGTH_DIGITS) {
      this.#buffer = this.#buffer.subarray(LENGTH_DIGITS)
      const kind = SPECIAL[length]
      if (!kind) throw invalid(`the packet length ${length} is not in use`)
      return { kind }
    }
    if (this.#buffer.length < length) return undefined
    const payload = this.#buffer.subarray(LENGTH_DIGITS, length)
    this.#buffer = this.#buffer.subarray(length)
    return { kind: 'data', payload }
  }

  /** What was pushed and not read yet. */
  rest(): Uint8Array {
    return this.#buffer
  }
}

/** Byte arrays one after the other. */
export function joinBytes(parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

function readLength(buffer: Uint8Array): number {
  const digits = decoder.decode(buffer.subarray(0, LENGTH_DIGITS))
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw invalid('a packet does not begin with four hexadecimal digits')
  const length = Number.parseInt(digits, 16)
  if (length > MAX_PACKET_LENGTH) throw invalid(`a packet of ${length} bytes is longer than ${MAX_PACKET_LENGTH}`)
  return length
}

function invalid(message: string): UserError {
  return new UserError('PKT_LINE_INVALID', message)
}
