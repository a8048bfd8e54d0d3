import { createConnection, createServer, type Server, type Socket } from 'node:net'
import type { Log } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import type { Change, Informer, KubeClient } from '@slipway/kube-client'
import { targetPort } from '../controllers/endpoints/pod-ports.ts'
import { isReady } from '../controllers/pods/pods.ts'
import { matchesAll } from '../labels.ts'
import type { Pod } from '../model/pod.ts'
import type { Service, ServicePort } from '../model/service.ts'

/** Where a Service can be reached on this machine: one `127.0.0.1:port` for each TCP port of its spec, in order, with commas. */
export const LOCAL_ADDRESS = 'slipway.dev/local-address'

interface Deps {
  client: KubeClient
  services: Informer<Service>
  pods: Informer<Pod>
  /** Where a port of a pod can be connected to from here. */
  dial(pod: Pod, port: number): { host: string; port: number } | undefined
  log: Log
}

interface Listener {
  server: Server
  port: number
}

/** Gives every Service an address on this machine that leads to its ready pods, one after the other. */
export class ServiceProxy {
  readonly #deps: Deps
  readonly #listeners = new Map<string, Listener>()
  readonly #sockets = new Set<Socket>()
  readonly #turns = new Map<string, number>()
  #work: Promise<void> = Promise.resolve()
  #unsubscribe = (): void => {}

  constructor(deps: Deps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    await this.#deps.services.start()
    this.#unsubscribe = this.#deps.services.on((change) => {
      this.#work = this.#work
        .then(() => this.#follow(change))
        .catch((error: unknown) =>
          this.#deps.log('error', `service ${change.object.metadata.name}: ${messageOf(error)}`),
        )
    })
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    await this.#work
    for (const { server } of this.#listeners.values()) server.close()
    for (const socket of this.#sockets) socket.destroy()
    this.#listeners.clear()
  }

  async #follow({ type, object: service }: Change<Service>): Promise<void> {
    const ports =
      type === 'deleted' || service.spec.type === 'ExternalName' || !service.spec.selector ? [] : tcpPorts(service)
    const wanted = new Set(ports.map((port) => keyOf(service, port)))
    for (const [key, { server }] of this.#listeners) {
      if (!key.startsWith(`${service.metadata.uid}/`) || wanted.has(key)) continue
      server.close()
      this.#listeners.delete(key)
    }
    if (ports.length === 0) return
    const before = (service.metadata.annotations?.[LOCAL_ADDRESS] ?? '')
      .split(',')
      .map((address) => Number(address.split(':')[1] ?? 0))
    const addresses: string[] = []
    for (const [index, port] of ports.entries()) {
      const listener =
        this.#listeners.get(keyOf(service, port)) ??
        (await this.#listen(service, port, before[index] || port.nodePort || 0))
      addresses.push(`127.0.0.1:${listener.port}`)
    }
    await this.#annotate(service, addresses.join(','))
  }

  /** On the port that it had before, or when that is taken on a free one. */
  async #listen(service: Service, port: ServicePort, preferred: number): Promise<Listener> {
    const { namespace, name } = service.metadata
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const current = this.#deps.services.get({ name, ...(namespace && { namespace }) })
      if (current) this.#forward(client, current, port)
      else client.destroy()
    })
    server.unref()
    const taken = (await listen(server, preferred)) ?? (await listen(server, 0)) ?? 0
    const listener = { server, port: taken }
    this.#listeners.set(keyOf(service, port), listener)
    return listener
  }

  async #annotate(service: Service, address: string): Promise<void> {
    const { name, namespace, annotations } = service.metadata
    if (annotations?.[LOCAL_ADDRESS] === address) return
    const ref = { apiVersion: 'v1', kind: 'Service', name, ...(namespace && { namespace }) }
    await this.#deps.client.patch(
      ref,
      'merge',
      { metadata: { annotations: { [LOCAL_ADDRESS]: address } } },
      { fieldManager: 'kube-proxy' },
    )
  }

  #forward(client: Socket, service: Service, port: ServicePort): void {
    this.#track(client)
    const key = keyOf(service, port)
    const turn = this.#turns.get(key) ?? 0
    this.#turns.set(key, turn + 1)
    const backends = this.#backends(service, port)
    const attempt = (tries: number): void => {
      const backend = backends[(turn + tries) % backends.length]
      // During a rollout a pod may be gone before its readiness is: the next one is asked.
      if (!backend || tries === backends.length) {
        client.destroy()
        return
      }
      const upstream = createConnection({ ...backend, allowHalfOpen: true })
      this.#track(upstream)
      const refused = (): void => attempt(tries + 1)
      upstream.once('error', refused)
      upstream.once('connect', () => {
        upstream.off('error', refused)
        upstream.on('error', () => client.destroy())
        client.on('close', () => upstream.destroy())
        upstream.on('close', () => client.destroy())
        client.pipe(upstream)
        upstream.pipe(client)
      })
    }
    attempt(0)
  }

  #backends(service: Service, port: ServicePort): { host: string; port: number }[] {
    const { namespace } = service.metadata
    return this.#deps.pods
      .list()
      .filter(
        (pod) => pod.metadata.namespace === namespace && matchesAll(service.spec.selector ?? {}, pod.metadata.labels),
      )
      .filter((pod) => !pod.metadata.deletionTimestamp && (isReady(pod) || service.spec.publishNotReadyAddresses))
      .flatMap((pod) => {
        const number = targetPort(port, pod)
        const address = number === undefined ? undefined : this.#deps.dial(pod, number)
        return address ? [address] : []
      })
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
  }
}

/** The port that it listens on now; undefined when it could not. */
function listen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const failed = (): void => resolve(undefined)
    server.once('error', failed)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : undefined)
    })
  })
}

const tcpPorts = ({ spec }: Service): ServicePort[] =>
  (spec.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP')

const keyOf = ({ metadata }: Service, { port, targetPort: target }: ServicePort): string =>
  `${metadata.uid}/${port}/${target ?? port}`
