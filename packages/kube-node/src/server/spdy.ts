import { Duplex } from 'node:stream'
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'
import { SPDY_DICTIONARY } from './spdy-dictionary.ts'

/** Frame types of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00, section 2.6, and 3.1's session flow control, which nobody here uses). */
const SYN_STREAM = 1
const SYN_REPLY = 2
const RST_STREAM = 3
const PING = 6
const GOAWAY = 7
const FIN = 1
const MAX_FRAME = 1 << 20
const CANCEL = 5
/** Bytes that a stream may have in store before the others wait for it, too. */
const HELD = 1 << 20

/** One stream of a session. Readable: what the client sends; writable: what it gets. */
export class SpdyStream extends Duplex {
  readonly id: number
  readonly headers: Record<string, string>
  readonly #session: SpdySession

  constructor(session: SpdySession, id: number, headers: Record<string, string>) {
    super({ allowHalfOpen: true, readableHighWaterMark: HELD })
    this.#session = session
    this.id = id
    this.headers = headers
  }

  /** The protocol's windows are not used by Kubernetes' clients: who is not read from fast enough holds up the connection. */
  override _read(): void {
    this.#session.drained(this)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#session.sendData(this.id, chunk, false, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#session.sendData(this.id, Buffer.alloc(0), true, done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#session.forget(this)
    done(error)
  }
}

/** The server side of a SPDY/3.1 connection as kubectl opens it for exec, attach and port-forward. */
export class SpdySession {
  readonly #connection: Duplex
  readonly #onStream: (stream: SpdyStream) => void
  readonly #streams = new Map<number, SpdyStream>()
  // Header blocks are one compressed stream in each direction for the life of the connection.
  readonly #inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH })
  readonly #deflate: Deflate = createDeflate({ dictionary: SPDY_DICTIONARY, flush: constants.Z_SYNC_FLUSH })
  /** Streams that have more than their reader has taken. */
  readonly #full = new Set<SpdyStream>()
  #rest: Buffer = Buffer.alloc(0)
  #order: Promise<void> = Promise.resolve()

  constructor(connection: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#connection = connection
    this.#onStream = onStream
    connection.on('data', (chunk: Buffer) => this.#receive(chunk))
    connection.on('error', () => this.close())
    connection.on('close', () => this.close())
    connection.on('end', () => this.close())
    this.#inflate.on('error', () => connection.destroy())
  }

  sendData(id: number, data: Buffer, last: boolean, done: (error?: Error | null) => void): void {
    if (this.#connection.destroyed) {
      done()
      return
    }
    const header = Buffer.alloc(8)
    header.writeUInt32BE(id, 0)
    header.writeUInt32BE(data.length, 4)
    header[4] = last ? FIN : 0
    this.#connection.write(Buffer.concat([header, data]), (error) => done(error))
  }

  /** Tells the client that a stream is over for both sides. */
  reset(stream: SpdyStream): void {
    const body = Buffer.alloc(8)
    body.writeUInt32BE(stream.id, 0)
    body.writeUInt32BE(CANCEL, 4)
    this.#control(RST_STREAM, body)
    stream.destroy()
  }

  forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id)
    this.drained(stream)
  }

  /** A stream takes more; the connection goes on when all do. */
  drained(stream: SpdyStream): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.#connection.resume()
  }

  close(): void {
    for (const stream of this.#streams.values()) {
      stream.push(null)
      stream.destroy()
    }
    if (!this.#connection.destroyed) this.#connection.end()
  }

  #receive(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 8) {
      const size = this.#rest.readUInt32BE(4) & 0xffffff
      if (size > MAX_FRAME) {
        this.#connection.destroy()
        return
      }
      if (this.#rest.length < 8 + size) return
      const head = this.#rest.subarray(0, 8)
      const body = this.#rest.subarray(8, 8 + size)
      this.#rest = this.#rest.subarray(8 + size)
      // A stream's data must not overtake the inflating of its headers.
      this.#order = this.#order.then(() => this.#frame(head, body)).catch(() => void this.#connection.destroy())
    }
  }

  async #frame(head: Buffer, body: Buffer): Promise<void> {
    const flags = head[4] ?? 0
    if (((head[0] ?? 0) & 0x80) === 0) {
      this.#data(head.readUInt32BE(0), body, flags)
      return
    }
    switch (head.readUInt16BE(2)) {
      case SYN_STREAM:
        return this.#open(body, flags)
      case RST_STREAM:
        this.#streams.get(body.readUInt32BE(0) & 0x7fffffff)?.destroy()
        return
      case PING:
        this.#control(PING, body)
        return
      case GOAWAY:
        this.close()
        return
      default:
        // SETTINGS, WINDOW_UPDATE and HEADERS change nothing here.
        return
    }
  }

  #data(id: number, body: Buffer, flags: number): void {
    const stream = this.#streams.get(id)
    if (!stream) return
    if (body.length > 0 && !stream.push(body)) {
      this.#full.add(stream)
      this.#connection.pause()
    }
    if (flags & FIN) stream.push(null)
  }

  async #open(body: Buffer, flags: number): Promise<void> {
    const id = body.readUInt32BE(0) & 0x7fffffff
    const headers = parseHeaders(await transform(this.#inflate, body.subarray(10)))
    const stream = new SpdyStream(this, id, headers)
    this.#streams.set(id, stream)
    const reply = Buffer.alloc(4)
    reply.writeUInt32BE(id, 0)
    this.#control(SYN_REPLY, Buffer.concat([reply, await transform(this.#deflate, Buffer.alloc(4))]))
    if (flags & FIN) stream.push(null)
    this.#onStream(stream)
  }

  #control(type: number, body: Buffer): void {
    if (this.#connection.destroyed) return
    const header = Buffer.alloc(8)
    header.writeUInt16BE(0x8003, 0)
    header.writeUInt16BE(type, 2)
    header.writeUInt32BE(body.length, 4)
    this.#connection.write(Buffer.concat([header, body]))
  }
}

/** Feeds a block through a compressor that lives on, and takes what comes out. */
function transform(stream: Inflate | Deflate, block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const onData = (chunk: Buffer): unknown => chunks.push(chunk)
    stream.on('data', onData)
    stream.write(block, (error) => {
      stream.off('data', onData)
      if (error) reject(error)
      else resolve(Buffer.concat(chunks))
    })
  })
}

function parseHeaders(block: Buffer): Record<string, string> {
  const headers: Record<string, string> = {}
  let offset = 4
  const text = (): string => {
    const end = offset + 4 + block.readUInt32BE(offset)
    const value = block.toString('utf8', offset + 4, end)
    offset = end
    return value
  }
  for (let left = block.readUInt32BE(0); left > 0; left--) headers[text().toLowerCase()] = text()
  return headers
}
