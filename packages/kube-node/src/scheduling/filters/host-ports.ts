import type { ContainerPort, Pod } from '../model/pod.ts'

/** Whether a pod wants a port of the machine that one of these has. */
export function portsConflict(pod: Pod, others: Pod[]): boolean {
  const taken = others.flatMap(hostPorts)
  return hostPorts(pod).some((port) => taken.some((other) => isSame(port, other)))
}

function hostPorts({ spec }: Pod): ContainerPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...sidecars, ...spec.containers].flatMap(({ ports = [] }) => ports.filter(({ hostPort }) => hostPort))
}

function isSame(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false
  const [first, second] = [a, b].map(({ hostIP }) => hostIP || EVERY)
  return first === second || first === EVERY || second === EVERY
}

const EVERY = '0.0.0.0'
