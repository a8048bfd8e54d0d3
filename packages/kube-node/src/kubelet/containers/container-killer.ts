import { isSidecar } from '../decide.ts'
import type { Attempt } from '../observe.ts'
import type { ObservedPod } from '../observed-pod.ts'
import { aboutContainer } from '../pod-text.ts'
import { runHook } from '../probes/probe-action.ts'
import type { WorkerDeps } from '../worker-deps.ts'

/** The least that a container gets between its preStop hook and its end, in seconds (kubelet, minimumGracePeriodInSeconds). */
const LEAST_GRACE = 2

/** Ends containers of one pod: for good with their preStop hooks, or to be started anew. */
export class ContainerKiller {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps
  readonly #leaving: AbortSignal

  /** When `leaving` aborts, a container that takes its time is left to end by itself, and whoever waits for it is let go. */
  constructor(observed: ObservedPod, deps: WorkerDeps, leaving: AbortSignal) {
    this.#observed = observed
    this.#deps = deps
    this.#leaving = leaving
  }

  /** Ends the pod within `grace` seconds: the main containers side by side, then its sidecars, the last one first (KEP-753). */
  async endAll(grace: number): Promise<void> {
    const begun = Date.now()
    const left = (): number => (grace === 0 ? 0 : Math.max(LEAST_GRACE, grace - (Date.now() - begun) / 1000))
    const running = this.#observed.running()
    const names = (this.#observed.pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name)
    const sidecars = names.reverse().flatMap((name) => running.filter((attempt) => attempt.name === name))
    await Promise.all(
      running.filter((attempt) => !sidecars.includes(attempt)).map((attempt) => this.#end(attempt, grace)),
    )
    for (const sidecar of sidecars) await this.#end(sidecar, left())
  }

  #end(attempt: Attempt, grace: number): Promise<void> {
    return this.kill(attempt, `Stopping container ${attempt.name}`, grace)
  }

  /** Ends one container, within the pod's own time unless `grace` says how many seconds. */
  async kill(attempt: Attempt, why: string, grace?: number): Promise<void> {
    this.#deps.event(aboutContainer(this.#observed.pod, attempt.name), 'Normal', 'Killing', why)
    await this.#stop(attempt, grace ?? this.#observed.pod.spec.terminationGracePeriodSeconds ?? 30)
  }

  /** Ends what runs without asking it, also while it is being stopped. */
  async killAll(): Promise<void> {
    const { engine } = this.#deps.runtime
    await Promise.all(this.#observed.running().map(({ id }) => engine.kill(id)))
  }

  async #stop(attempt: Attempt, grace: number): Promise<void> {
    const { event, runtime } = this.#deps
    const container = this.#observed.container(attempt.name)
    const begun = Date.now()
    const hook = container?.lifecycle?.preStop
    if (hook && container && grace > 0 && !runtime.simulated) {
      const result = await this.#untilLeaving(runHook(hook, this.#observed.target(container, attempt.id), grace * 1000))
      if (!result.success) {
        event(aboutContainer(this.#observed.pod, attempt.name), 'Warning', 'FailedPreStopHook', 'PreStopHook failed')
      }
    }
    const left = grace - (Date.now() - begun) / 1000
    await this.#untilLeaving(runtime.engine.stop(attempt.id, grace === 0 ? 0 : Math.max(LEAST_GRACE, left)))
  }

  #untilLeaving<T>(work: Promise<T>): Promise<T> {
    const signal = this.#leaving
    const left = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(signal.reason)
      else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    return Promise.race([work, left])
  }
}
