import type { Lease, NodeCondition, NodeObject } from '../../model/node.ts'

/** Milliseconds; kube-controller-manager's `--node-monitor-grace-period`. */
const GRACE = 50_000
/** For a Node of which its kubelet has never said anything; kube-controller-manager's `--node-startup-grace-period`. */
const STARTUP_GRACE = 60_000

/**
 * When each Node was last heard of: its Lease was renewed, or its conditions had another heartbeat. By the clock of who listens, as the
 * machines' clocks differ.
 */
export class SignsOfLife {
  readonly #last = new Map<string, { sign: string; at: number }>()

  /** Milliseconds until a Node counts as silent; 0 or less = it does. */
  timeLeft(node: NodeObject, lease: Lease | undefined): number {
    const { name, uid, creationTimestamp } = node.metadata
    const ready = readyOf(node)
    const sign = [uid, ready?.lastHeartbeatTime, lease?.spec?.renewTime].join()
    const last = this.#last.get(name)
    const isSilentFromTheStart = !last && !ready && !lease && creationTimestamp !== undefined
    const at = last?.sign === sign ? last.at : isSilentFromTheStart ? Date.parse(creationTimestamp) : Date.now()
    this.#last.set(name, { sign, at })
    return at + (ready ? GRACE : STARTUP_GRACE) - Date.now()
  }

  forget(name: string): void {
    this.#last.delete(name)
  }
}

export function isReady(node: NodeObject | undefined): boolean {
  return node !== undefined && readyOf(node)?.status === 'True'
}

export function readyOf({ status }: NodeObject): NodeCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}
