import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ProcessSession } from '@slipway/container-engine'
import { describeError, UserError } from '@slipway/errors'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import { FORWARD_PROTOCOLS, forwardChannels, forwardedPorts } from './channel-forward.ts'
import { CHANNEL_PROTOCOLS, channelTerminal } from './channel-terminal.ts'
import { containerLogs } from './container-logs.ts'
import type { ContainerTarget } from './container-target.ts'
import { OpenStdins } from './open-stdin.ts'
import { containerNamed, type PodDirectory, waitingMessage } from './pod-access.ts'
import { forwardPorts } from './port-forward.ts'
import { joinProcess, type ProcessOptions } from './remote-process.ts'
import { spdyTerminal } from './spdy-terminal.ts'

const LOG_PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io']
const PROTOCOLS = [...CHANNEL_PROTOCOLS, ...LOG_PROTOCOLS]
const FORWARD = /^\/portForward\//
const TUNNEL = 'SPDY/3.1+portforward.k8s.io'
const PORT_FORWARD = 'portforward.k8s.io'
const SPDY_CHANNELS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']

/** What is talked to over an upgraded connection, SPDY or WebSocket: exec, attach, port-forward, and logs for browsers. */
export class ContainerStreams {
  readonly #engine: PodDirectory['engine']
  readonly #stdins: OpenStdins
  readonly #webSockets: WebSocketServer

  constructor(engine: PodDirectory['engine']) {
    this.#engine = engine
    this.#stdins = new OpenStdins(engine)
    this.#webSockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      handleProtocols: (offered, { url = '' }) =>
        (FORWARD.test(url) ? FORWARD_PROTOCOLS : PROTOCOLS).find((protocol) => offered.has(protocol)) ?? false,
    })
    this.#webSockets.on('headers', (headers, request) => {
      if (tunnels.has(request)) headers.push(`Sec-WebSocket-Protocol: ${TUNNEL}`)
    })
  }

  /** Serves one request. */
  accept(request: IncomingMessage, socket: Duplex, { head, target }: { head: Buffer; target: ContainerTarget }): void {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      const ports = target.kind === 'portForward' && !acceptTunnel(request) ? forwardedPorts(target.query) : undefined
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        if (ports) void forwardChannels(webSocket, target.access, ports)
        else this.#webSocket(webSocket, target)
      })
    } else if (head.length > 0) {
      // A client speaks only after the answer.
      socket.destroy()
    } else {
      this.#spdy(request, socket, target)
    }
  }

  stop(): void {
    for (const socket of this.#webSockets.clients) socket.terminate()
    this.#stdins.stop()
  }

  #webSocket(webSocket: WebSocket, target: ContainerTarget): void {
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

  async #logSocket(webSocket: WebSocket, target: ContainerTarget): Promise<void> {
    const gone = new AbortController()
    webSocket.on('close', () => gone.abort())
    try {
      const isText = webSocket.protocol.startsWith('base64')
      for await (const chunk of await containerLogs(this.#engine, target, gone.signal)) {
        webSocket.send(isText ? (chunk as Buffer).toString('base64') : chunk)
      }
      webSocket.close(1000)
    } catch (error) {
      // RFC 6455: 123 bytes for a reason.
      webSocket.close(1011, describeError(error).slice(0, 100))
    }
  }

  #spdy(request: IncomingMessage, socket: Duplex, target: ContainerTarget): void {
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

  #open({ kind, access, container }: ContainerTarget, options: ProcessOptions): Promise<ProcessSession> {
    const { name, stdin, stdinOnce } = containerNamed(access.pod, container) ?? {}
    const id = name && access.containerId(name)
    if (!id) throw new UserError('POD_NOT_RUNNING', waitingMessage(access, name))
    if (kind === 'attach' && options.stdin && stdin && !stdinOnce) return this.#stdins.attach(id)
    if (kind === 'attach') return this.#engine.attach(id, { stdin: options.stdin })
    return this.#engine.exec(id, { command: options.command, tty: options.tty, stdin: options.stdin })
  }
}

const tunnels = new WeakSet<IncomingMessage>()

/** Whether it is SPDY inside of a WebSocket, whose name at kubectl holds a slash, which RFC 6455 does not allow and ws refuses: it is taken out here. */
function acceptTunnel(request: IncomingMessage): boolean {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  if (!offered.includes(TUNNEL)) return false
  delete request.headers['sec-websocket-protocol']
  tunnels.add(request)
  return true
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
