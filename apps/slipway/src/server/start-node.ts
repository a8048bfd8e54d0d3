import { createHash } from 'node:crypto'
import { arch } from 'node:process'
import type { ContainerEngine } from '@slipway/container-engine'
import {
  type AdmittedImage,
  engineRuntime,
  type KubeletIdentity,
  Node,
  type RegistryCredentials,
  registryImages,
  removeNodeContainers,
  simulatedRuntime,
} from '@slipway/kube-node'
import type { NodeKind } from './option-values.ts'
import type { Platform } from './platform.ts'

export interface RunningNode {
  /** What runs the containers, for people to read. */
  description: string
  /** Containers outlive the server, to be adopted by its next start; after this they end with it. */
  removeContainersOnStop(): void
  /** Ends and removes them now. */
  removeContainers(): Promise<void>
}

export interface StartNodeOptions {
  nodes: NodeKind
  engine: Promise<ContainerEngine | undefined> | undefined
  kubelet: KubeletIdentity
  /** Of Ingresses; 0 = the one they had, or any free one. */
  ingressPort: number
  /** The registry that nodes know without being told, like one that is attached to a managed cluster. @default none */
  ownRegistry?: {
    /** The base URL of a host that has an alias. */
    resolveHost(host: string): string | undefined
    /** Goes after a pod's own pull secret. */
    credentials(host: string): RegistryCredentials | undefined
  }
  /** Throws to refuse an image. @default every image may run */
  admit?(image: AdmittedImage): Promise<void>
}

const SIMULATED = {
  engine: 'simulated: no container engine answers (install Docker or Podman)',
  simulated: 'simulated',
}

type NodePlatform = Pick<Platform, 'folder' | 'client' | 'informers' | 'lifecycle' | 'log'>

/** The node that runs the pods: real containers where there is an engine, otherwise simulated ones, which every view says. */
export async function startNode(platform: NodePlatform, options: StartNodeOptions): Promise<RunningNode> {
  if (options.nodes === 'none') return withoutContainers('none: pods stay Pending')
  const { folder, client, informers, lifecycle, log } = platform
  const { kubelet, ingressPort } = options
  const engine = await options.engine
  const images = registryImages({
    resolveHost: (host) => options.ownRegistry?.resolveHost(host),
    // How OCI names this machine's processor.
    architecture: arch === 'x64' ? 'amd64' : arch,
    nodeCredentials: (host) => options.ownRegistry?.credentials(host),
    ...(options.admit && { admit: options.admit }),
  })
  const runtime = engine ? await engineRuntime(engine, images) : simulatedRuntime()
  const instance = instanceOf(folder.path)
  const node = new Node(
    { client, informers, runtime, log },
    { dataDir: folder.folder('node'), instance, kubelet, ingressPort },
  )
  await node.start()
  const removeContainers = async (): Promise<void> => {
    await removeNodeContainers(engine, instance)
  }
  let removesContainers = false
  lifecycle.add('kube-node', async () => {
    await node.stop()
    if (removesContainers) await removeContainers()
  })
  return {
    description: engine ? runtime.version : SIMULATED[options.nodes],
    removeContainersOnStop: () => {
      removesContainers = true
    },
    removeContainers,
  }
}

/** What has no containers of ours. */
export function withoutContainers(description: string): RunningNode {
  return { description, removeContainersOnStop: () => {}, removeContainers: async () => {} }
}

/** Marks this installation's containers at the engine: the same over restarts, another for another data folder. */
export function instanceOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}
