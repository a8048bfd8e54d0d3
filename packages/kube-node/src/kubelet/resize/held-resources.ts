import { parseQuantity } from '@slipway/kube-objects'
import type { Container, Pod, ResourceRequirements } from '../../model/pod.ts'
import { LABELS } from '../../runtime/pod-runtime.ts'
import { isSidecar } from '../decide.ts'
import type { Attempt } from '../observe.ts'
import { statusOf } from '../status/status-of.ts'

/** The resources that can be changed while a pod runs (KEP-1287). */
const RESIZABLE = ['cpu', 'memory'] as const

/** The containers of a pod whose resources may be changed. */
export function resizable({ spec }: Pod): Container[] {
  return [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers]
}

/** What a container has, which may differ from what its spec says now: as was last said of it, or as it was made. */
export function heldResources(pod: Pod, container: Container, current: Attempt | undefined): ResourceRequirements {
  const said = current && statusOf(pod, current)?.resources
  const made = current?.labels[LABELS.resources]
  return (
    said ?? (made === undefined ? undefined : (JSON.parse(made) as ResourceRequirements)) ?? container.resources ?? {}
  )
}

/** Which resources differ in their amount, however it is written. */
export function differences(one: ResourceRequirements = {}, other: ResourceRequirements = {}): string[] {
  return RESIZABLE.filter((resource) =>
    (['requests', 'limits'] as const).some(
      (kind) => parseQuantity(one[kind]?.[resource] ?? '0') !== parseQuantity(other[kind]?.[resource] ?? '0'),
    ),
  )
}
