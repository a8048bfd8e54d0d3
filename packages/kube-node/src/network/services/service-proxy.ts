import { EventRecorder, type Log } from '@slipway/controller-runtime'
import { describeError, messageOf } from '@slipway/errors'
import type { Informer, KubeClient } from '@slipway/kube-client'
import type { ObjectKey } from '@slipway/kube-objects'
import type { Service, ServicePort } from '../../model/service.ts'
import { localPortsOf, tellLocalAddresses } from '../local-address.ts'
import type { ClusterPorts } from '../ports/cluster-ports.ts'
import { type Backend, backendsOf, servingBackends } from './backends.ts'
import { Balancer } from './balancer.ts'
import type { Address, Forwarder, Route, Target } from './forwarder.ts'
import type { SliceIndex } from './slice-index.ts'
import { clusterSockets, localPorts, type ServiceSocket } from './sockets.ts'
import { TcpForwarder } from './tcp-forwarder.ts'
import { UdpForwarder } from './udp-forwarder.ts'

interface Deps {
  client: KubeClient
  services: Informer<Service>
  slices: SliceIndex
  /** Where a backend can be connected to from here. */
  dial(backend: Backend): Address | undefined
  /** Of the cluster's addresses; absent = there is no cluster network. */
  ports?: ClusterPorts
  log: Log
}

interface Listener {
  forwarder: Forwarder
  port: number
  /** The address in the cluster for which it listens. */
  socket?: ServiceSocket
}

/** By these labels whoever set them says that kube-proxy is not to serve a Service (cmd/kube-proxy/app/server.go). */
const LEFT_TO_OTHERS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless']

const isLeftToOthers = ({ metadata }: Service): boolean =>
  LEFT_TO_OTHERS.some((label) => metadata.labels?.[label] !== undefined)

/** Gives every Service its addresses on this machine, which lead to its ready pods, one after the other. */
export class ServiceProxy {
  readonly #deps: Deps
  readonly #events: EventRecorder
  /** By Service and socket. */
  readonly #listeners = new Map<string, Map<string, Listener>>()
  /** Those that take nothing more, until what goes through them has ended. */
  readonly #closing = new Set<Forwarder>()
  #work: Promise<void> = Promise.resolve()
  #unsubscribe = (): void => {}

  constructor(deps: Deps) {
    this.#deps = deps
    this.#events = new EventRecorder(deps.client, { component: 'kube-proxy' }, (error) =>
      deps.log('error', `an event could not be written: ${messageOf(error)}`),
    )
  }

  /** Resolves when everything that is there has its addresses. */
  async start(): Promise<void> {
    const { services, slices } = this.#deps
    await Promise.all([services.start(), slices.start()])
    this.#unsubscribe = services.on(({ object }) => this.#look(object.metadata))
    slices.on((service) => this.#look(service))
    await this.#work
    await this.#deps.ports?.settled()
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    await this.#work
    const open = [...this.#listeners.values()].flatMap((listeners) => [...listeners.values()])
    for (const forwarder of [...open.map((listener) => listener.forwarder), ...this.#closing]) forwarder.destroy()
    this.#listeners.clear()
  }

  /** One after the other, so that a port that one Service leaves is free for the next. */
  #look({ namespace, name }: ObjectKey): void {
    const key = { name, ...(namespace && { namespace }) }
    this.#work = this.#work
      .then(() => this.#sync(key))
      .catch((error: unknown) => this.#deps.log('error', `service ${namespace}/${name}: ${messageOf(error)}`))
  }

  async #sync(key: ObjectKey): Promise<void> {
    const found = this.#deps.services.get(key)
    const service = found && !isLeftToOthers(found) ? found : undefined
    const id = `${key.namespace}/${key.name}`
    const listeners = this.#listeners.get(id) ?? new Map<string, Listener>()
    this.#listeners.set(id, listeners)
    const wanted = new Set<string>()
    const addresses = service ? await this.#openLocal(service, listeners, wanted) : []
    if (service) await this.#openCluster(service, listeners, wanted)
    for (const [socket, listener] of listeners) {
      if (wanted.has(socket)) {
        listener.forwarder.reroute()
        continue
      }
      this.#close(listener)
      listeners.delete(socket)
    }
    if (listeners.size === 0) this.#listeners.delete(id)
    if (found) await tellLocalAddresses(this.#deps.client, found, addresses)
  }

  /** Connections outlive the readiness of their pod and their Service, as in a kernel's table of connections. */
  #close({ forwarder, socket, port }: Listener): void {
    if (socket) this.#deps.ports?.release(socket, socket.protocol, port)
    this.#closing.add(forwarder)
    void forwarder.close().then(() => this.#closing.delete(forwarder))
  }

  /** On the port that it had before, or when that is taken on a free one. */
  async #openLocal(service: Service, listeners: Map<string, Listener>, wanted: Set<string>): Promise<string[]> {
    const before = localPortsOf(service)
    const addresses: string[] = []
    for (const [index, port] of localPorts(service).entries()) {
      const socket = `local ${port.nodePort ?? ''} ${port.port} ${port.name ?? ''}`
      wanted.add(socket)
      const known = listeners.get(socket)
      const preferred = port.nodePort ?? before[index] ?? 0
      const open = (number: number): Promise<Listener | undefined> =>
        this.#listen(service, port, { host: '127.0.0.1', port: number || 0 })
      const listener = known ?? (await open(preferred)) ?? (await open(0))
      if (!listener) continue
      listeners.set(socket, listener)
      addresses.push(`127.0.0.1:${listener.port}`)
    }
    return addresses
  }

  async #openCluster(service: Service, listeners: Map<string, Listener>, wanted: Set<string>): Promise<void> {
    const { ports, slices } = this.#deps
    if (!ports) return
    const isServed = (port: ServicePort): boolean => backendsOf(slices.of(service.metadata), port).length > 0
    for (const socket of clusterSockets(service, ports.node, isServed)) {
      const { key, protocol, servicePort } = socket
      wanted.add(key)
      if (listeners.has(key)) continue
      try {
        const listener = await ports.listen(socket, [protocol], (at) => this.#listen(service, servicePort, at))
        listeners.set(key, { ...listener, socket })
      } catch (error) {
        this.#tell(service, describeError(error))
      }
    }
  }

  #tell(service: Service, problem: string): void {
    this.#deps.log('error', `service ${service.metadata.namespace}/${service.metadata.name}: ${problem}`)
    this.#events.record(service, 'Warning', 'PortInUse', problem)
  }

  /** Undefined when somebody else has the port. */
  async #listen(service: Service, port: ServicePort, address: Address): Promise<Listener | undefined> {
    const route = this.#routeOf(service, port)
    const forwarder = port.protocol === 'UDP' ? new UdpForwarder(route) : new TcpForwarder(route)
    try {
      return { forwarder, port: await forwarder.listen(address) }
    } catch {
      forwarder.destroy()
      return undefined
    }
  }

  #routeOf({ metadata }: Service, port: ServicePort): Route {
    const { services, slices, dial } = this.#deps
    const balancer = new Balancer()
    return {
      targets(client) {
        const service = services.get(metadata)
        if (!service) return []
        const backends = balancer.order(service, backendsOf(slices.of(metadata), port), client)
        return backends.flatMap((backend): Target[] => {
          const address = dial(backend)
          return address ? [{ address, taken: () => balancer.connected(service, client, backend) }] : []
        })
      },
      mayStayAt: ({ host, port: number }) =>
        servingBackends(slices.of(metadata), port).some((backend) => {
          const address = dial(backend)
          return address?.host === host && address.port === number
        }),
    }
  }
}
