import type { Container, Pod } from '../types.ts'
import { isSidecar, lastingContainers } from './container-spec.ts'
import type { Attempt, Observed } from './observe.ts'

/** What to do with a pod's containers now. */
export interface Decision {
  start: { container: Container; attempt: number; networkOf?: string }[]
  /** Containers that hold a network which is gone. */
  replace: Attempt[]
  /** Why a container is not running, by name. */
  waiting: Map<string, { reason: string; message?: string }>
  /** Milliseconds until a container may be started again. */
  recheckAfter?: number
  /** The pod has ended. */
  finished?: 'Succeeded' | 'Failed'
}

export interface DecideInput {
  pod: Pod
  observed: ReadonlyMap<string, Observed>
  /** Names of sidecars whose start-up probe has passed (or that have none). */
  started: ReadonlySet<string>
  /** Milliseconds since 1970. */
  now: number
}

/** Restarts wait longer each time: none, 10 s, 20 s, … 300 s; ten minutes of running make up for it (kubelet, MaxContainerBackOff). */
const FIRST_BACKOFF = 10_000
const LAST_BACKOFF = 300_000
const STEADY = 600_000

/** Which containers to start: the first init container that has not succeeded, or all the others side by side. */
export function decide(input: DecideInput): Decision {
  const decision: Decision = { start: [], replace: [], waiting: new Map() }
  const failed = decideInit(input, decision)
  if (failed === 'failed') return { ...decision, finished: 'Failed' }
  if (failed === 'waiting') {
    for (const { name } of input.pod.spec.containers) decision.waiting.set(name, { reason: 'PodInitializing' })
    return decision
  }
  decideMain(input, decision)
  return decision
}

function decideInit(input: DecideInput, decision: Decision): 'done' | 'waiting' | 'failed' {
  const { pod, observed, started } = input
  const initContainers = pod.spec.initContainers ?? []
  // Once a main container has been there, initialization is over for good.
  const over = pod.spec.containers.some(({ name }) => observed.has(name))
  for (const [index, container] of initContainers.entries()) {
    const current = observed.get(container.name)?.current
    if (isSidecar(container)) {
      const running = current?.status === 'running'
      if (!running) startOrWait(input, container, decision)
      if (!over && !(running && started.has(container.name))) return holdBack(initContainers.slice(index + 1), decision)
      continue
    }
    if (over || (current?.status === 'exited' && current.exitCode === 0)) continue
    if (current?.status === 'exited' && pod.spec.restartPolicy === 'Never') return 'failed'
    if (current?.status !== 'running') startOrWait(input, container, decision)
    return holdBack(initContainers.slice(index + 1), decision)
  }
  return 'done'
}

function holdBack(later: Container[], decision: Decision): 'waiting' {
  for (const { name } of later) decision.waiting.set(name, { reason: 'PodInitializing' })
  return 'waiting'
}

function decideMain(input: DecideInput, decision: Decision): void {
  const { pod, observed } = input
  const policy = pod.spec.restartPolicy ?? 'Always'
  const owner = networkOwner(pod, observed)
  let ended = 0
  let failures = 0
  for (const container of pod.spec.containers) {
    const current = observed.get(container.name)?.current
    const orphaned = current?.networkOf !== undefined && current.networkOf !== owner
    if (current?.status === 'running') {
      if (orphaned && owner) decision.replace.push(current)
      continue
    }
    const exited = current?.status === 'exited'
    const restart = !exited || policy === 'Always' || (policy === 'OnFailure' && current.exitCode !== 0)
    if (restart) startOrWait(input, container, decision)
    else {
      ended++
      if (current.exitCode !== 0) failures++
    }
  }
  if (ended === pod.spec.containers.length) decision.finished = failures > 0 ? 'Failed' : 'Succeeded'
}

function startOrWait(input: DecideInput, container: Container, decision: Decision): void {
  const { pod, observed, now } = input
  const current = observed.get(container.name)?.current
  const wait = current?.status === 'exited' ? backOff(current, now) : 0
  if (wait > 0 && current) {
    const total = delayAfter(current.attempt) / 1000
    decision.waiting.set(container.name, {
      reason: 'CrashLoopBackOff',
      message: `back-off ${total >= 60 ? `${Math.floor(total / 60)}m${total % 60}s` : `${total}s`} restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
    })
    decision.recheckAfter = Math.min(decision.recheckAfter ?? wait, wait)
    return
  }
  const isLasting = lastingContainers(pod).some(({ name }) => name === container.name)
  const owner = isLasting && !pod.spec.hostNetwork ? lastingContainers(pod)[0] : undefined
  const attempt = current === undefined ? 0 : current.status === 'created' ? current.attempt : current.attempt + 1
  if (!owner || owner.name === container.name) {
    decision.start.push({ container, attempt })
    return
  }
  // The others join the network of the first, which must run for that.
  const networkOf = networkOwner(pod, observed)
  if (networkOf) decision.start.push({ container, attempt, networkOf })
  else decision.waiting.set(container.name, { reason: 'ContainerCreating' })
}

function networkOwner(pod: Pod, observed: ReadonlyMap<string, Observed>): string | undefined {
  const [first] = lastingContainers(pod)
  const current = first && observed.get(first.name)?.current
  return current?.status === 'running' ? current.id : undefined
}

function backOff(last: Attempt, now: number): number {
  const started = Date.parse(last.startedAt ?? '')
  const finished = Date.parse(last.finishedAt ?? '')
  if (Number.isNaN(finished) || finished - started > STEADY) return 0
  return Math.max(0, finished + delayAfter(last.attempt) - now)
}

function delayAfter(attempt: number): number {
  return attempt === 0 ? 0 : Math.min(FIRST_BACKOFF * 2 ** (attempt - 1), LAST_BACKOFF)
}
