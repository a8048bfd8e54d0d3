import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { Address, Forwarder, Route } from './forwarder.ts'

/** How long a caller without traffic keeps its backend, in milliseconds (netfilter's nf_conntrack_udp_timeout). */
const IDLE = 30_000
const MOST_CALLERS = 1_024

interface Flow {
  upstream: Socket
  to: Address
  timer: NodeJS.Timeout
}

/** Passes datagrams on, and what comes back; a caller stays with its backend as long as it speaks. */
export class UdpForwarder implements Forwarder {
  readonly #route: Route
  readonly #socket = createSocket('udp4')
  readonly #flows = new Map<string, Flow>()

  constructor(route: Route) {
    this.#route = route
    this.#socket.unref()
  }

  listen({ host, port }: Address): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject)
      this.#socket.bind(port, host, () => {
        this.#socket.off('error', reject)
        this.#socket.on('error', () => {})
        this.#socket.on('message', (message, from) => this.#forward(message, from))
        resolve(this.#socket.address().port)
      })
    })
  }

  /** A caller that always speaks from the same port, such as one that sends statistics, would never be heard again. */
  reroute(): void {
    for (const [key, { to }] of [...this.#flows]) if (!this.#route.mayStayAt(to)) this.#end(key)
  }

  /** Answers can only come from the socket that was asked. */
  async close(): Promise<void> {
    this.destroy()
  }

  destroy(): void {
    this.#socket.close()
    for (const key of [...this.#flows.keys()]) this.#end(key)
  }

  #forward(message: Buffer, from: RemoteInfo): void {
    const key = `${from.address}:${from.port}`
    const flow = this.#flows.get(key) ?? this.#begin(key, from)
    if (!flow) return
    flow.timer.refresh()
    flow.upstream.send(message, flow.to.port, flow.to.host)
  }

  #begin(key: string, from: RemoteInfo): Flow | undefined {
    const [target] = this.#route.targets(from.address)
    if (!target) return undefined
    const [oldest] = this.#flows.keys()
    if (this.#flows.size >= MOST_CALLERS && oldest !== undefined) this.#end(oldest)
    const upstream = createSocket('udp4')
    upstream.unref()
    upstream.on('error', () => this.#end(key))
    const to = target.address
    upstream.on('message', (answer, sender) => {
      if (sender.address === to.host && sender.port === to.port) this.#socket.send(answer, from.port, from.address)
    })
    const timer = setTimeout(() => this.#end(key), IDLE)
    timer.unref()
    const flow = { upstream, to, timer }
    this.#flows.set(key, flow)
    target.taken()
    return flow
  }

  #end(key: string): void {
    const flow = this.#flows.get(key)
    if (!flow) return
    this.#flows.delete(key)
    clearTimeout(flow.timer)
    flow.upstream.close()
  }
}
