import { connect, type Socket } from 'node:net'

/** What is sent as a body: its pieces one after the other, `size` bytes in all. */
export interface Body {
  size: number
  pieces(): Iterable<Buffer>
}

export interface Answer {
  status: number
  location: string | undefined
  /** Bytes of the body; they are handed to `onBody` and then forgotten. */
  bytes: number
}

interface Exchange {
  head: string
  answer: Answer | undefined
  left: number
  done(answer: Answer): void
  failed(error: Error): void
}

/**
 * One kept-alive HTTP/1.1 connection with one request at a time, and as little work as can be: a load client that parses more
 * than status, length and location would be what is measured. Received bytes share one buffer.
 */
export class HttpConnection {
  readonly #socket: Socket
  readonly #headers: string
  readonly #onBody: ((piece: Buffer) => void) | undefined
  #exchange: Exchange | undefined

  constructor(url: URL, { authorization, onBody }: { authorization?: string; onBody?: (piece: Buffer) => void } = {}) {
    this.#headers = `host: ${url.host}\r\n${authorization ? `authorization: ${authorization}\r\n` : ''}`
    this.#onBody = onBody
    const onread = {
      buffer: Buffer.alloc(512 * 1024),
      callback: (size: number, buffer: Uint8Array): boolean => {
        this.#take(Buffer.from(buffer.buffer, buffer.byteOffset, size))
        return true
      },
    }
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true, onread })
    this.#socket.on('error', (error) => this.#exchange?.failed(error))
    this.#socket.on('close', () => this.#exchange?.failed(new Error('the server closed the connection')))
  }

  async request(method: string, path: string, body?: Body, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = new Promise<Answer>((done, failed) => {
      this.#exchange = { head: '', answer: undefined, left: 0, done, failed }
    })
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const length = method === 'GET' || method === 'HEAD' ? '' : `content-length: ${body?.size ?? 0}\r\n`
    this.#socket.cork()
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#headers}${length}${lines.join('')}\r\n`)
    for (const piece of body?.pieces() ?? []) {
      const room = this.#socket.write(piece)
      this.#socket.uncork()
      if (!room) await new Promise((resolve) => this.#socket.once('drain', resolve))
    }
    this.#socket.uncork()
    return answer
  }

  close(): void {
    this.#exchange = undefined
    this.#socket.destroy()
  }

  #take(bytes: Buffer): void {
    const exchange = this.#exchange
    if (!exchange) return
    let body = bytes
    if (!exchange.answer) {
      exchange.head += bytes.toString('latin1')
      const end = exchange.head.indexOf('\r\n\r\n')
      if (end < 0) return
      const rest = exchange.head.length - end - 4
      body = bytes.subarray(bytes.length - rest)
      exchange.answer = readHead(exchange.head.slice(0, end))
      exchange.left = exchange.answer.bytes
    }
    if (body.length > 0) this.#onBody?.(body)
    exchange.left -= body.length
    if (exchange.left > 0) return
    this.#exchange = undefined
    exchange.done(exchange.answer)
  }
}

function readHead(head: string): Answer {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1]
  const status = Number(head.slice(9, 12))
  if (length === undefined && status !== 204) throw new Error(`an answer without a length:\n${head}`)
  return { status, bytes: Number(length ?? 0), location: /^location: *(.*)$/im.exec(head)?.[1]?.trim() }
}
