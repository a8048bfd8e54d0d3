import type { KubeObject } from '@slipway/kube-objects'

export interface Taint {
  key: string
  value?: string
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  timeAdded?: string
}

export interface NodeCondition {
  type: string
  status: string
  reason?: string
  message?: string
  /** When its kubelet last said so, RFC 3339. */
  lastHeartbeatTime?: string
  lastTransitionTime?: string
}

/** coordination.k8s.io/v1 Lease of a Node: the kubelet's sign of life. */
export interface Lease extends KubeObject {
  spec?: { renewTime?: string }
}

/** core/v1 Node, as far as pods are placed by it. */
export interface NodeObject extends KubeObject {
  spec?: { taints?: Taint[]; unschedulable?: boolean }
  status?: {
    capacity?: Record<string, string>
    allocatable?: Record<string, string>
    addresses?: { type: string; address: string }[]
    conditions?: NodeCondition[]
    images?: { names?: string[]; sizeBytes?: number }[]
  }
}
