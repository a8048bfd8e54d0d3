import { timerDelay } from '@slipway/controller-runtime'
import { isSidecar } from '../decide.ts'
import type { Attempt } from '../observe.ts'
import type { ObservedPod } from '../observed-pod.ts'
import { aboutContainer } from '../pod-text.ts'
import { runHook } from '../probes/probe-action.ts'
import { untilAborted } from '../until-aborted.ts'
import type { WorkerDeps } from '../worker-deps.ts'

/** The least that a container gets between its preStop hook and its end, in seconds (kubelet, minimumGracePeriodInSeconds). */
const LEAST_GRACE = 2

/** Ends containers of one pod: for good with their preStop hooks, or to be started anew. */
export class ContainerKiller {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps
  readonly #leaving: AbortSignal
  /** Nothing has any time left. */
  readonly #hurry = new AbortController()

  /** When `leaving` aborts, a container that takes its time is left to end by itself, and whoever waits for it is let go. */
  constructor(observed: ObservedPod, deps: WorkerDeps, leaving: AbortSignal) {
    this.#observed = observed
    this.#deps = deps
    this.#leaving = leaving
  }

  /**
   * Ends the pod within `grace` seconds. Every preStop hook begins at once; a sidecar is told to end when the main containers and the
   * sidecars after it have (KEP-753; kuberuntime, terminationOrdering).
   */
  async endAll(grace: number): Promise<void> {
    const running = this.#observed.running()
    const names = (this.#observed.pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name)
    const sidecars = names.reverse().flatMap((name) => running.filter((attempt) => attempt.name === name))
    const others = running.filter((attempt) => !sidecars.includes(attempt))
    const ends = others.map((attempt) => this.#end(attempt, grace))
    for (const sidecar of sidecars) ends.push(this.#end(sidecar, grace, Promise.allSettled([...ends])))
    await Promise.all(ends)
  }

  #end(attempt: Attempt, grace: number, turn?: Promise<unknown>): Promise<void> {
    this.#tell(attempt, `Stopping container ${attempt.name}`)
    return this.#stop(attempt, grace, turn)
  }

  /** Ends one container, within the pod's own time unless `grace` says how many seconds. */
  async kill(attempt: Attempt, why: string, grace?: number): Promise<void> {
    this.#tell(attempt, why)
    await this.#stop(attempt, grace ?? this.#observed.pod.spec.terminationGracePeriodSeconds ?? 30)
  }

  /** Ends what runs without asking it, also while it is being stopped. */
  async killAll(): Promise<void> {
    const { engine } = this.#deps.runtime
    this.#hurry.abort()
    await Promise.all(this.#observed.running().map(({ id }) => engine.kill(id)))
  }

  #tell(attempt: Attempt, why: string): void {
    this.#deps.event(aboutContainer(this.#observed.pod, attempt.name), 'Normal', 'Killing', why)
  }

  async #stop(attempt: Attempt, grace: number, turn?: Promise<unknown>): Promise<void> {
    // Not by the clock: set back, it would give a container that does not end hours more.
    const begun = performance.now()
    const left = (): number => grace - (performance.now() - begun) / 1000
    if (grace > 0) {
      await this.#preStop(attempt, grace)
      if (turn) await this.#within(left(), turn)
    }
    const time = grace === 0 || this.#hurry.signal.aborted ? 0 : Math.max(LEAST_GRACE, left())
    await this.#untilLeaving(this.#deps.runtime.engine.stop(attempt.id, time))
  }

  async #preStop({ id, name }: Attempt, grace: number): Promise<void> {
    const { event, runtime } = this.#deps
    const container = this.#observed.container(name)
    const hook = container?.lifecycle?.preStop
    if (!hook || !container || runtime.simulated) return
    const running = runHook(hook, this.#observed.target(container, id), grace * 1000)
    const result = await Promise.race([this.#untilLeaving(running), untilAborted(this.#hurry.signal)])
    if (result?.success === false) {
      event(aboutContainer(this.#observed.pod, name), 'Warning', 'FailedPreStopHook', 'PreStopHook failed')
    }
  }

  /** Waits, but no longer than so many seconds. */
  async #within(seconds: number, work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timerDelay(Math.max(0, seconds * 1000)))
    })
    try {
      await this.#untilLeaving(Promise.race([work, late, untilAborted(this.#hurry.signal)]))
    } finally {
      clearTimeout(timer)
    }
  }

  #untilLeaving<T>(work: Promise<T>): Promise<T> {
    const signal = this.#leaving
    const left = untilAborted(signal).then((): never => {
      throw signal.reason
    })
    return Promise.race([work, left])
  }
}
