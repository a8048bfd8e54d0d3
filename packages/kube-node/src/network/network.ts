import { Controller, type Log } from '@slipway/controller-runtime'
import { describeError, UserError } from '@slipway/errors'
import type { InformerSet, KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { ENDPOINT_SLICES, NAMESPACES, SERVICES } from '../model/kinds.ts'
import type { Service } from '../model/service.ts'
import type { PodRuntime } from '../runtime/pod-runtime.ts'
import { ClusterRoute, clusterAddresses } from './cluster-network.ts'
import { clusterView } from './dns/cluster-view.ts'
import { DnsServer } from './dns/dns-server.ts'
import { ensureDnsService } from './dns/dns-service.ts'
import type { ZoneView } from './dns/zone.ts'
import { IngressController } from './ingress/ingress-controller.ts'
import { loadBalancerReconciler } from './load-balancer.ts'
import { ClusterPorts } from './ports/cluster-ports.ts'
import type { Backend } from './services/backends.ts'
import type { Address } from './services/forwarder.ts'
import { ServiceProxy } from './services/service-proxy.ts'
import { SliceIndex } from './services/slice-index.ts'

export interface NetworkDeps {
  client: KubeClient
  informers: InformerSet
  runtime: PodRuntime
  /** Where a port of a pod can be connected to from here. */
  dialPod(pod: { namespace: string; name: string }, port: number): Address | undefined
  /** Port of Ingresses on this machine. @default the one it had before, or a free one */
  ingressPort?: number
  log: Log
}

/** What the node's parts have of the cluster's network. */
export interface NetworkAddresses {
  /** The node's own; where there is no cluster network, this machine's loopback address. */
  node: string
  /** The cluster's DNS server. */
  dns?: string
}

const LOOPBACK = '127.0.0.1'

/** Services, DNS and Ingresses of the node. See docs/adr/0012-node-networking.md. */
export class Network {
  readonly #deps: NetworkDeps
  readonly #slices: SliceIndex
  #route: ClusterRoute | undefined
  #ports: ClusterPorts | undefined
  #dns: DnsServer | undefined
  #proxy: ServiceProxy | undefined
  #ingress: IngressController | undefined
  #loadBalancers: Controller<Service> | undefined

  constructor(deps: NetworkDeps) {
    this.#deps = deps
    this.#slices = new SliceIndex(deps.informers.for(ENDPOINT_SLICES))
  }

  /** Makes the cluster's addresses this machine's, where that can be; to be done before pods are started. */
  async open(): Promise<NetworkAddresses> {
    if (this.#deps.runtime.simulated) return { node: LOOPBACK }
    const cidr = await this.#serviceRange()
    const why = await this.#openRoute(cidr)
    if (why !== undefined || !cidr) {
      this.#deps.log('info', `cluster IPs and DNS are not served: ${why}`)
      return { node: LOOPBACK }
    }
    const { dns: preferred, node } = clusterAddresses(cidr)
    this.#ports = new ClusterPorts(cidr, node, this.#deps.log)
    await this.#ports.open()
    const dns = await this.#openDns(preferred, this.#ports)
    return { node, ...(dns && { dns }) }
  }

  /** Has `listen` take a port of the node's address, or one that leads there. Undefined when another program has it. */
  async claim<T extends { port: number }>(
    address: Address,
    listen: (at: Address) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (!this.#ports) return listen(address)
    const claimed = await this.#ports.listen(address, ['TCP'], listen).catch((error: unknown) => {
      if (error instanceof UserError && error.code === 'PORT_IN_USE') return undefined
      throw error
    })
    await this.#ports.settled()
    return claimed
  }

  /** Gives Services their addresses. */
  async start({ dns }: NetworkAddresses): Promise<void> {
    const { client, informers, ingressPort, log } = this.#deps
    const shared = {
      ...{ client, slices: this.#slices, log },
      dial: (backend: Backend) => this.#dial(backend),
      ...(dns && this.#ports && { ports: this.#ports }),
    }
    this.#proxy = new ServiceProxy({ ...shared, services: informers.for<Service>(SERVICES) })
    this.#ingress = new IngressController({ ...shared, informers, ...(ingressPort && { port: ingressPort }) })
    this.#loadBalancers = new Controller<Service>({
      ...{ name: 'service-controller', client, informers, query: SERVICES, status: 'own', always: true, log },
      reconciler: loadBalancerReconciler({ clusterIPs: dns !== undefined }),
    })
    await this.#proxy.start()
    await Promise.all([this.#ingress.start(), this.#loadBalancers.start()])
  }

  async stop(): Promise<void> {
    await Promise.all([this.#loadBalancers?.stop(), this.#ingress?.stop(), this.#proxy?.stop()])
    this.#slices.stop()
    this.#dns?.close()
    await this.#ports?.close()
    await this.#route?.close()
  }

  async #serviceRange(): Promise<string | undefined> {
    const ref = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', name: 'kubernetes' }
    const range = await this.#deps.client.get<KubeObject>(ref)
    return (range?.spec?.cidrs as string[] | undefined)?.find((cidr) => !cidr.includes(':'))
  }

  async #openRoute(cidr: string | undefined): Promise<string | undefined> {
    if (!this.#deps.runtime.addressesReachable) return "the container engine's network is not this machine's"
    if (!cidr) return 'the cluster names no IPv4 range for Services'
    const route = new ClusterRoute(cidr)
    const why = await route.open()
    if (why === undefined) this.#route = route
    return why
  }

  async #openDns(preferred: string, ports: ClusterPorts): Promise<string | undefined> {
    const { client, informers, log } = this.#deps
    await Promise.all([informers.for(SERVICES).start(), informers.for(NAMESPACES).start(), this.#slices.start()])
    const address = await ensureDnsService(client, preferred)
    const view = clusterView(informers, this.#slices)
    try {
      const { dns } = await ports.listen({ host: address, port: 53 }, ['UDP', 'TCP'], (at) => dnsServerAt(at, view))
      await ports.settled()
      this.#dns = dns
      return address
    } catch (error) {
      log('error', `cluster DNS at ${address}: ${describeError(error)}`)
      return undefined
    }
  }

  #dial({ address, port, pod }: Backend): Address | undefined {
    if (pod && !this.#deps.runtime.addressesReachable) return this.#deps.dialPod(pod, port)
    return { host: address, port }
  }
}

/** Undefined when somebody has the port. */
async function dnsServerAt(
  { host, port }: Address,
  view: ZoneView,
): Promise<{ dns: DnsServer; port: number } | undefined> {
  const dns = new DnsServer(view)
  try {
    return { dns, port: await dns.listen(host, port) }
  } catch (error) {
    dns.close()
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}
