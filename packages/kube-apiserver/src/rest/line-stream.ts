import type { ServerResponse } from 'node:http'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import { drained } from './drained.ts'
import { type Lines, MAX_UNREAD_BYTES } from './lines.ts'

/** So much is made at once of what is there in advance. */
const PIECE_BYTES = 256 * 1024

/** A line as it travels: a chunk of RFC 9112, section 7.1, that is made once for all who get it. */
export class Line {
  readonly bytes: Buffer
  #chunk: Buffer | undefined

  constructor(text: string) {
    this.bytes = Buffer.from(text)
  }

  get chunk(): Buffer {
    this.#chunk ??= Buffer.concat([Buffer.from(`${this.bytes.length.toString(16)}\r\n`), this.bytes, LINE_END])
    return this.#chunk
  }
}

const LINE_END = Buffer.from('\r\n')

/**
 * An answer of lines without end, of which one process serves thousands. All lines of one turn of the event loop leave in one
 * packet, and go to the socket as chunks of our own making: a response's own writing costs several times as much.
 */
export class LineStream implements Lines {
  readonly closed: Promise<void>
  readonly #response: ServerResponse
  #lines: Line[] = []
  #bytes = 0

  constructor(response: ServerResponse, contentType: string) {
    this.#response = response
    response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-cache, private' }).flushHeaders()
    this.closed = new Promise((resolve) => response.once('close', resolve))
  }

  write(line: Line): void {
    const response = this.#response
    if (response.writableEnded || response.destroyed) return
    if (this.#lines.length === 0) flushLater(this)
    this.#lines.push(line)
    this.#bytes += line.bytes.length
  }

  async room(): Promise<void> {
    if (this.#bytes < PIECE_BYTES) return
    this.flush()
    await drained(this.#response.socket ?? this.#response)
    await endOfTurn()
  }

  flush(): void {
    const lines = this.#lines
    if (lines.length === 0) return
    this.#lines = []
    this.#bytes = 0
    const response = this.#response
    if (response.writableEnded || response.destroyed) return
    // Absent while an answer to an earlier request of the connection is under way; HTTP/1.0 knows no chunks.
    const socket = response.chunkedEncoding ? response.socket : null
    if (socket) socket.write(joined(lines.map(({ chunk }) => chunk)))
    else response.write(joined(lines.map(({ bytes }) => bytes)))
    if (response.writableLength > MAX_UNREAD_BYTES) this.cut()
  }

  cut(): void {
    this.#response.destroy()
  }

  end(): void {
    this.flush()
    this.#response.end()
  }
}

const joined = (parts: Buffer[]): Buffer => (parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts))

/** Streams with lines to send, in the order in which they got their first. */
const waiting: LineStream[] = []
/** A packet costs the same however much is in it: what so many watch waits for a moment, and what changes meanwhile goes along. */
const CROWD = 32
const MOMENT_MS = 4
/** So many are sent before others are served. */
const STREAMS_PER_TURN = 16

function flushLater(stream: LineStream): void {
  if (waiting.push(stream) > 1) return
  setImmediate(() => {
    if (waiting.length < CROWD) flushSome()
    else setTimeout(flushSome, MOMENT_MS)
  })
}

function flushSome(): void {
  for (const stream of waiting.splice(0, STREAMS_PER_TURN)) stream.flush()
  if (waiting.length > 0) setImmediate(flushSome)
}
