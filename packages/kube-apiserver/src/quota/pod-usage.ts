import { type KubeObject, parseQuantity } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

/** Amounts by resource name, in nano units. */
export type Usage = Map<string, bigint>

/** What a pod asks for in all: its containers together, or its largest init container, and its overhead. */
export function podUsage({ spec = {} }: Readonly<KubeObject>): { requests: Usage; limits: Usage } {
  return { requests: total(spec, 'requests'), limits: total(spec, 'limits') }
}

function total(spec: Spec, part: 'requests' | 'limits'): Usage {
  const running: Usage = new Map()
  const needed: Usage = new Map()
  for (const { resources } of spec.containers ?? []) addTo(running, resources?.[part])
  const sidecars: Usage = new Map()
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    const own: Usage = new Map(sidecars)
    addTo(own, resources?.[part])
    if (restartPolicy === 'Always') addTo(sidecars, resources?.[part])
    for (const [name, amount] of own) if (amount > (needed.get(name) ?? 0n)) needed.set(name, amount)
  }
  for (const [name, amount] of sidecars) running.set(name, (running.get(name) ?? 0n) + amount)
  for (const [name, amount] of needed) if (amount > (running.get(name) ?? 0n)) running.set(name, amount)
  if (part === 'requests' || running.size > 0) addTo(running, spec.overhead)
  return running
}

function addTo(usage: Usage, amounts: Record<string, string> | undefined): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    usage.set(name, (usage.get(name) ?? 0n) + parseQuantity(amount))
  }
}
