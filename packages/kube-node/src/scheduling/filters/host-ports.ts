import type { ContainerPort, Pod } from '../../model/pod.ts'
import type { PodInfo } from '../cluster/pod-info.ts'
import { others, type Rule } from './rule.ts'

/** That the machine's ports which the pod wants are free (NodePorts). */
export function portsRule({ ports }: PodInfo): Rule | undefined {
  if (ports.length === 0) return undefined
  return {
    check({ pods }) {
      for (const other of pods.values()) {
        if (collide(ports, other.ports)) return others("node(s) didn't have free ports for the requested pod ports")
      }
      return undefined
    },
  }
}

/** Whether a pod wants a port of the machine that one of these has. */
export function portsConflict(pod: Pod, others: Pod[]): boolean {
  return collide(hostPorts(pod), others.flatMap(hostPorts))
}

export function hostPorts({ spec }: Pod): ContainerPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...sidecars, ...spec.containers].flatMap(({ ports = [] }) => ports.filter(({ hostPort }) => hostPort))
}

const collide = (wanted: ContainerPort[], taken: ContainerPort[]): boolean =>
  wanted.some((port) => taken.some((other) => isSame(port, other)))

function isSame(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false
  const [first, second] = [a, b].map(({ hostIP }) => hostIP || EVERY)
  return first === second || first === EVERY || second === EVERY
}

const EVERY = '0.0.0.0'
