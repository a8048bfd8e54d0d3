import type { Duplex } from 'node:stream'
import { TransientError } from '@slipway/errors'
import { joinBytes, type Packet, PacketReader, packetText, writeFlush, writePacket } from '@slipway/git-format'

/** Bytes of a pack that is taken into memory; larger ones are git's work. */
const MAX_PACK = 256 * 1024
const DELIMITER = new TextEncoder().encode('0001')
const AGENT = 'agent=slipway\n'

/** The client's side of git's protocol version 2 (gitprotocol-v2), as far as following a branch needs it. */
export class FetchProtocol {
  readonly #channel: Duplex
  readonly #chunks: AsyncIterator<Buffer>
  readonly #reader = new PacketReader()

  constructor(channel: Duplex) {
    this.#channel = channel
    this.#chunks = channel[Symbol.asyncIterator]()
  }

  /** Reads the server's greeting; false when it speaks another version or names objects in another way. */
  async open(): Promise<boolean> {
    const lines = await this.#section()
    const [version, ...capabilities] = lines
    const format = capabilities.find((line) => line.startsWith('object-format='))
    return version === 'version 2' && (format ?? 'object-format=sha1') === 'object-format=sha1'
  }

  /** The object that a ref names; undefined when there is no such ref. */
  async resolve(ref: string): Promise<string | undefined> {
    this.#send('ls-refs', [`ref-prefix ${ref}\n`])
    const lines = await this.#section()
    return lines.map((line) => line.split(' ')).find(([, name]) => name === ref)?.[0]
  }

  /**
   * The pack with what is new since `have`; undefined when the server does not come by it that easily, or when it is large. The
   * pack may be thin: it may build on objects that come with `have`.
   */
  async fetch(want: string, have: string): Promise<Buffer | undefined> {
    this.#send('fetch', ['thin-pack\n', 'ofs-delta\n', 'no-progress\n', `want ${want}\n`, `have ${have}\n`])
    const [title, ...acknowledgments] = await this.#section()
    if (title !== 'acknowledgments' || !acknowledgments.includes('ready')) return undefined
    const start = await this.#next()
    if (start.kind !== 'data' || packetText(start.payload) !== 'packfile') return undefined
    return this.#pack()
  }

  #send(command: string, lines: string[]): void {
    const head = [`command=${command}\n`, AGENT, 'object-format=sha1\n'].map(writePacket)
    this.#channel.write(joinBytes([...head, DELIMITER, ...lines.map(writePacket), writeFlush()]))
  }

  /** Lines up to the packet that ends their section. */
  async #section(): Promise<string[]> {
    const lines: string[] = []
    for (;;) {
      const packet = await this.#next()
      if (packet.kind !== 'data') return lines
      const line = packetText(packet.payload)
      if (line.startsWith('ERR ')) throw new TransientError('GIT_FAILED', line.slice(4))
      lines.push(line)
    }
  }

  /** Band 1 carries the pack, 2 messages, 3 why there is none (gitprotocol-pack, "Packfile Data"). */
  async #pack(): Promise<Buffer | undefined> {
    const parts: Uint8Array[] = []
    let size = 0
    for (;;) {
      const packet = await this.#next()
      if (packet.kind !== 'data') return Buffer.concat(parts)
      const [band] = packet.payload
      if (band === 3) throw new TransientError('GIT_FAILED', packetText(packet.payload.subarray(1)))
      if (band !== 1) continue
      size += packet.payload.length
      if (size > MAX_PACK) return undefined
      parts.push(packet.payload.subarray(1))
    }
  }

  async #next(): Promise<Packet> {
    for (;;) {
      const packet = this.#reader.next()
      if (packet) return packet
      const { done, value } = await this.#chunks.next()
      if (done) throw new TransientError('GIT_UNREACHABLE', 'the server ended the conversation')
      this.#reader.push(value)
    }
  }
}
