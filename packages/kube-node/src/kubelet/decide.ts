import type { Container, Pod } from '../model/pod.ts'
import type { Attempt, Observed } from './observe.ts'
import { durationText, podText } from './pod-text.ts'

/** What to do with a pod's containers now. */
export interface Decision {
  /** Running containers that must end first, and why. */
  kill: { attempt: Attempt; why: string }[]
  /** The number of the sandbox to make before anything is started. */
  sandbox?: number
  start: { container: Container; attempt: number }[]
  /** Why a container is not running, by name. */
  waiting: Map<string, { reason: string; message?: string }>
  /** Milliseconds until a container may be started again. */
  recheckAfter?: number
  /** The pod has ended. */
  finished?: 'Succeeded' | 'Failed'
}

export interface DecideInput {
  pod: Pod
  /** The newest one, whether it runs or not. */
  sandbox?: Attempt
  observed: ReadonlyMap<string, Observed>
  /** Names of sidecars whose start-up probe has passed (or that have none). */
  started: ReadonlySet<string>
  /** Names of containers that must be replaced to get the resources that their spec has now. @default none */
  resized?: ReadonlySet<string>
  /** Milliseconds from the end of an attempt to the next one. */
  delayAfter(container: Container, last: Attempt): number
  /** Milliseconds since 1970. */
  now: number
}

/** The kubelet's order (computePodActions): a sandbox, init containers one by one, then all the others side by side. */
export function decide(input: DecideInput): Decision {
  const decision: Decision = { kill: [], start: [], waiting: new Map() }
  const finished = outcome(input)
  if (finished) return { ...decision, finished }
  if (input.sandbox?.status !== 'running') return newSandbox(input, decision)
  replaceOutdated(input, decision)
  if (decision.kill.length > 0) return decision
  for (const container of input.pod.spec.ephemeralContainers ?? []) {
    if (!input.observed.has(container.name)) decision.start.push({ container, attempt: 0 })
  }
  if (decideInit(input, decision)) decideMain(input, decision)
  else for (const { name } of input.pod.spec.containers) decision.waiting.set(name, { reason: 'PodInitializing' })
  return decision
}

/** How the pod has ended; undefined while something runs or may run again. */
function outcome(input: DecideInput): Decision['finished'] {
  const { pod, sandbox, observed } = input
  const currents = pod.spec.containers.map((container) => ({
    container,
    current: observed.get(container.name)?.current,
  }))
  const ended = currents.filter(({ container, current }) => current && isOver(input, container, current))
  if (ended.length === currents.length)
    return ended.some(({ current }) => current?.exitCode !== 0) ? 'Failed' : 'Succeeded'
  if (pod.spec.restartPolicy !== 'Never') return undefined
  const plain = (pod.spec.initContainers ?? []).filter((container) => !isSidecar(container))
  const isFailed = ({ name }: Container): boolean => {
    const current = observed.get(name)?.current
    return current?.status === 'exited' && current.exitCode !== 0
  }
  if (plain.some(isFailed) && !hasBegun(pod, sandbox, observed)) return 'Failed'
  // What lost its sandbox may not run a second time.
  return sandbox && sandbox.status !== 'running' && observed.size > 0 ? 'Failed' : undefined
}

function newSandbox({ pod, sandbox, observed }: DecideInput, decision: Decision): Decision {
  for (const { current } of observed.values()) {
    if (current.status === 'running')
      decision.kill.push({ attempt: current, why: `Stopping container ${current.name}` })
  }
  const reason = pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating'
  for (const { name } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    decision.waiting.set(name, { reason })
  }
  const attempt = sandbox === undefined ? 0 : sandbox.status === 'created' ? sandbox.attempt : sandbox.attempt + 1
  return { ...decision, sandbox: attempt }
}

/** Containers of an earlier sandbox, and those whose image or resources the spec no longer names. */
function replaceOutdated(input: DecideInput, decision: Decision): void {
  const { pod, sandbox, observed } = input
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const current = observed.get(container.name)?.current
    if (current?.status !== 'running') continue
    if (current.sandbox !== sandbox?.id)
      decision.kill.push({ attempt: current, why: `Stopping container ${current.name}` })
    else if (input.resized?.has(container.name))
      decision.kill.push({ attempt: current, why: `Container ${container.name} resize requires restart` })
    else if (isChanged(container, current, input))
      decision.kill.push({ attempt: current, why: `Container ${container.name} definition changed, will be restarted` })
  }
}

/** Whether all init containers are through. */
function decideInit(input: DecideInput, decision: Decision): boolean {
  const { pod, sandbox, observed, started } = input
  const begun = hasBegun(pod, sandbox, observed)
  const initContainers = pod.spec.initContainers ?? []
  for (const [index, container] of initContainers.entries()) {
    const attempt = observed.get(container.name)?.current
    const current = attempt?.sandbox === sandbox?.id ? attempt : undefined
    if (isSidecar(container)) {
      const running = current?.status === 'running'
      if (!running) startOrWait(input, container, decision)
      if (begun || (running && started.has(container.name))) continue
    } else {
      if (begun || (current?.status === 'exited' && current.exitCode === 0)) continue
      if (current?.status !== 'running') startOrWait(input, container, decision)
    }
    for (const { name } of initContainers.slice(index + 1)) decision.waiting.set(name, { reason: 'PodInitializing' })
    return false
  }
  return true
}

function decideMain(input: DecideInput, decision: Decision): void {
  for (const container of input.pod.spec.containers) {
    const current = input.observed.get(container.name)?.current
    if (current?.status !== 'running' && !(current && isOver(input, container, current)))
      startOrWait(input, container, decision)
  }
}

function startOrWait(input: DecideInput, container: Container, decision: Decision): void {
  const { pod, observed, now } = input
  const current = observed.get(container.name)?.current
  const isDue = current?.status !== 'exited' || isChanged(container, current, input)
  const delay = isDue ? 0 : input.delayAfter(container, current)
  const wait = Date.parse(current?.finishedAt ?? '') + delay - now
  if (wait > 0 && delay > 0) {
    const message = `back-off ${durationText(delay)} restarting failed container=${container.name} pod=${podText(pod)}`
    decision.waiting.set(container.name, { reason: 'CrashLoopBackOff', message })
    decision.recheckAfter = Math.min(decision.recheckAfter ?? wait, wait)
    return
  }
  const attempt = current === undefined ? 0 : current.status === 'created' ? current.attempt : current.attempt + 1
  decision.start.push({ container, attempt })
}

export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

/** Once a main container has been there in this sandbox, initialization is over for good. */
function hasBegun(pod: Pod, sandbox: Attempt | undefined, observed: DecideInput['observed']): boolean {
  return pod.spec.containers.some(({ name }) => {
    const current = observed.get(name)?.current
    return current !== undefined && current.sandbox === sandbox?.id
  })
}

/** Whether a main container has ended for good. */
function isOver(input: DecideInput, container: Container, current: Attempt): boolean {
  const { spec } = input.pod
  if (current.status !== 'exited' || isChanged(container, current, input)) return false
  return spec.restartPolicy === 'Never' || (spec.restartPolicy === 'OnFailure' && current.exitCode === 0)
}

/** Of a running pod's containers only image and resources may change. */
const isChanged = ({ name, image }: Container, current: Attempt, { resized }: DecideInput): boolean =>
  resized?.has(name) === true || (current.image !== undefined && current.image !== image)
