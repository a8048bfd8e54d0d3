import { createHash } from 'node:crypto'
import { arch } from 'node:process'
import type { ContainerEngine } from '@slipway/container-engine'
import { engineRuntime, Node, registryImages, removeNodeContainers, simulatedRuntime } from '@slipway/kube-node'
import type { Platform } from './platform.ts'

export interface RunningNode {
  /** What runs the containers, for people to read. */
  description: string
  /** Containers outlive the server, to be adopted by its next start; after this they end with it. */
  removeContainersOnStop(): void
}

export interface StartNodeOptions {
  nodes: 'engine' | 'simulated' | 'none'
  engine: Promise<ContainerEngine | undefined> | undefined
  kubeletToken: string
  /** May pull from our own registry; a pod's own pull secret goes before it. */
  pullToken: string
}

/** The node that runs the pods: real containers where there is an engine, otherwise simulated ones, which every view says. */
export async function startNode(platform: Platform, options: StartNodeOptions): Promise<RunningNode> {
  if (options.nodes === 'none') return { description: 'none: pods stay Pending', removeContainersOnStop: () => {} }
  const { folder, client, informers, aliases, httpUrl, lifecycle, log } = platform
  const engine = await options.engine
  // How OCI names this machine's processor.
  const architecture = arch === 'x64' ? 'amd64' : arch
  const images = registryImages({
    resolveHost: (host) => aliases.registries[host],
    architecture,
    // As on a managed cluster that is attached to its registry, where no pull secret is needed.
    nodeCredentials: (host) =>
      aliases.registries[host] === httpUrl ? { username: 'node', password: options.pullToken } : undefined,
  })
  const runtime = engine ? await engineRuntime(engine, images) : simulatedRuntime()
  const instance = instanceOf(folder.path)
  const node = new Node(
    { client, informers, runtime, log },
    { dataDir: folder.folder('node'), instance, kubeletToken: options.kubeletToken },
  )
  await node.start()
  let removesContainers = false
  lifecycle.add('kube-node', async () => {
    await node.stop()
    if (engine && removesContainers) await removeNodeContainers(engine, instance)
  })
  return {
    description: engine ? runtime.version : 'simulated: no container engine answers (install Docker or Podman)',
    removeContainersOnStop: () => {
      removesContainers = true
    },
  }
}

/** Marks this installation's containers at the engine: the same over restarts, another for another data folder. */
function instanceOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}
