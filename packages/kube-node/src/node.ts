import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Controller, Lease, type Log } from '@slipway/controller-runtime'
import type { InformerSet, KubeClient } from '@slipway/kube-client'
import { nodeControllers } from './controllers/node-lifecycle/node-controllers.ts'
import { FreshCache } from './controllers/ownership/fresh-cache.ts'
import { ensureStorageClass } from './controllers/persistent-volume/local-provisioner.ts'
import { persistentVolumeControllers } from './controllers/persistent-volume/persistent-volume-controllers.ts'
import { workloadControllers } from './controllers/workload-controllers.ts'
import { kubeletIdentity, SCHEDULER_IDENTITY } from './identities.ts'
import { advertisedResourcesController } from './kubelet/advertised-resources.ts'
import { ensureCsiNode } from './kubelet/csi-node.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import { machineResources, type Resources, SIMULATED_RESOURCES } from './kubelet/machine-resources.ts'
import { registerNode, retireNode } from './kubelet/node-object.ts'
import { NODE_LEASES, PODS } from './model/kinds.ts'
import type { NodeObject } from './model/node.ts'
import type { Pod } from './model/pod.ts'
import { Network, type NetworkAddresses } from './network/network.ts'
import { memoryDir } from './remains.ts'
import type { PodRuntime } from './runtime/pod-runtime.ts'
import { scheduler } from './scheduling/scheduler.ts'
import type { KubeletIdentity } from './server/kubelet-access.ts'
import { KubeletServer } from './server/kubelet-server.ts'
import type { PodDirectory } from './server/pod-access.ts'

export interface NodeDeps {
  client: KubeClient
  informers: InformerSet
  runtime: PodRuntime
  log?: Log
}

export interface NodeOptions {
  /** Name of the Node. @default 'slipway' */
  name?: string
  /** Where volumes live, and in `seccomp` the profiles of type Localhost. */
  dataDir: string
  /** Marks this node's containers at the engine; must stay the same over restarts and differ between installations. */
  instance: string
  kubelet: KubeletIdentity
  /** Port of Ingresses on 127.0.0.1. @default the one it had before, or a free one */
  ingressPort?: number
}

/** One machine as a Kubernetes node, with the controllers that make workloads into pods. */
export class Node {
  readonly #deps: NodeDeps & { log: Log }
  readonly #options: NodeOptions & { name: string }
  /** The kubelet's. */
  readonly #client: KubeClient
  readonly #network: Network
  readonly #controllers: Controller[]
  #kubelet: Kubelet | undefined
  #server: KubeletServer | undefined
  #lease: Lease | undefined

  constructor(deps: NodeDeps, options: NodeOptions) {
    const log = deps.log ?? (() => {})
    this.#deps = { ...deps, log }
    this.#options = { name: 'slipway', ...options }
    const { client, informers, runtime } = deps
    const nodeName = this.#options.name
    this.#client = client.as(kubeletIdentity(nodeName))
    const find = (namespace: string, name: string) => this.#kubelet?.worker(namespace, name)
    const dialPod = ({ namespace, name }: { namespace: string; name: string }, port: number) =>
      find(namespace, name)?.dial(port)
    const { ingressPort } = options
    this.#network = new Network({ client, informers, runtime, dialPod, log, ...(ingressPort && { ingressPort }) })
    const pods = new FreshCache<Pod>(informers.for(PODS))
    this.#controllers = [
      ...workloadControllers({ client, informers, pods, log }),
      ...nodeControllers({ client, informers, nodeName, log }),
      ...persistentVolumeControllers({
        ...{ client, informers, nodeName, log },
        volumesDir: join(options.dataDir, 'volumes'),
      }),
      scheduler({ client: client.as(SCHEDULER_IDENTITY), informers, log }),
      advertisedResourcesController({ client: this.#client, informers, nodeName, log }) as unknown as Controller,
    ]
  }

  /** Resolves when the Node is registered and everything works on what there is. */
  async start(): Promise<void> {
    const { client, runtime } = this.#deps
    const { name, dataDir } = this.#options
    const [addresses] = await Promise.all([this.#network.open(), ensureStorageClass(client, name)])
    mkdirSync(dataDir, { recursive: true })
    this.#server = this.#newServer(addresses)
    const { port } = await this.#server.start(addresses.node, [hostname()], (...port) => this.#network.claim(...port))
    const resources = runtime.simulated ? SIMULATED_RESOURCES : machineResources(dataDir)
    const clients = { client: this.#client, administrator: this.#deps.client }
    const node = await registerNode(clients, {
      name,
      address: addresses.node,
      port,
      runtimeVersion: runtime.version,
      resources,
    })
    this.#lease = await this.#takeLease(node)
    this.#kubelet = this.#newKubelet(addresses, resources)
    await this.#kubelet.start()
    await Promise.all([
      this.#network.start(addresses),
      ensureCsiNode(this.#client, node),
      ...this.#controllers.map((controller) => controller.start()),
    ])
  }

  /** Containers live on; the next start adopts them. */
  async stop(): Promise<void> {
    const { log } = this.#deps
    await Promise.all(this.#controllers.map((controller) => controller.stop()))
    await this.#kubelet?.stop()
    await this.#server?.stop()
    await this.#network.stop()
    const retired = Promise.all([this.#lease?.release(), retireNode(this.#client, this.#options.name)])
    await retired.catch((error: unknown) => {
      // The API server may have stopped before its node.
      log('error', `node ${this.#options.name} is still shown as Ready: ${String(error)}`)
    })
  }

  /** The node's sign of life, as every kubelet renews it. */
  #takeLease({ metadata: { name, uid = '' } }: NodeObject): Promise<Lease> {
    const onLost = ({ message }: Error): void => this.#deps.log('error', `node ${name}: ${message}`)
    const owners = [{ apiVersion: 'v1', kind: 'Node', name, uid }]
    const duration = LEASE_SECONDS
    return Lease.take(this.#client, {
      namespace: NODE_LEASES.namespace,
      name,
      holder: name,
      duration,
      owners,
      onLost,
    })
  }

  #newServer({ dns }: NetworkAddresses): KubeletServer {
    const { client, runtime, log } = this.#deps
    const { name, dataDir, kubelet: identity } = this.#options
    const pods: PodDirectory = {
      engine: runtime.engine,
      find: (namespace, pod) => this.#kubelet?.worker(namespace, pod),
      list: () => this.#kubelet?.workers() ?? [],
    }
    const views = {
      pods,
      node: name,
      dataDir,
      isLocal: runtime.addressesReachable && !runtime.simulated,
      clusterDns: dns,
    }
    return new KubeletServer({ client, node: name, identity, pods, views, log })
  }

  #newKubelet({ node, dns }: NetworkAddresses, resources: Resources): Kubelet {
    const { informers, runtime, log } = this.#deps
    const { name, dataDir, instance } = this.#options
    return new Kubelet({
      ...{ client: this.#client, informers, runtime, log, nodeName: name, instance, hostIP: node, resources },
      podsDir: join(dataDir, 'pods'),
      seccompDir: join(dataDir, 'seccomp'),
      memoryDir: memoryDir(instance) ?? join(dataDir, 'memory'),
      ...(dns && { clusterDns: dns }),
    })
  }
}

/** As long as the kubelet's lasts. */
const LEASE_SECONDS = 40
