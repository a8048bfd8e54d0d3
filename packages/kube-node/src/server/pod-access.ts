import type { Attempt } from '../kubelet/observe.ts'
import { allContainers, type PodAddress } from '../kubelet/observed-pod.ts'
import type { Container, Pod } from '../model/pod.ts'
import type { PodEngine } from '../runtime/pod-runtime.ts'

/** A pod that is here, as the kubelet's server needs it. */
export interface PodAccess {
  pod: Pod
  /** Its containers that run, and its sandbox. */
  running: { containers: Attempt[]; sandbox?: Attempt }
  containerId(name: string): string | undefined
  dial(port: number): PodAddress | undefined
}

/** What the kubelet's server serves. */
export interface PodDirectory {
  engine: PodEngine
  find(namespace: string, name: string): PodAccess | undefined
  list(): PodAccess[]
}

/** The container that a request names, or the pod's only or annotated default one. */
export function containerNamed(pod: Pod, name: string | undefined): Container | undefined {
  const wanted = name || pod.metadata.annotations?.['kubectl.kubernetes.io/default-container']
  return wanted ? allContainers(pod).find((container) => container.name === wanted) : pod.spec.containers[0]
}

/** Why there is nothing to talk to in a container. */
export function waitingMessage({ pod }: PodAccess, name: string | undefined): string {
  const status = pod.status?.containerStatuses?.find((container) => container.name === name)
  const reason = status?.state.waiting?.reason ?? 'ContainerCreating'
  return `container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${reason}`
}
