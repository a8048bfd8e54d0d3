import type { NodeObject, Taint } from '../../model/node.ts'
import { readyOf } from './signs-of-life.ts'

/** Which taint stands for a condition with this status (kube-controller-manager's node lifecycle controller). */
const TAINT_KEYS: Record<string, Partial<Record<string, string>>> = {
  Ready: { False: 'node.kubernetes.io/not-ready', Unknown: 'node.kubernetes.io/unreachable' },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'
const OWN_KEYS = new Set([UNSCHEDULABLE, ...Object.values(TAINT_KEYS).flatMap((keys) => Object.values(keys))])
const EVICTING_KEYS = new Set(Object.values(TAINT_KEYS.Ready ?? {}))

/**
 * The taints that a Node should have, those of others included; undefined when it has them. `isLost`: it is not Ready and others are, so
 * that its pods are to go elsewhere.
 */
export function taintsFor(node: NodeObject, { isLost, now }: { isLost: boolean; now: string }): Taint[] | undefined {
  const { taints = [] } = node.spec ?? {}
  const wanted = wantedTaints(node, isLost)
  const isWanted = (taint: Taint): boolean => wanted.some((one) => isSame(one, taint))
  const kept = taints.filter((taint) => !isOwn(taint, node) || isWanted(taint))
  const missing = wanted.filter((taint) => !kept.some((one) => isSame(one, taint)))
  if (missing.length === 0 && kept.length === taints.length) return undefined
  return [...kept, ...missing.map((taint) => ({ ...taint, timeAdded: now }))]
}

function wantedTaints({ spec = {}, status = {} }: NodeObject, isLost: boolean): Taint[] {
  const keys = (status.conditions ?? []).flatMap(({ type, status: state }) => TAINT_KEYS[type]?.[state] ?? [])
  const evicting = isLost ? keys.filter((key) => EVICTING_KEYS.has(key)) : []
  if (spec.unschedulable) keys.push(UNSCHEDULABLE)
  return [
    ...keys.map((key): Taint => ({ key, effect: 'NoSchedule' })),
    ...evicting.map((key): Taint => ({ key, effect: 'NoExecute' })),
  ]
}

/** What has never said whether it is ready keeps its taints of effect NoExecute (kube-controller-manager's processTaintBaseEviction). */
function isOwn({ key, effect }: Taint, node: NodeObject): boolean {
  if (effect === 'NoSchedule') return OWN_KEYS.has(key)
  return effect === 'NoExecute' && EVICTING_KEYS.has(key) && readyOf(node) !== undefined
}

const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect
