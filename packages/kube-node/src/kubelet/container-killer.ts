import type { Attempt } from './observe.ts'
import type { ObservedPod } from './observed-pod.ts'
import { runHook } from './probe-action.ts'
import type { WorkerDeps } from './worker-deps.ts'

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

  /** Stops what runs, side by side, within `grace` seconds. */
  async stopRunning(grace: number): Promise<void> {
    await Promise.all(this.#observed.running().map((attempt) => this.#stop(attempt, grace)))
  }

  /** Stops a container that will be restarted. */
  async kill(attempt: Attempt, why: string): Promise<void> {
    const { pod } = this.#observed
    this.#deps.event(pod, 'Normal', 'Killing', `Container ${attempt.name} ${why}, will be restarted`)
    await this.#untilLeaving(this.#deps.runtime.engine.stop(attempt.id, pod.spec.terminationGracePeriodSeconds ?? 30))
  }

  async #stop(attempt: Attempt, grace: number): Promise<void> {
    const { event, runtime } = this.#deps
    const container = this.#observed.container(attempt.name)
    const begun = Date.now()
    event(this.#observed.pod, 'Normal', 'Killing', `Stopping container ${attempt.name}`)
    const hook = container?.lifecycle?.preStop
    if (hook && container && grace > 0 && !runtime.simulated) {
      const result = await runHook(hook, this.#observed.target(container, attempt.id), grace * 1000)
      if (!result.success)
        event(this.#observed.pod, 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${result.output}`)
    }
    const left = grace - (Date.now() - begun) / 1000
    await this.#untilLeaving(runtime.engine.stop(attempt.id, grace === 0 ? 0 : Math.max(2, left)))
  }

  #untilLeaving(work: Promise<void>): Promise<void> {
    const signal = this.#leaving
    const left = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(signal.reason)
      else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    return Promise.race([work, left])
  }
}
