import { timestamp } from '../controllers/clock.ts'
import { hasEnded, type Pod } from '../model/pod.ts'
import type { PodStatus } from '../model/pod-status.ts'
import { SANDBOX } from '../runtime/pod-runtime.ts'
import type { Rejection } from './admission.ts'
import { ContainerKiller } from './containers/container-killer.ts'
import { PodStarter } from './containers/pod-starter.ts'
import { RestartBackOff } from './containers/restart-back-off.ts'
import { StartBackOff } from './containers/start-back-off.ts'
import { type Decision, decide } from './decide.ts'
import type { LabelledContainer } from './observe.ts'
import { ObservedPod } from './observed-pod.ts'
import { ProberManager } from './probes/prober-manager.ts'
import { Resizer } from './resize/resizer.ts'
import { podStatus } from './status/pod-status.ts'
import { StatusWriter } from './status/status-writer.ts'
import { VolumeManager } from './volumes/volume-manager.ts'
import type { WorkerDeps } from './worker-deps.ts'

interface Ending {
  /** Seconds. */
  grace: number
  failure?: Rejection
}

/** What the passes over a pod take from whoever runs them. */
export interface PassControl {
  /** The pod is to go: nothing more is started. */
  abort: AbortSignal
  /** The node stops: what takes its time is left to itself. */
  leaving: AbortSignal
  /** Why it does not run here, if it does not. */
  rejection: Rejection | undefined
  /** Looks again. */
  wake(): void
  error(error: unknown): void
}

/** One look after the other at a pod: what the engine has of it, what is missing, what is said of it. */
export class PodPasses {
  readonly observed: ObservedPod
  readonly volumes: VolumeManager
  readonly resizer: Resizer
  readonly killer: ContainerKiller
  readonly #deps: WorkerDeps
  readonly #control: PassControl
  readonly #starter: PodStarter
  readonly #backOff: StartBackOff
  readonly #restarts = new RestartBackOff()
  readonly #probers: ProberManager
  readonly #status: StatusWriter
  /** Why containers did not run when their status was last said. */
  #waiting: Decision['waiting'] = new Map()
  /** Its containers are being ended, which no other pass comes between. */
  #isEnding = false
  #terminated = false

  /** `found` are the containers that the engine has of the pod. */
  constructor(pod: Pod, found: LabelledContainer[], deps: WorkerDeps, control: PassControl) {
    this.#deps = deps
    this.#control = control
    this.observed = new ObservedPod(pod, found, deps)
    this.volumes = new VolumeManager(this.observed, deps)
    this.#backOff = new StartBackOff(this.observed, deps)
    this.killer = new ContainerKiller(this.observed, deps, control.leaving)
    this.#starter = new PodStarter(this.observed, deps, {
      volumes: this.volumes,
      backOff: this.#backOff,
      killer: this.killer,
      signal: control.abort,
    })
    this.#probers = new ProberManager(this.observed, deps, this.killer, {
      changed: () => (this.#isEnding ? this.#writeStatus(this.#waiting, {}) : control.wake()),
      error: (error) => control.error(error),
    })
    this.resizer = new Resizer(this.observed, deps, () => this.#writeStatus(this.#waiting, {}))
    this.#status = new StatusWriter(deps.client, (error) => control.error(error))
  }

  /** Whether nothing is left of it. */
  get isTerminated(): boolean {
    return this.#terminated
  }

  /** Resolves to the milliseconds after which to look again without an event. */
  run(): Promise<number | undefined> {
    return this.observed.pod.metadata.deletionTimestamp ? this.#terminate() : this.#sync()
  }

  stopProbing(): void {
    this.#probers.stop()
  }

  /** Resolves when everything that was said is written. */
  flush(): Promise<void> {
    return this.#status.flush()
  }

  /** Ends and takes away what is left of a pod that the API no longer has. */
  async remove(): Promise<void> {
    if (this.#terminated) return
    await this.observed.observe()
    await this.#endAll(0)
    await this.#removeAll()
  }

  async #sync(): Promise<number | undefined> {
    const { abort, rejection } = this.#control
    if (rejection) return this.#reject(rejection)
    for (;;) {
      await this.observed.observe()
      if (abort.aborted) return undefined
      this.#probers.sync()
      const { pod } = this.observed
      if (hasEnded(pod)) return this.#finish({ grace: graceOf(pod) })
      const deadline = untilDeadline(pod, Date.now())
      if (deadline === 0) return this.#finish({ grace: graceOf(pod), failure: DEADLINE_EXCEEDED })
      const { resized, recheck: resizeAgain } = await this.resizer.sync()
      if (abort.aborted) return undefined
      const decision = this.#decide(resized)
      if (decision.finished) return this.#finish({ grace: graceOf(pod) })
      const step = await this.#carryOut(decision)
      if (step.isDone) return earliest([decision.recheckAfter, step.recheck, step.refresh, deadline, resizeAgain])
      if (abort.aborted) return undefined
    }
  }

  #decide(resized: ReadonlySet<string>): Decision {
    const { containers, sandbox } = this.observed
    return decide({
      pod: this.resizer.granted,
      observed: containers,
      started: this.#probers.started(),
      resized,
      delayAfter: (container, last) => this.#restarts.delayAfter(container, last),
      now: Date.now(),
      ...(sandbox && { sandbox }),
    })
  }

  /** Does what is due. `isDone` = there is nothing more to do now. */
  async #carryOut(decision: Decision): Promise<{ isDone: boolean; recheck?: number; refresh?: number }> {
    for (const { attempt, why } of decision.kill) await this.killer.kill(attempt, why)
    if (decision.kill.length > 0) return { isDone: false }
    const waiting = new Map(decision.waiting)
    const { due, recheck } = this.#backOff.due(namesOf(decision), waiting)
    this.#writeStatus(waiting, {})
    if (due.size === 0) {
      const refresh = await this.volumes.refresh()
      return { isDone: true, ...(recheck !== undefined && { recheck }), ...(refresh !== undefined && { refresh }) }
    }
    if (decision.sandbox) this.#deps.event(this.observed.pod, 'Normal', 'SandboxChanged', SANDBOX_CHANGED)
    if (decision.sandbox !== undefined) await this.#starter.sandbox(decision.sandbox)
    else await this.#start(decision.start.filter(({ container }) => due.has(container.name)))
    return { isDone: false }
  }

  async #start(due: Decision['start']): Promise<void> {
    for (const { container } of due) {
      const last = this.observed.containers.get(container.name)?.current
      if (last?.status === 'exited') this.#restarts.restarted(container, last, Date.now())
    }
    await this.#starter.containers(due)
  }

  #reject({ reason, message }: Rejection): undefined {
    const { pod } = this.observed
    if (pod.status?.phase === 'Failed') return
    this.#deps.event(pod, 'Warning', reason, message)
    this.#say({ phase: 'Failed', reason, message, startTime: timestamp() })
  }

  /** The pod has ended, or is made to: what still runs of it goes, and its last status is said. */
  async #finish({ grace, failure }: Ending): Promise<undefined> {
    if (failure) this.#tellTwice(failure)
    await this.#endAll(grace)
    if (failure) this.#tellTwice(failure)
    this.#writeStatus(new Map(), { over: true, ...(failure && { failure }) })
  }

  /** The kubelet tells it each time that it makes the status up: twice before the containers end, and twice after (activeDeadlineHandler). */
  #tellTwice({ reason, message }: Rejection): void {
    for (let time = 0; time < 2; time++) this.#deps.event(this.observed.pod, 'Normal', reason, message)
  }

  async #terminate(): Promise<undefined> {
    if (this.#terminated) return
    const { pod } = this.observed
    const { name, namespace = 'default', uid, deletionGracePeriodSeconds: grace = graceOf(pod) } = pod.metadata
    await this.observed.observe()
    await this.#endAll(grace)
    // What its controller keeps with a finalizer waits for its phase, also when nothing of it ever ran.
    this.#writeStatus(new Map(), { over: true })
    await this.#status.flush()
    await this.#removeAll()
    await this.#deps.client.delete(
      { apiVersion: 'v1', kind: 'Pod', namespace, name },
      { gracePeriodSeconds: 0, ...(uid && { preconditions: { uid } }) },
    )
    this.#terminated = true
  }

  /** Ends the containers and then the sandbox, and looks how they ended. */
  async #endAll(grace: number): Promise<void> {
    this.#isEnding = true
    this.#probers.spare()
    try {
      await this.killer.endAll(grace)
    } finally {
      this.#isEnding = false
    }
    this.#probers.stop()
    const { sandbox } = this.observed
    if (sandbox?.status === 'running') await this.#deps.runtime.engine.kill(sandbox.id)
    await this.observed.observe()
  }

  async #removeAll(): Promise<void> {
    const { own } = this.observed
    await own.remove(await own.list())
    await this.volumes.remove()
  }

  #writeStatus(
    waiting: Decision['waiting'],
    { over = false, failure }: { over?: boolean; failure?: Ending['failure'] },
  ): void {
    const { runtime, hostIP } = this.#deps
    const { pod, sandbox, containers, podIP } = this.observed
    this.#waiting = waiting
    this.#say(
      podStatus({
        ...{ pod, sandbox, observed: containers, waiting, podIP, hostIP, over },
        started: this.#probers.started(),
        ready: this.#probers.ready(),
        resize: this.resizer.state,
        ...(failure && { failure }),
        runtime: runtime.version.split(':')[0] ?? '',
        now: timestamp(),
      }),
    )
  }

  #say(status: PodStatus): void {
    this.#status.set(this.observed.pod, status)
    this.observed.say(status)
  }
}

const SANDBOX_CHANGED = 'Pod sandbox changed, it will be killed and re-created.'

const DEADLINE_EXCEEDED = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
}

/** What is to be started, sandbox or containers, by name. */
function namesOf({ sandbox, start }: Decision): string[] {
  return sandbox === undefined ? start.map(({ container }) => container.name) : [SANDBOX]
}

const graceOf = (pod: Pod): number => pod.spec.terminationGracePeriodSeconds ?? 30

/** Milliseconds that a pod with a deadline may still run. */
function untilDeadline({ spec, status }: Pod, now: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || !status?.startTime) return undefined
  return Math.max(0, Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - now)
}

function earliest(times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}
