import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Controller, Log } from '@slipway/controller-runtime'
import type { InformerSet, KubeClient } from '@slipway/kube-client'
import { FreshCache } from './controllers/ownership/fresh-cache.ts'
import { workloadControllers } from './controllers/workload-controllers.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import { registerNode, retireNode } from './kubelet/node-object.ts'
import { podFilter, removeContainers } from './kubelet/observe.ts'
import { PODS, SERVICES } from './model/kinds.ts'
import type { Pod } from './model/pod.ts'
import type { Service } from './model/service.ts'
import { ServiceProxy } from './network/service-proxy.ts'
import type { PodEngine, PodRuntime } from './runtime/pod-runtime.ts'
import { scheduler } from './scheduling/scheduler.ts'
import { KubeletServer } from './server/kubelet-server.ts'

export interface NodeDeps {
  client: KubeClient
  informers: InformerSet
  runtime: PodRuntime
  log?: Log
}

export interface NodeOptions {
  /** Name of the Node. @default 'slipway' */
  name?: string
  /** Where volumes live. */
  dataDir: string
  /** Marks this node's containers at the engine; must stay the same over restarts and differ between installations. */
  instance: string
  /** What callers of the kubelet's server must show. */
  kubeletToken: string
}

/** One machine as a Kubernetes node, with the controllers that make workloads into pods. */
export class Node {
  readonly #deps: NodeDeps
  readonly #name: string
  readonly #kubelet: Kubelet
  readonly #server: KubeletServer
  readonly #proxy: ServiceProxy
  readonly #controllers: Controller[]

  constructor(deps: NodeDeps, options: NodeOptions) {
    const { client, informers, runtime } = deps
    const log = deps.log ?? (() => {})
    this.#deps = deps
    this.#name = options.name ?? 'slipway'
    this.#kubelet = new Kubelet({
      client,
      informers,
      runtime,
      podsDir: join(options.dataDir, 'pods'),
      memoryDir: memoryDir(options),
      nodeName: this.#name,
      instance: options.instance,
      hostIP: HOST,
      log,
    })
    this.#server = new KubeletServer(
      { engine: runtime.engine, find: (namespace, name) => this.#kubelet.worker(namespace, name) },
      options.kubeletToken,
    )
    this.#proxy = new ServiceProxy({
      client,
      services: informers.for<Service>(SERVICES),
      pods: informers.for<Pod>(PODS),
      dial: ({ metadata }, port) => this.#kubelet.worker(metadata.namespace ?? 'default', metadata.name)?.dial(port),
      log,
    })
    const nodeName = this.#name
    const pods = new FreshCache<Pod>(informers.for(PODS))
    this.#controllers = [
      ...workloadControllers({ client, informers, pods, nodeName, log }),
      scheduler({ client, informers, nodeName, log }),
    ]
  }

  /** Resolves when the Node is registered and everything works on what there is. */
  async start(): Promise<void> {
    const { address, port } = await this.#server.start()
    await registerNode(this.#deps.client, {
      name: this.#name,
      address,
      port,
      runtimeVersion: this.#deps.runtime.version,
    })
    await this.#kubelet.start()
    await Promise.all([this.#proxy.start(), ...this.#controllers.map((controller) => controller.start())])
  }

  /** Containers live on; the next start adopts them. */
  async stop(): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => controller.stop()))
    await this.#proxy.stop()
    await this.#kubelet.stop()
    await this.#server.stop()
    await retireNode(this.#deps.client, this.#name).catch((error: unknown) => {
      // The API server may have stopped before its node.
      this.#deps.log?.('error', `node ${this.#name} is still shown as Ready: ${String(error)}`)
    })
  }
}

/** Ends and removes every container of an installation; for when it is taken away for good. */
export async function removeNodeContainers(
  engine: Pick<PodEngine, 'list' | 'remove'>,
  instance: string,
): Promise<void> {
  await removeContainers(engine, await engine.list(podFilter(instance)))
}

/** A folder on a file system in memory, where this machine has one. */
function memoryDir({ dataDir, instance }: NodeOptions): string {
  return existsSync(SHARED_MEMORY) ? join(SHARED_MEMORY, `slipway-${instance}`) : join(dataDir, 'memory')
}

const SHARED_MEMORY = '/dev/shm'
const HOST = '127.0.0.1'
