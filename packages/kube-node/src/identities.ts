import type { Impersonation } from '@slipway/kube-client'

// Who the parts of a Kubernetes cluster are to its API server: webhooks and policies tell by it whether a person or a controller writes.

/** Each keeps the rights of the administrator, who they all are here. */
const MASTERS = 'system:masters'

/** One of kube-controller-manager's, which have a ServiceAccount each. */
export function controllerIdentity(account: string): Impersonation {
  return {
    user: `system:serviceaccount:kube-system:${account}`,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', MASTERS],
  }
}

export const SCHEDULER_IDENTITY: Impersonation = { user: 'system:kube-scheduler', groups: [MASTERS] }

export function kubeletIdentity(node: string): Impersonation {
  return { user: `system:node:${node}`, groups: ['system:nodes', MASTERS] }
}
