import type { NodeObject, Taint } from '../../model/node.ts'

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

/** The taints that a Node should have, those of others included; undefined when it has them. */
export function taintsFor({ spec = {}, status = {} }: NodeObject, timeAdded: string): Taint[] | undefined {
  const { taints = [], unschedulable } = spec
  const wanted = (status.conditions ?? []).flatMap(({ type, status: state }) => TAINT_KEYS[type]?.[state] ?? [])
  if (unschedulable) wanted.push(UNSCHEDULABLE)
  const isOwn = ({ key, effect }: Taint): boolean => effect === 'NoSchedule' && OWN_KEYS.has(key)
  const kept = taints.filter((taint) => !isOwn(taint) || wanted.includes(taint.key))
  const missing = wanted.filter((key) => !kept.some((taint) => isOwn(taint) && taint.key === key))
  if (missing.length === 0 && kept.length === taints.length) return undefined
  return [...kept, ...missing.map((key): Taint => ({ key, effect: 'NoSchedule', timeAdded }))]
}
