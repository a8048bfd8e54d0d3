import { timerDelay } from '@slipway/controller-runtime'
import { classOf, describeError, type SlipwayError } from '@slipway/errors'
import { canonicalJson } from '../canonical.ts'
import { hasEnded, type Pod } from '../model/pod.ts'
import type { Rejection } from './admission.ts'
import type { Attempt, LabelledContainer } from './observe.ts'
import type { PodAddress } from './observed-pod.ts'
import { PassLoop } from './pass-loop.ts'
import { PodPasses } from './pod-passes.ts'
import type { ResizeRefusal } from './resize/refusal.ts'
import type { PendingResize } from './resize/resize-order.ts'
import type { WorkerDeps } from './worker-deps.ts'

/** Runs one pod, as its object and the events of the node ask for. */
export class PodWorker {
  readonly #deps: WorkerDeps
  readonly #rejection: Rejection | undefined
  readonly #passes: PodPasses
  readonly #loop: PassLoop
  readonly #abort = new AbortController()
  readonly #leaving = new AbortController()
  #hurry: NodeJS.Timeout | undefined

  /** `found` are the containers that the engine has of the pod. One with a `rejection` is only told why it does not run. */
  constructor(pod: Pod, found: LabelledContainer[], deps: WorkerDeps, rejection?: Rejection) {
    this.#deps = deps
    this.#rejection = rejection
    this.#passes = new PodPasses(pod, found, deps, {
      abort: this.#abort.signal,
      leaving: this.#leaving.signal,
      rejection,
      wake: () => this.wake(),
      error: (error) => this.#log(error),
    })
    this.#loop = new PassLoop(
      () => this.#passes.run(),
      (error) => this.#log(error),
    )
  }

  /** The pod with the status last said of it. */
  get pod(): Pod {
    return this.#passes.observed.pod
  }

  /** Whether it may still hold something of the machine. */
  get isAlive(): boolean {
    return !this.#passes.isTerminated && !this.#rejection && !hasEnded(this.pod)
  }

  /** The pod with the resources that it is granted, as it counts for others. */
  get granted(): Pod {
    const { status: _, ...granted } = this.#passes.resizer.granted
    return granted
  }

  /** The change of resources that its spec asks for and that is not granted. */
  get pendingResize(): PendingResize | undefined {
    const { wants, granted, pendingSince: since } = this.#passes.resizer
    return wants && this.isAlive ? { pod: this.pod, granted, since } : undefined
  }

  /** Takes what the node says to the change of resources; one that is granted begins. */
  considerResize(refusal: ResizeRefusal | undefined): boolean {
    const isGranted = this.#passes.resizer.consider(refusal)
    if (isGranted) this.wake()
    return isGranted
  }

  /** The pod as it is now; a deletion interrupts what is under way. */
  update(pod: Pod): void {
    const before = this.pod.metadata
    const { labels, annotations, deletionTimestamp, deletionGracePeriodSeconds: grace } = pod.metadata
    const isDescribedAnew = canonicalJson([labels, annotations]) !== canonicalJson([before.labels, before.annotations])
    if (isDescribedAnew) this.#passes.volumes.invalidate()
    const hurries = before.deletionTimestamp && grace !== before.deletionGracePeriodSeconds
    this.#passes.observed.update(pod)
    if (deletionTimestamp) this.#abort.abort()
    if (hurries) this.#killIn(grace ?? 0)
    this.wake()
  }

  /** A ConfigMap or Secret changed that the pod may have in a volume. */
  reconfigure(): void {
    this.#passes.volumes.invalidate()
    this.wake()
  }

  /** Looks again. */
  wake(): void {
    this.#loop.wake()
  }

  /** Where a port of the pod can be connected to from here; undefined while nothing runs. */
  dial(port: number): PodAddress | undefined {
    return this.#passes.observed.dial(port)
  }

  /** Its containers that run, and its newest sandbox. */
  get running(): { containers: Attempt[]; sandbox?: Attempt } {
    const { observed } = this.#passes
    return { containers: observed.running(), ...(observed.sandbox && { sandbox: observed.sandbox }) }
  }

  /** The engine's id of a container: the one that runs or ran last. */
  containerId(name: string): string | undefined {
    return this.#passes.observed.containerId(name)
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
    await this.#passes.remove()
  }

  async #halt(): Promise<void> {
    this.#abort.abort()
    this.#passes.stopProbing()
    await this.#loop.stop()
    clearTimeout(this.#hurry)
    await this.#passes.flush()
  }

  /** Shortens the time that what is being stopped has left. */
  #killIn(seconds: number): void {
    clearTimeout(this.#hurry)
    const kill = (): void => {
      this.#passes.killer.killAll().catch((error: unknown) => this.#log(error))
    }
    this.#hurry = setTimeout(kill, timerDelay(seconds * 1000))
  }

  #log(error: unknown): void {
    const { namespace, name } = this.pod.metadata
    const stack = classOf(error) === 'bug' ? (error as SlipwayError).stack : undefined
    this.#deps.log('error', `pod ${namespace}/${name}: ${describeError(error)}`, { ...(stack && { stack }) })
  }
}
