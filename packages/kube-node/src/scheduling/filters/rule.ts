import type { NodeInfo } from '../cluster/node-info.ts'
import type { PodInfo } from '../cluster/pod-info.ts'

/** Why a pod can't be on a Node. */
export interface Misfit {
  reasons: string[]
  /** Whether it might be there if other pods went. */
  isOthers: boolean
}

/** One filter, made ready for one pod. */
export interface Rule {
  check(node: NodeInfo): Misfit | undefined
  /** Takes into account that a pod had come to a Node, or gone; for filters that look beyond the Node. */
  move?(pod: PodInfo, node: NodeInfo, by: 1 | -1): void
  /** One that `move` changes without changing this one. */
  copy?(): Rule
}

export const never = (reason: string): Misfit => ({ reasons: [reason], isOthers: false })

export const others = (reason: string): Misfit => ({ reasons: [reason], isOthers: true })
