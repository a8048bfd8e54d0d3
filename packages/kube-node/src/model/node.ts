import type { KubeObject } from '@slipway/kube-objects'

export interface Taint {
  key: string
  value?: string
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  timeAdded?: string
}

/** core/v1 Node, as far as pods are placed by it. */
export interface NodeObject extends KubeObject {
  spec?: { taints?: Taint[]; unschedulable?: boolean }
  status?: {
    allocatable?: Record<string, string>
    addresses?: { type: string; address: string }[]
    conditions?: { type: string; status: string }[]
  }
}
