import { createConnection, createServer, type Server, type Socket } from 'node:net'
import type { Address, Forwarder, Route } from './forwarder.ts'

/** Passes connections on to the first backend that takes them. */
export class TcpForwarder implements Forwarder {
  readonly #route: Route
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(route: Route) {
    this.#route = route
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => this.#forward(client))
    this.#server.unref()
  }

  listen({ host, port }: Address): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        const address = this.#server.address()
        resolve(typeof address === 'object' && address ? address.port : port)
      })
    })
  }

  reroute(): void {
    // Both ends of a connection learn that the other one is gone.
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  destroy(): void {
    void this.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #forward(client: Socket): void {
    this.#track(client)
    const { remoteAddress = '' } = client
    const targets = this.#route.targets(remoteAddress)
    const attempt = (index: number): void => {
      const target = targets[index]
      if (!target) {
        client.resetAndDestroy()
        return
      }
      const upstream = createConnection({ ...target.address, allowHalfOpen: true, noDelay: true })
      this.#track(upstream)
      // During a rollout a pod may be gone before its readiness is: the next one is asked.
      const refused = (): void => attempt(index + 1)
      upstream.once('error', refused)
      upstream.once('connect', () => {
        upstream.off('error', refused)
        target.taken()
        join(client, upstream)
      })
    }
    attempt(0)
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
  }
}

function join(client: Socket, upstream: Socket): void {
  client.setNoDelay(true)
  upstream.on('error', () => client.resetAndDestroy())
  client.on('close', () => upstream.destroy())
  upstream.on('close', () => client.destroy())
  client.pipe(upstream)
  upstream.pipe(client)
}
