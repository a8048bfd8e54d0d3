import type { ContainerEngine } from '@slipway/container-engine'
import type { DataFolder } from '../data-folder.ts'
import { installNamespaces, MANAGER } from './bootstrap.ts'
import { CLUSTER_LEASE, type ClusterInUse } from './cluster-in-use.ts'
import { openClusterStore } from './cluster-store.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { NodeKind } from './option-values.ts'
import { startKubernetes } from './start-kubernetes.ts'
import { startNode } from './start-node.ts'

export interface EmbedOptions {
  host: string
  /** 0 = any free port. */
  port: number
  nodes: NodeKind
  /** 0 = the one they had, or any free one. */
  ingressPort: number
  engine: Promise<ContainerEngine | undefined> | undefined
}

/** The embedded API on the data folder, and the node that runs its pods. */
export async function embedCluster(
  folder: DataFolder,
  { host, port, nodes, engine, ingressPort }: EmbedOptions,
  lifecycle: Lifecycle,
): Promise<ClusterInUse> {
  const store = await openClusterStore(folder)
  lifecycle.add('store', () => store.close())
  const { client, informers, kube, kubelet } = await startKubernetes({ folder, store, host, port, lifecycle })
  await installNamespaces(client)
  const { name, namespace } = CLUSTER_LEASE
  await client.apply(
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace },
      // Without a renewal: this server is the cluster, and works on it for as long as there is one.
      spec: { holderIdentity: `the slipway that serves ${kube}` },
    },
    MANAGER,
  )
  return {
    client,
    informers,
    kube,
    lost: new Promise(() => {}),
    startPods: (platform, images) => startNode(platform, { nodes, engine, kubelet, ingressPort, ...images }),
  }
}
