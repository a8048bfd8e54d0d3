import { createHash } from 'node:crypto'
import type { ContainerEngine } from '@slipway/container-engine'
import { engineRuntime, Node, simulatedRuntime } from '@slipway/kube-node'
import { imageRegistry } from './images.ts'
import type { Platform } from './platform.ts'

export interface RunningNode {
  /** What runs the containers, for people to read. */
  description: string
  /** Ends every container of this installation. */
  removeContainers(): Promise<void>
}

/** The node that runs the pods: real containers where there is an engine, otherwise simulated ones, which every view says. */
export async function startNode(
  { folder, client, informers, aliases, lifecycle, log }: Platform,
  options: {
    nodes: 'engine' | 'simulated' | 'none'
    engine: Promise<ContainerEngine | undefined> | undefined
    kubeletToken: string
  },
): Promise<RunningNode> {
  if (options.nodes === 'none') return { description: 'none: pods stay Pending', removeContainers: async () => {} }
  const engine = await options.engine
  const runtime = engine ? await engineRuntime(engine, imageRegistry(aliases.registries)) : simulatedRuntime()
  const node = new Node(
    { client, informers, runtime, log },
    { dataDir: folder.folder('node'), instance: instanceOf(folder.path), kubeletToken: options.kubeletToken },
  )
  await node.start()
  lifecycle.add('kube-node', () => node.stop())
  return {
    description: engine ? runtime.version : 'simulated: no container engine answers (install Docker or Podman)',
    removeContainers: async () => {},
  }
}

/** Marks this installation's containers at the engine: the same over restarts, another for another data folder. */
function instanceOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}
