import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describeError, UserError } from '@slipway/errors'
import { type HttpRoute, HttpServer, readCredentials } from '@slipway/http-server'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import { CHANNEL_PROTOCOLS, channelTerminal } from './channel-terminal.ts'
import { containerLogs } from './container-logs.ts'
import { containerNamed, type PodAccess, type PodDirectory, waitingMessage } from './pod-access.ts'
import { forwardPorts } from './port-forward.ts'
import { joinProcess, type ProcessOptions } from './remote-process.ts'
import { spdyTerminal } from './spdy-terminal.ts'

const LOG_PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io']
const PROTOCOLS = [...CHANNEL_PROTOCOLS, ...LOG_PROTOCOLS]
const TUNNEL = 'SPDY/3.1+portforward.k8s.io'
const PORT_FORWARD = 'portforward.k8s.io'
const SPDY_CHANNELS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']

interface Target {
  kind: string
  access: PodAccess
  container: string | undefined
  query: URLSearchParams
}

/** The kubelet's HTTP server: container logs, exec, attach and port-forward, for whoever knows the token. */
export class KubeletServer {
  readonly #pods: PodDirectory
  readonly #token: string
  readonly #server: HttpServer
  readonly #webSockets: WebSocketServer

  constructor(pods: PodDirectory, token: string) {
    this.#pods = pods
    this.#token = token
    this.#webSockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
    })
    this.#webSockets.on('headers', (headers, request) => {
      if (tunnels.has(request)) headers.push(`Sec-WebSocket-Protocol: ${TUNNEL}`)
    })
    const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
      this.#upgrade(request, socket, head)
    const notUpgraded = (_request: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(400).end('this needs a WebSocket or SPDY connection\n')
    }
    const routes: HttpRoute[] = [
      { path: '/healthz', handle: (_request, response) => void response.end('ok') },
      { path: '/containerLogs/', handle: (request, response) => this.#logs(request, response), upgrade },
      ...['/exec/', '/attach/', '/portForward/'].map((path) => ({ path, handle: notUpgraded, upgrade })),
    ]
    this.#server = new HttpServer({ routes })
  }

  async start(host: string): Promise<{ address: string; port: number }> {
    await this.#server.start(0, host)
    return this.#server.address()
  }

  async stop(): Promise<void> {
    for (const socket of this.#webSockets.clients) socket.terminate()
    await this.#server.stop()
  }

  async #logs(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    try {
      const logs = await containerLogs(this.#pods.engine, this.#target(request), gone.signal)
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.flushHeaders()
      await pipeline(logs, response)
    } catch (error) {
      if (gone.signal.aborted || response.headersSent) {
        response.end()
        return
      }
      const status = error instanceof UserError ? (STATUSES[error.code] ?? 400) : 500
      response.writeHead(status, { 'content-type': 'text/plain' }).end(describeError(error))
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    let target: Target
    try {
      target = this.#target(request)
    } catch (error) {
      const status = error instanceof UserError ? (STATUSES[error.code] ?? 400) : 500
      const text = describeError(error)
      socket.end(
        `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      )
      return
    }
    socket.on('error', () => socket.destroy())
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      acceptTunnel(request)
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#webSocket(webSocket, target))
    } else if (head.length > 0) {
      // A client speaks only after the answer.
      socket.destroy()
    } else {
      this.#spdy(request, socket, target)
    }
  }

  #webSocket(webSocket: WebSocket, target: Target): void {
    if (target.kind === 'portForward') {
      const stream = createWebSocketStream(webSocket)
      stream.on('error', () => webSocket.terminate())
      forwardPorts(stream, target.access)
      return
    }
    if (target.kind === 'containerLogs') {
      void this.#logSocket(webSocket, target)
      return
    }
    const options = processOptions(target.query)
    void joinProcess(channelTerminal(webSocket, options), () => this.#open(target, options))
  }

  async #logSocket(webSocket: WebSocket, target: Target): Promise<void> {
    const gone = new AbortController()
    webSocket.on('close', () => gone.abort())
    try {
      const isText = webSocket.protocol.startsWith('base64')
      for await (const chunk of await containerLogs(this.#pods.engine, target, gone.signal)) {
        webSocket.send(isText ? (chunk as Buffer).toString('base64') : chunk)
      }
      webSocket.close(1000)
    } catch (error) {
      // RFC 6455: 123 bytes for a reason.
      webSocket.close(1011, describeError(error).slice(0, 100))
    }
  }

  #spdy(request: IncomingMessage, socket: Duplex, target: Target): void {
    const offered = [request.headers['x-stream-protocol-version'] ?? '']
      .flat()
      .join(',')
      .split(',')
      .map((name) => name.trim())
    const protocol = [PORT_FORWARD, ...SPDY_CHANNELS].find((name) => offered.includes(name))
    if (!protocol) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
    )
    if (target.kind === 'portForward') {
      forwardPorts(socket, target.access)
      return
    }
    const options = processOptions(target.query)
    spdyTerminal(socket, options).then(
      (terminal) => joinProcess(terminal, () => this.#open(target, options)),
      () => socket.destroy(),
    )
  }

  #open({ kind, access, container }: Target, options: ProcessOptions): ReturnType<PodDirectory['engine']['exec']> {
    const name = containerNamed(access.pod, container)?.name
    const id = name && access.containerId(name)
    if (!id) throw new UserError('POD_NOT_RUNNING', waitingMessage(access, name))
    if (kind === 'attach') return this.#pods.engine.attach(id, { stdin: options.stdin })
    return this.#pods.engine.exec(id, { command: options.command, tty: options.tty, stdin: options.stdin })
  }

  /** Paths are `/containerLogs/{namespace}/{pod}/{container}` and the like. */
  #target(request: IncomingMessage): Target {
    const credentials = readCredentials(request)
    if (credentials?.kind !== 'bearer' || !same(credentials.token, this.#token)) {
      throw new UserError('KUBELET_UNAUTHORIZED', 'Unauthorized')
    }
    const url = new URL(request.url ?? '/', 'http://kubelet')
    const [kind = '', namespace = '', name = '', container] = url.pathname.split('/').slice(1).map(decodeURIComponent)
    const access = this.#pods.find(namespace, name)
    if (!access) throw new UserError('POD_NOT_FOUND', `pod ${namespace}/${name} does not run on this node`)
    const wanted = container || (url.searchParams.get('container') ?? undefined)
    if (wanted && !containerNamed(access.pod, wanted)) {
      throw new UserError('POD_NOT_FOUND', `container ${wanted} is not valid for pod ${name}`)
    }
    return { kind, access, container: wanted, query: url.searchParams }
  }
}

const STATUSES: Partial<Record<string, number>> = {
  KUBELET_UNAUTHORIZED: 401,
  POD_NOT_FOUND: 404,
  ENGINE_NOT_FOUND: 404,
}

const tunnels = new WeakSet<IncomingMessage>()

/** kubectl's name for SPDY inside of a WebSocket holds a slash, which RFC 6455 does not allow and ws refuses: it is taken out here. */
function acceptTunnel(request: IncomingMessage): void {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  if (!offered.includes(TUNNEL)) return
  delete request.headers['sec-websocket-protocol']
  tunnels.add(request)
}

function processOptions(query: URLSearchParams): ProcessOptions {
  // The API server's names, and the kubelet's older ones.
  const flag = (...names: string[]): boolean => names.some((name) => ['true', '1'].includes(query.get(name) ?? ''))
  return {
    command: query.getAll('command'),
    stdin: flag('stdin', 'input'),
    stdout: flag('stdout', 'output'),
    stderr: flag('stderr', 'error'),
    tty: flag('tty'),
  }
}

function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
