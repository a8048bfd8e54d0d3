import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import { isTokenProtocol } from '../access/socket-token.ts'
import { drained } from './drained.ts'
import type { Line } from './line-stream.ts'
import { type Lines, MAX_UNREAD_BYTES } from './lines.ts'

/** What a reader sends says nothing to a watch. */
const MOST_RECEIVED = 64 * 1024

const webSockets = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MOST_RECEIVED,
  // Any protocol will do (golang.org/x/net/websocket's Handler); one that holds a token is told to nobody.
  handleProtocols: (offered) => [...offered].find((protocol) => !isTokenProtocol(protocol)) ?? false,
})

/** Lines over a WebSocket, each a message (endpoints/handlers/watch.go's HandleWS): how Java's and browsers' clients watch. */
export class SocketLines implements Lines {
  readonly closed: Promise<void>
  readonly #webSocket: WebSocket
  readonly #socket: Duplex

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket
    this.#socket = socket
    webSocket.on('error', () => webSocket.terminate())
    this.closed = new Promise((resolve) => webSocket.once('close', () => resolve()))
  }

  write({ bytes }: Line): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    this.#webSocket.send(bytes, { binary: false })
    if (this.#webSocket.bufferedAmount > MAX_UNREAD_BYTES) this.cut()
  }

  async room(): Promise<void> {
    await drained(this.#socket)
    await endOfTurn()
  }

  cut(): void {
    this.#webSocket.terminate()
  }

  end(): void {
    this.#webSocket.close(1000)
  }
}

/** Answers the handshake; one that is none is refused, and nothing is opened. */
export function acceptSocket(http: IncomingMessage, socket: Duplex, head: Buffer): SocketLines | undefined {
  let lines: SocketLines | undefined
  webSockets.handleUpgrade(http, socket, head, (webSocket) => {
    lines = new SocketLines(webSocket, socket)
  })
  return lines
}
