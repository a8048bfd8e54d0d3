import type { PodEngine } from '../runtime/pod-runtime.ts'
import type { Container, Pod } from '../types.ts'

/** A pod that runs here, as the kubelet's server needs it. */
export interface PodAccess {
  pod: Pod
  containerId(name: string, previous?: boolean): string | undefined
  dial(port: number): { host: string; port: number } | undefined
}

/** What the kubelet's server serves. */
export interface PodDirectory {
  engine: PodEngine
  find(namespace: string, name: string): PodAccess | undefined
}

/** The container that a request names, or the pod's only or annotated default one. */
export function containerNamed(pod: Pod, name: string | undefined): Container | undefined {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  const wanted = name || pod.metadata.annotations?.['kubectl.kubernetes.io/default-container']
  return wanted ? all.find((container) => container.name === wanted) : pod.spec.containers[0]
}
