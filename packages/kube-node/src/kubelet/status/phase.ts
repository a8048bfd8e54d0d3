import type { Pod } from '../../model/pod.ts'
import type { ContainerStatus, PodStatus } from '../../model/pod-status.ts'
import { isSidecar } from '../decide.ts'

interface Known {
  init: ContainerStatus[]
  main: ContainerStatus[]
  /** Nothing of it will run again, whatever its restart policy says. */
  over: boolean
}

/** Where a pod is in its life. It has not ended while a container still runs, be it a sidecar (kubelet, mergePodStatus). */
export function phaseOf(pod: Pod, known: Known): PodStatus['phase'] {
  const before = pod.status?.phase
  if (before !== undefined && isLast(before)) return before
  const phase = phaseByContainers(pod, known)
  const isRunning = [...known.init, ...known.main].some(({ state }) => state.running)
  return isLast(phase) && isRunning ? (before ?? 'Pending') : phase
}

const isLast = (phase: PodStatus['phase']): boolean => phase === 'Succeeded' || phase === 'Failed'

/** The kubelet's getPhase. */
function phaseByContainers(pod: Pod, { init, main, over }: Known): PodStatus['phase'] {
  const plain = init.filter(({ name }) => !isSidecarNamed(pod, name))
  if (pod.spec.restartPolicy === 'Never' && plain.some(hasFailed)) return 'Failed'
  const ran = main.filter(({ state, lastState }) => state.running ?? state.terminated ?? lastState.terminated)
  const isPending = ran.length < main.length || plain.some((status) => status.state.running || !wasRun(status))
  if (isPending && !over) return 'Pending'
  if (ran.length === 0) return 'Failed'
  if (main.some(({ state }) => state.running) || !(over || hasEnded(pod, main))) return 'Running'
  return main.every(({ state }) => state.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed'
}

function isSidecarNamed({ spec }: Pod, wanted: string): boolean {
  return (spec.initContainers ?? []).some((container) => container.name === wanted && isSidecar(container))
}

const wasRun = ({ state, lastState }: ContainerStatus): boolean =>
  (state.running ?? state.terminated ?? lastState.terminated) !== undefined

const hasFailed = ({ state }: ContainerStatus): boolean => (state.terminated?.exitCode ?? 0) !== 0

/** Whether every main container has ended for good. */
function hasEnded({ spec }: Pod, main: ContainerStatus[]): boolean {
  return main.every(({ state }) => {
    if (!state.terminated || (spec.restartPolicy ?? 'Always') === 'Always') return false
    return spec.restartPolicy === 'Never' || state.terminated.exitCode === 0
  })
}
