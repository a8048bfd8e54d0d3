import { parseQuantity } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

const COUNTED = ['cpu', 'memory'] as const

/** How a pod fares when memory is short, by what it or its containers ask for (ComputePodQOS of pkg/apis/core/helper/qos). */
export function qosClass({ containers, initContainers, resources }: Spec): string {
  const asked: Spec[] = resources
    ? [resources]
    : [...(containers ?? []), ...(initContainers ?? [])].map((container: Spec) => container.resources ?? {})
  const amount = (one: Spec, part: string, name: string): bigint => parseQuantity(one[part]?.[name] ?? '0')
  const total = (part: string, name: string): bigint => asked.reduce((sum, one) => sum + amount(one, part, name), 0n)
  if (COUNTED.every((name) => total('requests', name) === 0n && total('limits', name) === 0n)) return 'BestEffort'
  const guaranteed = COUNTED.every(
    (name) =>
      asked.every((one) => amount(one, 'limits', name) > 0n) && total('requests', name) === total('limits', name),
  )
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
