import type { Pod } from '../../model/pod.ts'
import type { ContainerStatus } from '../../model/pod-status.ts'
import type { Attempt } from '../observe.ts'

/** What a pod's status says of this very attempt; undefined while it speaks of another one. */
export function statusOf({ status }: Pod, { id, name }: Attempt): ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {}
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    (one) => one.name === name && one.containerID?.endsWith(`://${id}`),
  )
}
