import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Log } from '@slipway/controller-runtime'
import { classOf, describeError, messageOf, UserError } from '@slipway/errors'
import { HttpServer } from '@slipway/http-server'
import type { KubeClient } from '@slipway/kube-client'
import type { Address } from '../network/services/forwarder.ts'
import type { NodeViews, NodeViewsDeps } from '../stats/node-views.ts'
import { containerLogs } from './container-logs.ts'
import { ContainerStreams } from './container-streams.ts'
import { containerTarget, statusOfError } from './container-target.ts'
import { KubeletAccess, type KubeletIdentity, type Refusal } from './kubelet-access.ts'
import type { PodDirectory } from './pod-access.ts'
import { runCommand } from './run-command.ts'

/** Where clients look for a kubelet that does not say where it is. */
const PORT = 10250
const STREAMS = new Set(['exec', 'attach', 'portForward'])

export interface KubeletServerDeps {
  client: KubeClient
  /** Name of the node. */
  node: string
  identity: KubeletIdentity
  pods: PodDirectory
  /** What is shown of the node and its pods. */
  views: Omit<NodeViewsDeps, 'address'>
  log: Log
}

/** Has somebody listen for a port of an address, on it or on one that leads there; undefined when it can't be had. */
export type ClaimPort = (
  address: Address,
  listen: (at: Address) => Promise<{ port: number } | undefined>,
) => Promise<{ port: number } | undefined>

/** The kubelet's HTTPS server: logs, exec, attach and port-forward of containers, and what is to be known of the node. */
export class KubeletServer {
  readonly #deps: KubeletServerDeps
  readonly #access: KubeletAccess
  readonly #streams: ContainerStreams
  #server: HttpServer | undefined
  #views: Promise<NodeViews> | undefined
  #address = { address: '', port: 0 }

  constructor(deps: KubeletServerDeps) {
    const { client, node, identity, pods } = deps
    this.#deps = deps
    this.#access = new KubeletAccess({ client, node, token: identity.token })
    this.#streams = new ContainerStreams(pods.engine)
  }

  /** Listens for the port of kubelets, as `claim` has it done, or on a free one where another program has that. */
  async start(
    host: string,
    names: string[],
    claim: ClaimPort = (address, listen) => listen(address),
  ): Promise<{ address: string; port: number }> {
    const { node, identity } = this.#deps
    const pair = await identity.certificate(node, [host, node, ...names])
    const server = new HttpServer({
      tls: { ...pair, ca: identity.ca },
      routes: [
        {
          path: '/',
          handle: (request, response) => this.#handle(request, response),
          upgrade: (request, socket, head) => void this.#upgrade(request, socket, head),
        },
      ],
    })
    this.#server = server
    const claimed = await claim({ host, port: PORT }, (at) => listening(server, at))
    if (!claimed) await server.start(0, host)
    this.#address = { address: host, port: claimed ? PORT : server.address().port }
    return this.#address
  }

  async stop(): Promise<void> {
    this.#streams.stop()
    await this.#server?.stop()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request)
    try {
      const refusal = await this.#access.refusal(request, url.pathname)
      if (refusal) send(response, refusal)
      else await this.#serve(url, request, response)
    } catch (error) {
      if (response.headersSent || response.destroyed) response.end()
      else send(response, this.#failure(error, url))
    }
  }

  async #serve(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pods } = this.#deps
    const [, kind = ''] = url.pathname.split('/')
    if (kind === 'containerLogs') await this.#logs(url, response)
    else if (kind === 'run') await runCommand(pods.engine, containerTarget(pods, url), { request, response })
    else if (STREAMS.has(kind)) send(response, { status: 400, text: 'this needs a WebSocket or SPDY connection\n' })
    else {
      const view = await (await this.#loadViews()).view(url)
      if (!view) send(response, { status: 404, text: '404 page not found\n' })
      else response.writeHead(view.status ?? 200, { 'content-type': view.type }).end(view.body)
    }
  }

  async #logs(url: URL, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const { pods } = this.#deps
    const logs = await containerLogs(pods.engine, containerTarget(pods, url), gone.signal)
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.flushHeaders()
    await pipeline(logs, response)
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const url = urlOf(request)
    try {
      const refusal = await this.#access.refusal(request, url.pathname)
      if (refusal) {
        refuse(socket, refusal)
        return
      }
      const target = containerTarget(this.#deps.pods, url)
      this.#streams.accept(request, socket, { head, target })
    } catch (error) {
      refuse(socket, this.#failure(error, url))
    }
  }

  /** The text of a fault of ours may hold anything: it is for the log alone. */
  #failure(error: unknown, { pathname }: URL): Refusal {
    const status = statusOfError(error)
    if (classOf(error) !== 'bug') return { status, text: describeError(error) }
    this.#deps.log('error', `kubelet: ${pathname}: ${messageOf(error)}`)
    return { status, text: 'internal error\n' }
  }

  /** Few ask for these, and then again and again. */
  #loadViews(): Promise<NodeViews> {
    this.#views ??= import('../stats/node-views.ts').then(
      ({ NodeViews }) => new NodeViews({ ...this.#deps.views, address: this.#address }),
    )
    return this.#views
  }
}

const BASE = 'https://kubelet'

/** What is no address is the one of nothing. */
const urlOf = ({ url = '/' }: IncomingMessage): URL => (URL.canParse(url, BASE) ? new URL(url, BASE) : new URL(BASE))

function send(response: ServerResponse, { status, text }: Refusal): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text)
}

function refuse(socket: Duplex, { status, text }: Refusal): void {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}

/** Undefined when another program has the port. */
async function listening(server: HttpServer, { host, port }: Address): Promise<{ port: number } | undefined> {
  try {
    await server.start(port, host)
    return { port: server.address().port }
  } catch (error) {
    if (error instanceof UserError && error.code === 'PORT_IN_USE') return undefined
    throw error
  }
}
