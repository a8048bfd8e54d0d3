import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../services/forwarder.ts'
import { proxyRequest, proxyUpgrade, refuse } from './proxy-request.ts'
import type { IngressRoutes, IngressTarget } from './routes.ts'
import type { SecureContexts } from './secure-contexts.ts'

export interface RouterDeps {
  routes(): IngressRoutes
  certificates: SecureContexts
  /** Where a backend can be connected to from here, in the order in which it should be tried. */
  targets(target: IngressTarget, client: string): Address[]
}

/** The first byte of a TLS connection (RFC 8446, 5.1: handshake). */
const TLS_HANDSHAKE = 0x16

/** Takes requests for all Ingresses, HTTP and HTTPS on the same port, and passes them on by host and path. */
export class IngressRouter {
  readonly #deps: RouterDeps
  readonly #http: HttpServer
  readonly #https: HttpServer
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()

  constructor(deps: RouterDeps) {
    this.#deps = deps
    this.#http = this.#serve(createHttpServer())
    this.#https = this.#serve(
      createHttpsServer({
        SNICallback: (name, done) => {
          deps.certificates.for(name).then((context) => done(null, context), done)
        },
      }) as unknown as HttpServer,
    )
  }

  /** Resolves to the port; undefined when somebody has it. May be called for several addresses. */
  async listen(host: string, port: number): Promise<number | undefined> {
    const server = createServer((socket) => this.#accept(socket))
    server.unref()
    const bound = await new Promise<number | undefined>((resolve) => {
      server.once('error', () => resolve(undefined))
      server.listen(port, host, () => {
        const address = server.address()
        resolve(typeof address === 'object' && address ? address.port : port)
      })
    })
    if (bound !== undefined) this.#servers.push(server)
    return bound
  }

  close(): void {
    for (const server of this.#servers.splice(0)) server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.once('data', (chunk: Buffer) => {
      // The server that takes over has to see it from its first byte.
      socket.pause()
      socket.unshift(chunk)
      const server = chunk[0] === TLS_HANDSHAKE ? this.#https : this.#http
      server.emit('connection', socket)
      process.nextTick(() => socket.resume())
    })
  }

  #serve(server: HttpServer): HttpServer {
    // Long answers and idle streams are the backends' affair.
    server.requestTimeout = 0
    server.on('request', (request, response) => {
      const target = this.#targetOf(request)
      if (target) proxyRequest(request, response, this.#addresses(target, request))
      else refuse(response, 404)
    })
    server.on('upgrade', (request: IncomingMessage, socket, head: Buffer) => {
      const target = this.#targetOf(request)
      proxyUpgrade(request, socket, head, target ? this.#addresses(target, request) : [])
    })
    server.on('clientError', (_error, socket) => socket.destroy())
    return server
  }

  #targetOf({ headers, url = '/' }: IncomingMessage): IngressTarget | undefined {
    const [host = ''] = (headers.host ?? '').split(':')
    const [path = '/'] = url.split('?')
    return this.#deps.routes().find(host, path)
  }

  #addresses(target: IngressTarget, { socket }: IncomingMessage): Address[] {
    return this.#deps.targets(target, socket.remoteAddress ?? '')
  }
}
