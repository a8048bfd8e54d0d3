import type { Pod } from '../../model/pod.ts'
import type { ContainerStatus, PodStatus } from '../../model/pod-status.ts'
import { isSidecar } from '../decide.ts'

/** Where a pod is in its life (kubelet, getPhase). `over` = nothing of it will run again, whatever its restart policy says. */
export function phaseOf(
  pod: Pod,
  { init, main, over }: { init: ContainerStatus[]; main: ContainerStatus[]; over: boolean },
): PodStatus['phase'] {
  const before = pod.status?.phase
  if (before === 'Succeeded' || before === 'Failed') return before
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
