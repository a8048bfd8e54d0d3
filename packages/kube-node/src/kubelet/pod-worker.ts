import { timerDelay } from '@slipway/controller-runtime'
import { classOf, describeError, type SlipwayError } from '@slipway/errors'
import { canonicalJson } from '../canonical.ts'
import { timestamp } from '../controllers/clock.ts'
import type { Pod } from '../model/pod.ts'
import type { PodStatus } from '../model/pod-status.ts'
import { SANDBOX } from '../runtime/pod-runtime.ts'
import type { Rejection } from './admission.ts'
import { ContainerKiller } from './containers/container-killer.ts'
import { PodStarter } from './containers/pod-starter.ts'
import { StartBackOff } from './containers/start-back-off.ts'
import { type Decision, decide } from './decide.ts'
import type { Attempt, LabelledContainer } from './observe.ts'
import { ObservedPod } from './observed-pod.ts'
import { ProberManager } from './probes/prober-manager.ts'
import type { ResizeRefusal } from './resize/refusal.ts'
import type { PendingResize } from './resize/resize-order.ts'
import { Resizer } from './resize/resizer.ts'
import { podStatus } from './status/pod-status.ts'
import { StatusWriter } from './status/status-writer.ts'
import { VolumeManager } from './volumes/volume-manager.ts'
import type { WorkerDeps } from './worker-deps.ts'

const RETRY = 1_000

interface Ending {
  /** Seconds. */
  grace: number
  failure?: Rejection
}

/** Runs one pod: looks at what the engine has, does what is missing, says what is. One pass at a time. */
export class PodWorker {
  readonly #deps: WorkerDeps
  readonly #observed: ObservedPod
  readonly #volumes: VolumeManager
  readonly #starter: PodStarter
  readonly #backOff: StartBackOff
  readonly #killer: ContainerKiller
  readonly #probers: ProberManager
  readonly #resizer: Resizer
  readonly #status: StatusWriter
  readonly #rejection: Rejection | undefined
  readonly #abort = new AbortController()
  readonly #leaving = new AbortController()
  #running: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout | undefined
  #hurry: NodeJS.Timeout | undefined
  #terminated = false
  /** Why containers did not run when their status was last said. */
  #waiting: Decision['waiting'] = new Map()
  #stopped = false

  /** `found` are the containers that the engine has of the pod. One with a `rejection` is only told why it does not run. */
  constructor(pod: Pod, found: LabelledContainer[], deps: WorkerDeps, rejection?: Rejection) {
    this.#deps = deps
    this.#rejection = rejection
    this.#observed = new ObservedPod(pod, found, deps)
    this.#volumes = new VolumeManager(this.#observed, deps)
    this.#backOff = new StartBackOff(this.#observed, deps)
    this.#killer = new ContainerKiller(this.#observed, deps, this.#leaving.signal)
    this.#starter = new PodStarter(this.#observed, deps, {
      volumes: this.#volumes,
      backOff: this.#backOff,
      killer: this.#killer,
      signal: this.#abort.signal,
    })
    this.#probers = new ProberManager(this.#observed, deps, this.#killer, {
      changed: () => this.wake(),
      error: (error) => this.#log(error),
    })
    this.#resizer = new Resizer(this.#observed, deps, () => this.#writeStatus(this.#waiting, {}))
    this.#status = new StatusWriter(deps.client, (error) => this.#log(error))
  }

  /** The pod with the status last said of it. */
  get pod(): Pod {
    return this.#observed.pod
  }

  /** Whether it may still hold something of the machine. */
  get isAlive(): boolean {
    const { phase } = this.pod.status ?? {}
    return !this.#terminated && !this.#rejection && phase !== 'Succeeded' && phase !== 'Failed'
  }

  /** The pod with the resources that it is granted, as it counts for others. */
  get granted(): Pod {
    const { status: _, ...granted } = this.#resizer.granted
    return granted
  }

  /** The change of resources that its spec asks for and that is not granted. */
  get pendingResize(): PendingResize | undefined {
    const { wants, granted, pendingSince: since } = this.#resizer
    return wants && this.isAlive ? { pod: this.pod, granted, since } : undefined
  }

  /** Takes what the node says to the change of resources; one that is granted begins. */
  considerResize(refusal: ResizeRefusal | undefined): boolean {
    const isGranted = this.#resizer.consider(refusal)
    if (isGranted) this.wake()
    return isGranted
  }

  /** The pod as it is now; a deletion interrupts what is under way. */
  update(pod: Pod): void {
    const before = this.pod.metadata
    const { labels, annotations, deletionTimestamp, deletionGracePeriodSeconds: grace } = pod.metadata
    const isDescribedAnew = canonicalJson([labels, annotations]) !== canonicalJson([before.labels, before.annotations])
    if (isDescribedAnew) this.#volumes.invalidate()
    const hurries = before.deletionTimestamp && grace !== before.deletionGracePeriodSeconds
    this.#observed.update(pod)
    if (deletionTimestamp) this.#abort.abort()
    if (hurries) this.#killIn(grace ?? 0)
    this.wake()
  }

  /** A ConfigMap or Secret changed that the pod may have in a volume. */
  reconfigure(): void {
    this.#volumes.invalidate()
    this.wake()
  }

  /** Looks again. */
  wake(): void {
    if (this.#stopped) return
    if (this.#running) {
      this.#again = true
      return
    }
    this.#running = this.#loop().finally(() => {
      this.#running = undefined
    })
  }

  /** Where a port of the pod can be connected to from here; undefined while nothing runs. */
  dial(port: number): { host: string; port: number } | undefined {
    return this.#observed.dial(port)
  }

  /** Its containers that run, and its newest sandbox. */
  get running(): { containers: Attempt[]; sandbox?: Attempt } {
    const { sandbox } = this.#observed
    return { containers: this.#observed.running(), ...(sandbox && { sandbox }) }
  }

  /** The engine's id of a container: the one that runs or ran last. */
  containerId(name: string): string | undefined {
    return this.#observed.containerId(name)
  }

  /** Stops looking; containers live on. */
  async stop(): Promise<void> {
    this.#leaving.abort()
    await this.#halt()
  }

  /** Takes away everything of a pod that the API no longer has. */
  async destroy(): Promise<void> {
    this.#killIn(0)
    await this.#halt()
    if (this.#terminated) return
    await this.#observed.observe()
    await this.#endAll(0)
    await this.#removeAll()
  }

  async #halt(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#abort.abort()
    this.#probers.stop()
    await this.#running
    clearTimeout(this.#hurry)
    await this.#status.flush()
  }

  async #loop(): Promise<void> {
    do {
      this.#again = false
      clearTimeout(this.#timer)
      try {
        const recheck = this.pod.metadata.deletionTimestamp ? await this.#terminate() : await this.#sync()
        if (recheck !== undefined) this.#wakeIn(recheck)
      } catch (error) {
        if (this.#stopped) return
        this.#log(error)
        this.#wakeIn(RETRY)
      }
    } while (this.#again && !this.#stopped)
  }

  #wakeIn(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.wake(), timerDelay(milliseconds))
    this.#timer.unref()
  }

  /** Shortens the time that what is being stopped has left. */
  #killIn(seconds: number): void {
    clearTimeout(this.#hurry)
    this.#hurry = setTimeout(
      () => {
        this.#killer.killAll().catch((error: unknown) => this.#log(error))
      },
      timerDelay(seconds * 1000),
    )
  }

  /** Resolves to the milliseconds after which to look again without an event. */
  async #sync(): Promise<number | undefined> {
    if (this.#rejection) return this.#reject(this.#rejection)
    for (;;) {
      await this.#observed.observe()
      if (this.#abort.signal.aborted) return undefined
      this.#probers.sync()
      const { pod, containers, sandbox } = this.#observed
      if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed')
        return this.#finish({ grace: graceOf(pod) })
      const deadline = untilDeadline(pod, Date.now())
      if (deadline === 0) return this.#finish({ grace: graceOf(pod), failure: DEADLINE_EXCEEDED })
      const { resized, recheck: resizeAgain } = await this.#resizer.sync()
      if (this.#abort.signal.aborted) return undefined
      const decision = decide({
        pod: this.#resizer.granted,
        observed: containers,
        started: this.#probers.started(),
        resized,
        now: Date.now(),
        ...(sandbox && { sandbox }),
      })
      if (decision.finished) return this.#finish({ grace: graceOf(pod) })
      for (const { attempt, why } of decision.kill) await this.#killer.kill(attempt, why)
      if (decision.kill.length > 0) continue
      const waiting = new Map(decision.waiting)
      const { due, recheck } = this.#backOff.due(namesOf(decision), waiting)
      if (due.size === 0) {
        this.#writeStatus(waiting, {})
        const refresh = await this.#volumes.refresh()
        return earliest([decision.recheckAfter, recheck, refresh, deadline, resizeAgain])
      }
      this.#writeStatus(waiting, {})
      if (decision.sandbox) this.#deps.event(pod, 'Normal', 'SandboxChanged', SANDBOX_CHANGED)
      if (decision.sandbox !== undefined) await this.#starter.sandbox(decision.sandbox)
      else await this.#starter.containers(decision.start.filter(({ container }) => due.has(container.name)))
      if (this.#abort.signal.aborted) return undefined
    }
  }

  #reject({ reason, message }: Rejection): undefined {
    if (this.pod.status?.phase === 'Failed') return
    this.#deps.event(this.pod, 'Warning', reason, message)
    const status: PodStatus = { phase: 'Failed', reason, message, startTime: timestamp() }
    this.#status.set(this.pod, status)
    this.#observed.say(status)
  }

  /** The pod has ended, or is made to: what still runs of it goes, and its last status is said. */
  async #finish({ grace, failure }: Ending): Promise<undefined> {
    this.#probers.stop()
    if (failure) this.#deps.event(this.pod, 'Normal', failure.reason, failure.message)
    await this.#endAll(grace)
    this.#writeStatus(new Map(), { over: true, ...(failure && { failure }) })
  }

  async #terminate(): Promise<undefined> {
    if (this.#terminated) return
    const { name, namespace = 'default', uid } = this.pod.metadata
    this.#probers.stop()
    await this.#observed.observe()
    const grace = this.pod.metadata.deletionGracePeriodSeconds ?? graceOf(this.pod)
    await this.#endAll(grace)
    if (grace > 0 && this.#observed.containers.size > 0) this.#writeStatus(new Map(), { over: true })
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
    const { engine } = this.#deps.runtime
    await this.#killer.endAll(grace)
    const { sandbox } = this.#observed
    if (sandbox?.status === 'running') await engine.kill(sandbox.id)
    await this.#observed.observe()
  }

  async #removeAll(): Promise<void> {
    const { own } = this.#observed
    await own.remove(await own.list())
    this.#volumes.remove()
  }

  #writeStatus(
    waiting: Decision['waiting'],
    { over = false, failure }: { over?: boolean; failure?: Ending['failure'] },
  ): void {
    const { runtime, hostIP } = this.#deps
    this.#waiting = waiting
    const status = podStatus({
      pod: this.pod,
      sandbox: this.#observed.sandbox,
      observed: this.#observed.containers,
      waiting,
      started: this.#probers.started(),
      ready: this.#probers.ready(),
      resize: this.#resizer.state,
      over,
      ...(failure && { failure }),
      podIP: this.#observed.podIP,
      hostIP,
      runtime: runtime.version.split(':')[0] ?? '',
      now: timestamp(),
    })
    this.#status.set(this.pod, status)
    this.#observed.say(status)
  }

  #log(error: unknown): void {
    const { namespace, name } = this.pod.metadata
    const stack = classOf(error) === 'bug' ? (error as SlipwayError).stack : undefined
    this.#deps.log('error', `pod ${namespace}/${name}: ${describeError(error)}`, { ...(stack && { stack }) })
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
