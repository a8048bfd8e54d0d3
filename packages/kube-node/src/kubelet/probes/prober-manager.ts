import type { Container } from '../../model/pod.ts'
import type { ContainerKiller } from '../containers/container-killer.ts'
import type { ObservedPod } from '../observed-pod.ts'
import { aboutContainer } from '../pod-text.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { Prober } from './prober.ts'

/** Until what could not be killed is looked at again. */
const RETRY = 1_000

/** Who learns what the probes of a pod lead to. */
export interface ProberManagerEvents {
  /** The pod has to be looked at again. */
  changed(): void
  /** A container that failed its probe could not be killed. */
  error(error: unknown): void
}

/** Probes the running containers of one pod, and kills those that failed their start-up or liveness probe. */
export class ProberManager {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps
  readonly #killer: ContainerKiller
  readonly #events: ProberManagerEvents
  readonly #probers = new Map<string, Prober>()
  /** Containers that are still to be killed, by id. */
  readonly #condemned = new Map<string, { why: string; grace?: number }>()

  constructor(observed: ObservedPod, deps: WorkerDeps, killer: ContainerKiller, events: ProberManagerEvents) {
    this.#observed = observed
    this.#deps = deps
    this.#killer = killer
    this.#events = events
  }

  /** Begins for containers that run now, and ends for those that don't any more. */
  sync(): void {
    const running = new Map(this.#observed.running().map((attempt) => [attempt.id, attempt]))
    for (const [id, prober] of this.#probers) {
      if (running.has(id)) continue
      prober.stop()
      this.#probers.delete(id)
      this.#condemned.delete(id)
    }
    for (const id of this.#condemned.keys()) this.#kill(id)
    for (const [id, { name }] of running) {
      const container = this.#observed.container(name)
      if (container && !this.#probers.has(id)) this.#probers.set(id, this.#probe(container, id))
    }
  }

  /** The pod is going: only whether its containers are ready is asked until they have ended (StopLivenessAndStartup). */
  spare(): void {
    for (const prober of this.#probers.values()) prober.spare()
  }

  /** Asks no more. */
  stop(): void {
    for (const prober of this.#probers.values()) prober.stop()
  }

  /** Names of running containers whose start-up probe has passed (or that have none). */
  started(): Set<string> {
    return this.#names((prober) => prober.started)
  }

  /** Names of running containers that are ready. */
  ready(): Set<string> {
    return this.#names((prober) => prober.ready)
  }

  #names(test: (prober: Prober) => boolean): Set<string> {
    return new Set(
      this.#observed.running().flatMap(({ id, name }) => {
        const prober = this.#probers.get(id)
        return prober && test(prober) ? [name] : []
      }),
    )
  }

  #probe(container: Container, id: string): Prober {
    const { event, runtime } = this.#deps
    const { startupProbe: _startup, readinessProbe: _readiness, livenessProbe: _liveness, ...unprobed } = container
    return new Prober(runtime.simulated ? unprobed : container, this.#observed.target(container, id), {
      changed: () => this.#events.changed(),
      told: (kind, { output, errored, warning }) => {
        const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)} probe`
        const text = errored
          ? `${title} errored and resulted in ${errored} state: ${output}`
          : `${title} ${warning ? 'warning' : 'failed'}: ${output}`
        event(
          aboutContainer(this.#observed.pod, container.name),
          'Warning',
          warning ? 'ProbeWarning' : 'Unhealthy',
          text,
        )
      },
      dead: (kind) => {
        const why = `Container ${container.name} failed ${kind} probe, will be restarted`
        const { terminationGracePeriodSeconds: grace } = container[`${kind}Probe`] ?? {}
        this.#condemned.set(id, { why, ...(grace !== undefined && { grace }) })
        this.#kill(id)
      },
    })
  }

  /** What could not be killed, since the engine did not answer, is to be killed at the next look. */
  #kill(id: string): void {
    const attempt = this.#observed.running().find((running) => running.id === id)
    const sentence = this.#condemned.get(id)
    if (!attempt || !sentence) return
    this.#condemned.delete(id)
    this.#killer.kill(attempt, sentence.why, sentence.grace).then(
      () => this.#events.changed(),
      (error: unknown) => {
        this.#condemned.set(id, sentence)
        this.#events.error(error)
        setTimeout(() => this.#events.changed(), RETRY).unref()
      },
    )
  }
}
