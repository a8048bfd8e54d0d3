import { timerDelay } from '@slipway/controller-runtime'
import type { Container, Probe } from '../../model/pod.ts'
import { type ProbeResult, type ProbeTarget, runProbe } from './probe-action.ts'
import { afterProbe, nextProbeIn, type ProbeState, unprobed } from './probe-state.ts'

type Kind = 'startup' | 'readiness' | 'liveness'

export interface ProberEvents {
  /** A verdict changed: the pod's status has to be looked at. */
  changed(): void
  /** It failed, or succeeded with a warning. */
  told(kind: Kind, result: ProbeResult): void
  /** The container has to be killed. */
  dead(kind: 'startup' | 'liveness'): void
}

/** Asks one running container its probes: start-up first, then readiness and liveness side by side. */
export class Prober {
  readonly #container: Container
  readonly #target: ProbeTarget
  readonly #events: ProberEvents
  readonly #timers = new Map<Kind, NodeJS.Timeout>()
  readonly #ended = new Set<Kind>()
  #started: boolean
  #ready: boolean

  constructor(container: Container, target: ProbeTarget, events: ProberEvents) {
    this.#container = container
    this.#target = target
    this.#events = events
    this.#started = container.startupProbe === undefined
    this.#ready = container.readinessProbe === undefined
    if (container.startupProbe) this.#begin('startup', container.startupProbe)
    else this.#beginOthers()
  }

  get started(): boolean {
    return this.#started
  }

  get ready(): boolean {
    return this.#started && this.#ready
  }

  stop(): void {
    this.#end('startup', 'readiness', 'liveness')
  }

  /** Asks no more what would have the container killed: it is going. Whether it is ready goes on to be asked. */
  spare(): void {
    this.#end('startup', 'liveness')
  }

  #end(...kinds: Kind[]): void {
    for (const kind of kinds) {
      this.#ended.add(kind)
      clearTimeout(this.#timers.get(kind))
    }
  }

  #beginOthers(): void {
    const { readinessProbe, livenessProbe } = this.#container
    if (readinessProbe) this.#begin('readiness', readinessProbe)
    if (livenessProbe) this.#begin('liveness', livenessProbe)
  }

  #begin(kind: Kind, probe: Probe): void {
    const since = Date.now() + (probe.initialDelaySeconds ?? 0) * 1000
    const step = async (state: ProbeState, early: number, counts: boolean): Promise<void> => {
      const began = Date.now()
      const result = await runProbe(probe, this.#target)
      if (this.#ended.has(kind)) return
      const isKnown = result.errored === undefined && (result.success || counts)
      const after = isKnown ? afterProbe(state, probe, result.success) : state
      this.#tell(kind, { before: state, after, result, counts })
      if (this.#ended.has(kind) || (kind === 'startup' && after.result !== undefined)) return
      // Liveness has nothing to hurry for.
      const succeeded = result.success || kind === 'liveness' || after.result !== undefined
      const now = Date.now()
      const next = nextProbeIn(probe, { succeeded, early, elapsed: now - since, took: now - began })
      this.#after(kind, next.delay, () => step(after, next.counts ? early : early + 1, next.counts))
    }
    // The first try is early for a container that has just been started; its failure says nothing yet.
    this.#after(kind, since - Date.now(), () => step(unprobed, 0, false))
  }

  #tell(
    kind: Kind,
    { before, after, result, counts }: { before: ProbeState; after: ProbeState; result: ProbeResult; counts: boolean },
  ): void {
    if (result.warning || (!result.success && counts)) this.#events.told(kind, result)
    if (kind === 'liveness' || (kind === 'startup' && after.result === false)) {
      if (after.result === false) {
        this.spare()
        this.#events.dead(kind)
      }
      return
    }
    if (after.result === before.result || after.result === undefined) return
    if (kind === 'readiness') this.#ready = after.result
    else {
      this.#started = true
      this.#beginOthers()
    }
    this.#events.changed()
  }

  #after(kind: Kind, delay: number, step: () => Promise<void>): void {
    const timer = setTimeout(() => void step(), timerDelay(Math.max(0, delay)))
    timer.unref()
    this.#timers.set(kind, timer)
  }
}
