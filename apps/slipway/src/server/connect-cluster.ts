import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { Lease } from '@slipway/controller-runtime'
import { SlipwayError, UserError } from '@slipway/errors'
import { InformerSet, KubeClient, parseKubeconfig } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { lockFolder } from '@slipway/storage'
import type { DataFolder } from '../data-folder.ts'
import { installNamespaces, MANAGER } from './bootstrap.ts'
import { CLUSTER_LEASE, type ClusterInUse } from './cluster-in-use.ts'
import type { Lifecycle } from './lifecycle.ts'
import { logError } from './log.ts'
import { withoutContainers } from './start-node.ts'

/** A cluster that somebody else runs. */
export interface ContextOptions {
  /** Name of the kubeconfig's context, for people to read. */
  name: string
  /** That context alone, with its certificates in it. */
  kubeconfig: string
}

/**
 * Works on a user's cluster in place of the embedded one: alone, which a Lease sees to. Throws UserError LEASE_HELD while another
 * installation works there, KIND_TAKEN when a kind of ours is somebody else's, and what a cluster that does not answer throws.
 */
export async function connectCluster(
  folder: DataFolder,
  { name, kubeconfig }: ContextOptions,
  { kinds, lifecycle }: { kinds: KubeObject[]; lifecycle: Lifecycle },
): Promise<ClusterInUse> {
  lifecycle.add('data folder', await lockFolder(folder.path))
  const connection = parseKubeconfig(kubeconfig, undefined, process.env)
  const client = new KubeClient(connection)
  const informers = new InformerSet(client, logError('informer'))
  lifecycle.add('kube-client', async () => {
    await informers.stop()
    await client.close()
  })
  await checkAnswers(client, name)
  await refuseForeignKinds(client, kinds)
  await installNamespaces(client)
  let lose: (error: UserError) => void = () => {}
  const lost = new Promise<UserError>((resolve) => {
    lose = resolve
  })
  const lease = await Lease.take(client, { ...CLUSTER_LEASE, holder: holderOf(folder), onLost: lose })
  lifecycle.add('lease', () => lease.release())
  folder.write('kubeconfig', kubeconfig)
  return {
    client,
    informers,
    kube: connection.server,
    lost,
    startPods: async () => withoutContainers(`those of cluster ${name}`),
  }
}

/** The same over restarts, another for another data folder or machine. */
function holderOf({ path }: DataFolder): string {
  return `slipway-${hostname()}-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`
}

async function checkAnswers(client: KubeClient, context: string): Promise<void> {
  try {
    await client.getText('/version')
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error
    throw new UserError('KUBE_UNREACHABLE', `cluster of context "${context}": ${error.message}`, {
      hint: `see that this works: kubectl --context ${context} version`,
      cause: error,
    })
  }
}

/** Two controllers of one kind undo what the other does: real Flux and ours, for one. */
async function refuseForeignKinds(client: KubeClient, kinds: KubeObject[]): Promise<void> {
  for (const { apiVersion, kind, metadata } of kinds) {
    const found = await client.get<KubeObject>({ apiVersion, kind, name: metadata.name })
    const managers = (found?.metadata.managedFields ?? []) as { manager?: string }[]
    if (!found || managers.some(({ manager }) => manager === MANAGER.fieldManager)) continue
    throw new UserError('KIND_TAKEN', `the cluster has ${metadata.name} of another installation already`, {
      hint: `uninstall that, or remove the definition: kubectl delete crd ${metadata.name}`,
    })
  }
}
