import type { Pod } from '../../model/pod.ts'
import type { ContainerStatus, PodCondition, PodStatus } from '../../model/pod-status.ts'
import { isSidecar } from '../decide.ts'
import type { ResizeState } from '../resize/resizer.ts'

interface Known {
  phase: PodStatus['phase']
  init: ContainerStatus[]
  main: ContainerStatus[]
  /** Whether a sandbox runs. */
  sandboxed: boolean
  resize: ResizeState
  /** RFC 3339. */
  now: string
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>

/** The conditions of a pod that are the kubelet's (pkg/kubelet/status/generate.go). */
export function conditionsOf(pod: Pod, known: Known): PodCondition[] {
  const before = pod.status?.conditions ?? []
  const containersReady = readiness(pod, known)
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: known.sandboxed ? 'True' : 'False' },
    Initialized: initialized(pod, known),
    Ready: containersReady.status === 'True' ? gates(pod) : containersReady,
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
    ...resizeVerdicts(known.resize),
  }
  return Object.entries(verdicts).map(([type, verdict]): PodCondition => {
    const last = before.find((condition) => condition.type === type)
    const lastTransitionTime = last?.status === verdict.status ? last.lastTransitionTime : known.now
    const { generation } = pod.metadata
    return {
      type,
      ...verdict,
      lastProbeTime: null,
      lastTransitionTime,
      ...(generation !== undefined && { observedGeneration: generation }),
    }
  })
}

/** Conditions that are there only while a change of resources is. */
export const PASSING_CONDITIONS = ['PodResizePending', 'PodResizeInProgress']

const OWN_CONDITIONS = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  ...PASSING_CONDITIONS,
])

/** Whether a condition is the kubelet's to say. */
export const isOwnCondition = (type: string): boolean => OWN_CONDITIONS.has(type)

function resizeVerdicts({ pending, inProgress }: ResizeState): Record<string, Verdict> {
  return {
    ...(pending && { PodResizePending: { status: 'True', ...pending } }),
    ...(inProgress && { PodResizeInProgress: { status: 'True', ...inProgress } }),
  }
}

function readiness(pod: Pod, { phase, init, main }: Known): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name))
  const unready = [...init.filter(({ name }) => sidecars.has(name)), ...main].filter(({ ready }) => !ready)
  if (unready.length === 0) return { status: 'True' }
  const message = `containers with unready status: ${namesOf(unready)}`
  return { status: 'False', reason: 'ContainersNotReady', message }
}

function gates({ spec, status }: Pod): Verdict {
  const unmet = (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = status?.conditions?.find(({ type }) => type === conditionType)
    if (!condition) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    if (condition.status === 'True') return []
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`]
  })
  if (unmet.length === 0) return { status: 'True' }
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: unmet.join(', ') }
}

function initialized(pod: Pod, { phase, init, main }: Known): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  const begun = main.some(({ state, lastState }) => state.running ?? state.terminated ?? lastState.terminated)
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name))
  const incomplete = init.filter(({ name, ready, started }) => (sidecars.has(name) ? !started : !ready))
  if (begun || incomplete.length === 0) return { status: 'True' }
  const message = `containers with incomplete status: ${namesOf(incomplete)}`
  return { status: 'False', reason: 'ContainersNotInitialized', message }
}

const namesOf = (list: ContainerStatus[]): string => `[${list.map(({ name }) => name).join(' ')}]`
