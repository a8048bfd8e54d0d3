import { once } from 'node:events'
import type { OnReadOpts } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'

/** An answer; its body as the parts that came, so that nothing is copied which nobody reads. */
export interface RawAnswer {
  status: number
  body: Buffer[]
}

/** One request that is being answered. */
interface Exchange extends RawAnswer {
  resolve(answer: RawAnswer): void
  reject(error: Error): void
}

/** Takes a part of the answer from what came; false when it needs more. */
type Parser = () => boolean

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')

/**
 * HTTP/1.1 over one kept TLS connection, one request at a time. It reads what a server sends with as little work as possible: on a
 * machine that client and server share, every microsecond of the client's is taken from the server.
 */
export class RawConnection {
  readonly #socket: TLSSocket
  #received: Buffer = Buffer.alloc(0)
  #parse: Parser = () => false
  #exchange: Exchange | undefined

  private constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (part: Buffer) => {
      this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part])
      while (this.#parse()) {
        // Each call takes one part of the answer.
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#exchange?.reject(new Error('the server closed the connection')))
  }

  static async open(options: ConnectionOptions): Promise<RawConnection> {
    const socket = connect(options)
    await once(socket, 'secureConnect')
    return new RawConnection(socket)
  }

  /** Sends a request in its wire form. */
  request(wire: Buffer): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#exchange = { status: 0, body: [], resolve, reject }
      this.#parse = () => this.#head()
      this.#socket.write(wire)
    })
  }

  close(): void {
    this.#exchange = undefined
    this.#socket.destroy()
  }

  #head(): boolean {
    const end = this.#received.indexOf(HEAD_END)
    if (end < 0 || !this.#exchange) return false
    const head = this.#received.toString('latin1', 0, end).toLowerCase()
    this.#consume(end + HEAD_END.length)
    this.#exchange.status = Number(head.slice(9, 12))
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
    this.#parse = length === undefined ? () => this.#chunkSize() : this.#bytes(Number(length), () => this.#done())
    return true
  }

  /** A chunk's size, in hexadecimal on a line of its own (RFC 9112, section 7.1). */
  #chunkSize(): boolean {
    const end = this.#received.indexOf(LINE_END)
    if (end < 0) return false
    const size = Number.parseInt(this.#received.toString('latin1', 0, end), 16)
    this.#consume(end + LINE_END.length)
    this.#parse = this.#bytes(size, () => this.#chunkEnd(size === 0))
    return true
  }

  #chunkEnd(isLast: boolean): boolean {
    if (this.#received.length < LINE_END.length) return false
    this.#consume(LINE_END.length)
    if (isLast) return this.#done()
    this.#parse = () => this.#chunkSize()
    return true
  }

  #bytes(size: number, next: Parser): Parser {
    let left = size
    return () => {
      const part = this.#received.subarray(0, left)
      this.#consume(part.length)
      left -= part.length
      if (part.length > 0) this.#exchange?.body.push(part)
      if (left > 0) return false
      this.#parse = next
      return true
    }
  }

  #done(): false {
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#parse = () => false
    exchange?.resolve(exchange)
    return false
  }

  #consume(bytes: number): void {
    this.#received = this.#received.subarray(bytes)
  }
}

/** Bytes that are read at once. */
const READ = 64 * 1024

/**
 * Sends a request whose answer does not end over a connection of its own, and hands on what comes as it is, its head and the chunks'
 * sizes included. A part is overwritten by the next one: without Node's streams a hundred of them leave the server its processor.
 */
export async function openStream(
  options: ConnectionOptions,
  wire: Buffer,
  onPart: (part: Buffer) => void,
): Promise<{ close(): void }> {
  // As net.connect has it; the types of tls.connect leave it out.
  const onread: OnReadOpts = {
    buffer: Buffer.alloc(READ),
    callback(bytes, part) {
      onPart((part as Buffer).subarray(0, bytes))
      return true
    },
  }
  const socket = connect({ ...options, onread } as ConnectionOptions)
  await once(socket, 'secureConnect')
  socket.write(wire)
  return { close: () => socket.destroy() }
}
