import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf, UserError } from '@slipway/errors'

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

export interface HttpRoute {
  /** The path itself, or a folder of paths when it ends in `/`. The longest match serves the request. */
  path: string
  handle: HttpHandler
  upgrade?: UpgradeHandler
}

export interface HttpServerOptions {
  routes: HttpRoute[]
  /** PEM texts; absent = plain HTTP. Client certificates are asked for and checked against `ca`, but not required. */
  tls?: { key: string; cert: string; ca?: string }
  /** Told of every error that a handler let through; the caller has been answered with status 500 already. */
  onError?: (error: unknown, request: IncomingMessage) => void
  /** More routes come until {@link HttpServer.complete}: what is not served yet must not be taken for what is not there. @default when there are none */
  incomplete?: boolean
  /** Milliseconds for which the rest of a body is still read after its answer. @default 5000, as nginx's lingering_timeout */
  linger?: number
}

/** Bytes of a request's head. What `kubectl exec` is to run stands in the address; Go's servers take as much (net/http, DefaultMaxHeaderBytes). */
const LIMITS = { maxHeaderSize: 1024 * 1024 }

/** One server life cycle for every HTTP endpoint: routes by prefix, starts, stops without waiting for idle or streaming clients. */
export class HttpServer {
  readonly #options: HttpServerOptions
  #routes: HttpRoute[] = []
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #isComplete: boolean | undefined

  constructor(options: HttpServerOptions) {
    this.#options = options
    if (options.incomplete) this.#isComplete = false
    this.addRoutes(options.routes)
  }

  /** Listens; `port` 0 takes a free one. Throws UserError PORT_IN_USE when another program has it. */
  async start(port: number, host = '127.0.0.1'): Promise<void> {
    const { tls } = this.#options
    const server = tls
      ? createTlsServer({ ...LIMITS, ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: false })
      : createServer(LIMITS)
    // Uploads of many gigabytes and watches of many hours are ordinary here; slow headers are not.
    server.requestTimeout = 0
    server.keepAliveTimeout = 65_000
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response))
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    )
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => this.#track(socket))
    await listen(server, port, host)
    this.#server = server
  }

  /** Serves more paths from now on; parts that need to know the address are made after the start. */
  addRoutes(routes: HttpRoute[]): void {
    this.#routes = [...this.#routes, ...routes].sort((a, b) => b.path.length - a.path.length)
  }

  /** From now on, what is not served is not there. */
  complete(): void {
    this.#isComplete = true
  }

  /** Shows another certificate to whoever connects from now on; connections that are there stay. PEM texts. Throws what OpenSSL can't read. */
  renewCertificate(renewed: { key: string; cert: string }): void {
    ;(this.#server as TlsServer).setSecureContext({ ...this.#options.tls, ...renewed })
  }

  address(): AddressInfo {
    return this.#server?.address() as AddressInfo
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Sent ahead of the answer to the one before (RFC 9112, 9.3.2), it waits: what nobody can take yet would only fill memory, and
    // its answer would never hear that the connection has ended.
    if (!response.socket) {
      response.once('socket', () => void this.#serve(request, response))
      return
    }
    const route = this.#match(request.url ?? '/')
    if (!route) return this.#sendNothing(response)
    limitRest(request, response, this.#options.linger ?? 5_000)
    try {
      await route.handle(request, response)
    } catch (error) {
      this.#fail(error, request, response)
    }
  }

  #sendNothing(response: ServerResponse): void {
    // Clients believe a 404.
    const [status, text, more] =
      (this.#isComplete ?? this.#routes.length > 0)
        ? [404, '404 page not found\n', {}]
        : [503, 'starting\n', { 'retry-after': '1' }]
    response.writeHead(status, { 'content-type': 'text/plain', ...more }).end(text)
  }

  #fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    this.#options.onError?.(error, request)
    if (response.headersSent) {
      response.destroy()
      return
    }
    response.writeHead(500, { 'content-type': 'text/plain', connection: 'close' }).end('internal error\n')
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const route = this.#match(request.url ?? '/')
    if (route?.upgrade) route.upgrade(request, socket, head)
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
  }

  #match(url: string): HttpRoute | undefined {
    const query = url.indexOf('?')
    const path = query < 0 ? url : url.slice(0, query)
    return this.#routes.find(
      (route) => path === route.path || (route.path.endsWith('/') && path.startsWith(route.path)),
    )
  }
}

/**
 * Where a body was answered before its end, its rest is read for a moment only, for a client that sends without end must not hold
 * us; but for a moment it is, for a connection that is cut while bytes arrive takes the answer with it (RFC 9112, 9.6).
 */
function limitRest(request: IncomingMessage, response: ServerResponse, linger: number): void {
  response.once('finish', () => {
    if (request.complete) return
    const timer = setTimeout(() => request.socket.destroy(), linger)
    request.once('close', () => clearTimeout(timer))
  })
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      reject(
        new UserError('PORT_IN_USE', `${host}:${port} is in use: ${messageOf(error)}`, {
          hint: 'stop the other program or choose another port',
        }),
      )
    })
    server.listen(port, host, () => resolve())
  })
}
