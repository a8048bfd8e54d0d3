import type { ReconcileContext } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { controllerOf } from '../../labels.ts'
import { REPLICA_SETS } from '../../model/kinds.ts'
import type { Deployment, ReplicaSet } from '../../model/workloads.ts'
import { timestamp } from '../clock.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { updateStatus } from '../status.ts'
import { isOfTemplate } from './revisions.ts'
import { Conditions, deadlineOf } from './status.ts'

interface Deps {
  client: KubeClient
  replicaSets: FreshCache<ReplicaSet>
}

interface Owner {
  deployment: Deployment
  context: ReconcileContext<Deployment>
}

/** Creates the replica set of a template that has none yet (getNewReplicaSet). `isNew` = it was not there. */
export async function createReplicaSet(
  { client, replicaSets }: Deps,
  { deployment, context }: Owner,
  set: ReplicaSet,
): Promise<{ set: ReplicaSet; isNew: boolean }> {
  const { name, namespace } = set.metadata
  try {
    const created = replicaSets.wrote(await client.create(set))
    const { replicas = 1 } = set.spec
    if (replicas > 0) context.event('Normal', 'ScalingReplicaSet', scaledWords(name, 0, replicas))
    return { set: created, isNew: true }
  } catch (error) {
    if (isApiError(error, 'KUBE_NAMESPACE_TERMINATING')) throw error
    if (!isApiError(error, 'KUBE_ALREADY_EXISTS')) {
      await tellFailure({ deployment, context }, `Failed to create new replica set "${name}": ${messageOf(error)}`)
      throw error
    }
    // An answer that was lost, or a watch that is late.
    const existing = await client.get<ReplicaSet>({ ...REPLICA_SETS, name, ...(namespace && { namespace }) })
    const isOwn = existing && controllerOf(existing)?.uid === deployment.metadata.uid
    if (isOwn && isOfTemplate(deployment, existing)) return { set: replicaSets.wrote(existing), isNew: false }
    // Another template has the same hash: the count goes into the next hash.
    await context.patchStatus({ collisionCount: (deployment.status?.collisionCount ?? 0) + 1 })
    throw error
  }
}

async function tellFailure({ deployment, context }: Owner, message: string): Promise<void> {
  const reason = 'ReplicaSetCreateError'
  context.event('Warning', reason, message)
  if (deadlineOf(deployment) === undefined) return
  const conditions = new Conditions(deployment.status?.conditions, timestamp())
  conditions.set('Progressing', 'False', reason, message)
  await updateStatus(deployment, { conditions: conditions.list() }, context)
}

/** What is told of a replica set that gets another size. */
export const scaledWords = (name: string, from: number, to: number): string =>
  `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`
