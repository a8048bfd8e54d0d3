import type { EventSubject } from '@slipway/controller-runtime'
import { classOf, messageOf } from '@slipway/errors'
import type { Decision } from '../decide.ts'
import type { ObservedPod } from '../observed-pod.ts'
import { aboutContainer, podText } from '../pod-text.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { StartFailure } from './start-failure.ts'

const FIRST_RETRY = 10_000
const LAST_RETRY = 300_000

interface Failure {
  reason: string
  message: string
  count: number
  /** By performance.now(), which nobody sets back. */
  retryAt: number
}

/** Holds back containers of one pod that could not be started, longer each time. */
export class StartBackOff {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps
  readonly #failures = new Map<string, Failure>()
  /** Containers that wait for their restart, and what their status says of it. */
  #restarting = new Map<string, string | undefined>()

  constructor(observed: ObservedPod, deps: WorkerDeps) {
    this.#observed = observed
    this.#deps = deps
  }

  /** Takes note of a start that failed, and says so in an event. */
  failed(name: string, error: unknown): void {
    const failure =
      error instanceof StartFailure
        ? error
        : new StartFailure('CreateContainerError', messageOf(error), { cause: error })
    const count = (this.#failures.get(name)?.count ?? 0) + 1
    const delay = Math.min(FIRST_RETRY * 2 ** (count - 1), LAST_RETRY)
    // Configuration that is missing may come any moment, and looking for it is cheap.
    const wait =
      failure.reason === 'ErrImagePull' || classOf(failure.cause) === 'bug' ? delay : Math.min(delay, 2_000 * count)
    this.#failures.set(name, {
      reason: failure.reason,
      message: failure.message,
      count,
      retryAt: performance.now() + wait,
    })
    const subject = failure.isOfPod ? this.#observed.pod : this.#about(name)
    this.#deps.event(subject, 'Warning', failure.event, failure.eventMessage)
  }

  /** Forgets the failures of a container that has started. */
  started(name: string): void {
    this.#failures.delete(name)
  }

  /** Which of these may be started now, and the milliseconds until the next of the others; why these wait is added to `waiting`. */
  due(names: string[], waiting: Decision['waiting']): { due: Set<string>; recheck: number | undefined } {
    this.#tellRestarts(waiting)
    let recheck: number | undefined
    const due = names.filter((name) => {
      const failure = this.#failures.get(name)
      const wait = failure ? failure.retryAt - performance.now() : 0
      if (!failure || wait <= 0) return true
      recheck = Math.min(recheck ?? wait, wait)
      waiting.set(name, { reason: failure.reason, message: failure.message })
      if (failure.reason === 'ErrImagePull') this.#backOffPulling(name, failure)
      return false
    })
    return { due: new Set(due), recheck }
  }

  /** The next look shows the back-off, as kubectl users know it. */
  #backOffPulling(name: string, failure: Failure): void {
    const back = `Back-off pulling image "${this.#observed.container(name)?.image}"`
    failure.reason = 'ImagePullBackOff'
    failure.message = `${back}: ErrImagePull: ${failure.message}`
    this.#deps.event(this.#about(name), 'Normal', 'BackOff', back)
    this.#deps.event(this.#about(name), 'Warning', 'Failed', `Error: ${failure.reason}`)
  }

  /** Says once for each back-off that a container that ended waits for its restart. */
  #tellRestarts(waiting: Decision['waiting']): void {
    const before = this.#restarting
    this.#restarting = new Map()
    for (const [name, { reason, message }] of waiting) {
      if (reason !== 'CrashLoopBackOff') continue
      this.#restarting.set(name, message)
      if (before.has(name) && before.get(name) === message) continue
      const text = `Back-off restarting failed container ${name} in pod ${podText(this.#observed.pod)}`
      this.#deps.event(this.#about(name), 'Warning', 'BackOff', text)
    }
  }

  /** Sandboxes are told of as of their pod. */
  #about(name: string): EventSubject {
    return aboutContainer(this.#observed.pod, name)
  }
}
