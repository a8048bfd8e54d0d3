import type { UserError } from '@slipway/errors'
import type { InformerSet, KubeClient } from '@slipway/kube-client'
import { SYSTEM_NAMESPACE } from '../access/access-objects.ts'
import type { Platform } from './platform.ts'
import type { RunningNode, StartNodeOptions } from './start-node.ts'

/** The cluster that everything else works on, embedded or a user's: nothing above knows which. */
export interface ClusterInUse {
  client: KubeClient
  informers: InformerSet
  /** Base URL of the API. */
  kube: string
  /** Resolves when another installation has taken the cluster over. */
  lost: Promise<UserError>
  /** Sees that pods run, as far as that is our affair. */
  startPods(platform: Platform, images: Pick<StartNodeOptions, 'ownRegistry' | 'admit'>): Promise<RunningNode>
}

/** Says who works on a cluster. */
export const CLUSTER_LEASE = { namespace: SYSTEM_NAMESPACE, name: 'slipway' }
