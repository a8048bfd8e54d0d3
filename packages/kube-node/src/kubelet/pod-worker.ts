import { rmSync } from 'node:fs'
import { classOf, describeError, type SlipwayError } from '@slipway/errors'
import { timestamp } from '../controllers/clock.ts'
import type { Container, Pod } from '../types.ts'
import { ConfigurationReader } from './configuration.ts'
import { ContainerKiller } from './container-killer.ts'
import { ContainerStarter, StartFailure } from './container-starter.ts'
import { type Decision, decide } from './decide.ts'
import { podFilter, removeContainers } from './observe.ts'
import { ObservedPod } from './observed-pod.ts'
import { podStatus } from './pod-status.ts'
import { runHook } from './probe-action.ts'
import { ProberManager } from './prober-manager.ts'
import { StartBackOff } from './start-back-off.ts'
import { StatusWriter } from './status-writer.ts'
import { VolumeManager } from './volume-manager.ts'
import { isLive } from './volumes.ts'
import type { WorkerDeps } from './worker-deps.ts'

const RETRY = 1_000
const POST_START_LIMIT = 300_000
const VOLUME_REFRESH = 60_000

/** Runs one pod: looks at what the engine has, does what is missing, says what is. One pass at a time. */
export class PodWorker {
  readonly #deps: WorkerDeps
  readonly #observed: ObservedPod
  readonly #volumes: VolumeManager
  readonly #starter: ContainerStarter
  readonly #backOff: StartBackOff
  readonly #killer: ContainerKiller
  readonly #probers: ProberManager
  readonly #status: StatusWriter
  readonly #abort = new AbortController()
  readonly #leaving = new AbortController()
  #running: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout | undefined
  #terminated = false
  #stopped = false

  constructor(pod: Pod, deps: WorkerDeps) {
    this.#deps = deps
    this.#observed = new ObservedPod(pod, deps)
    this.#volumes = new VolumeManager(this.#observed, deps)
    this.#starter = new ContainerStarter(deps, this.#observed.dir)
    this.#backOff = new StartBackOff(this.#observed, deps)
    this.#killer = new ContainerKiller(this.#observed, deps, this.#leaving.signal)
    this.#probers = new ProberManager(this.#observed, deps, this.#killer, {
      changed: () => this.wake(),
      error: (error) => this.#log(error),
    })
    this.#status = new StatusWriter(deps.client, (error) => this.#log(error))
  }

  /** The pod with the status last said of it. */
  get pod(): Pod {
    return this.#observed.pod
  }

  /** The pod as it is now; a deletion interrupts what is under way. */
  update(pod: Pod): void {
    this.#observed.update(pod)
    if (pod.metadata.deletionTimestamp) this.#abort.abort()
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

  /** The engine's id of a container: the one that runs or ran last, or the one before it. */
  containerId(name: string, previous = false): string | undefined {
    return this.#observed.containerId(name, previous)
  }

  /** Stops looking; containers live on. */
  async stop(): Promise<void> {
    this.#leaving.abort()
    await this.#halt()
  }

  /** Takes away everything of a pod that the API no longer has. */
  async destroy(): Promise<void> {
    await this.#halt()
    await this.#removeAll(0)
  }

  async #halt(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#abort.abort()
    this.#probers.stop()
    await this.#running
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
    this.#timer = setTimeout(() => this.wake(), milliseconds)
    this.#timer.unref()
  }

  /** Resolves to the milliseconds after which to look again without an event. */
  async #sync(): Promise<number | undefined> {
    const { pod } = this
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    for (;;) {
      await this.#observed.observe()
      this.#probers.sync()
      const { containers } = this.#observed
      const decision = decide({ pod, observed: containers, started: this.#probers.started(), now: Date.now() })
      const waiting = new Map(decision.waiting)
      const { due, recheck } = this.#backOff.due(decision.start, waiting)
      const finished = ended ? (pod.status?.phase as 'Succeeded' | 'Failed') : decision.finished
      if (finished || (due.length === 0 && decision.replace.length === 0)) {
        if (finished) await this.#killer.stopRunning(30)
        this.#writeStatus(waiting, finished)
        const live = pod.spec.volumes?.some(isLive) && !finished
        if (live) await this.#volumes.refresh()
        return earliest([finished ? undefined : decision.recheckAfter, recheck, live ? VOLUME_REFRESH : undefined])
      }
      for (const { container } of due) waiting.set(container.name, { reason: 'ContainerCreating' })
      this.#writeStatus(waiting, undefined)
      for (const attempt of decision.replace) await this.#killer.kill(attempt, 'its pod network was replaced')
      await this.#startAll(due)
      if (this.#abort.signal.aborted) return undefined
    }
  }

  async #startAll(due: Decision['start']): Promise<void> {
    const configuration = new ConfigurationReader(this.#deps.client, this.pod.metadata.namespace ?? 'default')
    let volumes: Map<string, string>
    try {
      volumes = await this.#volumes.prepare(configuration)
    } catch (error) {
      for (const { container } of due)
        this.#backOff.failed(
          container.name,
          new StartFailure('ContainerCreating', describeError(error), { cause: error, event: 'FailedMount' }),
        )
      return
    }
    await Promise.all(
      due.map(async ({ container, attempt, networkOf }) => {
        try {
          await this.#starter.start(this.pod, {
            container,
            attempt,
            volumes,
            configuration,
            place: this.#observed.place,
            signal: this.#abort.signal,
            ...(networkOf && { networkOf }),
          })
          this.#backOff.started(container.name)
          await this.#postStart(container)
        } catch (error) {
          if (!this.#abort.signal.aborted) this.#backOff.failed(container.name, error)
        }
      }),
    )
  }

  async #postStart(container: Container): Promise<void> {
    const hook = container.lifecycle?.postStart
    if (!hook || this.#deps.runtime.simulated) return
    await this.#observed.observe()
    const current = this.#observed.containers.get(container.name)?.current
    if (!current) return
    const result = await runHook(hook, this.#observed.target(container, current.id), POST_START_LIMIT)
    if (result.success) return
    this.#deps.event(this.pod, 'Warning', 'FailedPostStartHook', `PostStartHook failed: ${result.output}`)
    await this.#killer.kill(current, 'FailedPostStartHook')
  }

  async #terminate(): Promise<undefined> {
    if (this.#terminated) return
    const { client } = this.#deps
    const { name, namespace = 'default', uid, deletionGracePeriodSeconds } = this.pod.metadata
    this.#probers.stop()
    const grace = deletionGracePeriodSeconds ?? this.pod.spec.terminationGracePeriodSeconds ?? 30
    await this.#removeAll(grace)
    await this.#status.flush()
    await client.delete(
      { apiVersion: 'v1', kind: 'Pod', namespace, name },
      { gracePeriodSeconds: 0, ...(uid && { preconditions: { uid } }) },
    )
    this.#terminated = true
  }

  /** Stops what runs, shows how it ended, and removes it. */
  async #removeAll(grace: number): Promise<void> {
    await this.#observed.observe()
    await this.#killer.stopRunning(grace)
    if (this.pod.metadata.deletionTimestamp && grace > 0) {
      await this.#observed.observe()
      if (this.#observed.containers.size > 0) this.#writeStatus(new Map(), undefined)
    }
    const { engine } = this.#deps.runtime
    await removeContainers(engine, await engine.list(podFilter(this.#deps.instance, this.pod.metadata.uid)))
    rmSync(this.#observed.dir, { recursive: true, force: true })
  }

  #writeStatus(waiting: Decision['waiting'], finished: 'Succeeded' | 'Failed' | undefined): void {
    const { runtime, hostIP } = this.#deps
    const status = podStatus({
      pod: this.pod,
      observed: this.#observed.containers,
      waiting,
      started: this.#probers.started(),
      ready: this.#probers.ready(),
      finished,
      hostIP,
      runtime: runtime.version.split(':')[0] ?? '',
      messages: this.#observed.terminationMessages(),
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

function earliest(times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}
