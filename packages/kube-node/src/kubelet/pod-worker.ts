import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '@slipway/controller-runtime'
import { classOf, describeError, messageOf, type SlipwayError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { timestamp } from '../controllers/clock.ts'
import type { PodRuntime } from '../runtime/pod-runtime.ts'
import type { Container, Pod, PodStatus } from '../types.ts'
import { ConfigurationReader } from './configuration.ts'
import { lastingContainers, messageFile } from './container-spec.ts'
import { ContainerStarter, StartFailure } from './container-starter.ts'
import { decide } from './decide.ts'
import { type Attempt, type Observed, observePod, podFilter, removeContainers } from './observe.ts'
import { podStatus } from './pod-status.ts'
import { type ProbeTarget, runHook } from './probe-action.ts'
import { Prober } from './prober.ts'
import { StatusWriter } from './status-writer.ts'
import { isLive, prepareVolumes, terminationMessage } from './volumes.ts'

export interface WorkerDeps {
  client: KubeClient
  runtime: PodRuntime
  /** Folder of all pods. */
  podsDir: string
  nodeName: string
  /** Tells this node's containers from those of others at the same engine. */
  instance: string
  hostIP: string
  event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void
  serviceAccountToken?: (pod: Pod, audience: string | undefined, seconds: number) => Promise<string>
  log: Log
}

const FIRST_RETRY = 10_000
const LAST_RETRY = 300_000
const VOLUME_REFRESH = 60_000

interface Failure {
  reason: string
  message: string
  count: number
  retryAt: number
}

/** Runs one pod: looks at what the engine has, does what is missing, says what is. One pass at a time. */
export class PodWorker {
  pod: Pod
  readonly #deps: WorkerDeps
  readonly #starter: ContainerStarter
  readonly #status: StatusWriter
  readonly #failures = new Map<string, Failure>()
  readonly #probers = new Map<string, Prober>()
  readonly #abort = new AbortController()
  readonly #dir: string
  #observed: ReadonlyMap<string, Observed> = new Map()
  #running: Promise<void> | undefined
  #again = false
  #said: PodStatus | undefined
  #timer: NodeJS.Timeout | undefined
  #terminated = false
  #stopped = false

  constructor(pod: Pod, deps: WorkerDeps) {
    this.pod = pod
    this.#deps = deps
    this.#dir = join(deps.podsDir, pod.metadata.uid ?? '')
    this.#starter = new ContainerStarter(deps, this.#dir)
    this.#status = new StatusWriter(deps.client, (error) => this.#log(error))
  }

  /** The pod as it is now; a deletion interrupts what is under way. */
  update(pod: Pod): void {
    this.pod = this.#said ? withStatus(pod, this.#said) : pod
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
    for (const { current } of this.#observed.values()) {
      if (current.status !== 'running') continue
      if (this.pod.spec.hostNetwork) return { host: '127.0.0.1', port }
      const published = current.ports.find(
        ({ containerPort, protocol }) => containerPort === port && protocol === 'tcp',
      )
      if (!this.#deps.runtime.addressesReachable && published) return { host: '127.0.0.1', port: published.hostPort }
      if (current.ipAddress) return { host: current.ipAddress, port }
    }
    return undefined
  }

  /** The engine's id of a container: the one that runs or ran last, or the one before it. */
  containerId(name: string, previous = false): string | undefined {
    const observed = this.#observed.get(name)
    return (previous ? observed?.previous : observed?.current)?.id
  }

  /** Stops looking; containers live on. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#abort.abort()
    for (const prober of this.#probers.values()) prober.stop()
    await this.#running
    await this.#status.flush()
  }

  /** Takes away everything of a pod that the API no longer has. */
  async destroy(): Promise<void> {
    await this.stop()
    await this.#removeAll(0)
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
        this.#wakeIn(FIRST_RETRY / 10)
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
      await this.#observe()
      this.#keepProbers()
      const decision = decide({ pod, observed: this.#observed, started: this.#startedNames(), now: Date.now() })
      const waiting = new Map(decision.waiting)
      const { due, recheck } = this.#withoutBackOff(decision.start, waiting)
      const finished = ended ? (pod.status?.phase as 'Succeeded' | 'Failed') : decision.finished
      if (finished || (due.length === 0 && decision.replace.length === 0)) {
        if (finished) await this.#stopAll(this.#runningAttempts(), 30)
        this.#writeStatus(waiting, finished)
        const live = pod.spec.volumes?.some(isLive) && !finished
        if (live) await this.#refreshVolumes()
        return earliest([finished ? undefined : decision.recheckAfter, recheck, live ? VOLUME_REFRESH : undefined])
      }
      for (const { container } of due) waiting.set(container.name, { reason: 'ContainerCreating' })
      this.#writeStatus(waiting, undefined)
      for (const attempt of decision.replace) await this.#kill(attempt, 'its pod network was replaced')
      await this.#startAll(due)
      if (this.#abort.signal.aborted) return undefined
    }
  }

  async #startAll(due: { container: Container; attempt: number; networkOf?: string }[]): Promise<void> {
    const configuration = new ConfigurationReader(this.#deps.client, this.pod.metadata.namespace ?? 'default')
    let volumes: Map<string, string>
    try {
      volumes = await prepareVolumes(this.#volumeContext(configuration))
    } catch (error) {
      for (const { container } of due)
        this.#fail(
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
            place: this.#place(),
            signal: this.#abort.signal,
            ...(networkOf && { networkOf }),
          })
          this.#failures.delete(container.name)
          await this.#postStart(container)
        } catch (error) {
          if (!this.#abort.signal.aborted) this.#fail(container.name, error)
        }
      }),
    )
  }

  async #postStart(container: Container): Promise<void> {
    const hook = container.lifecycle?.postStart
    if (!hook || this.#deps.runtime.simulated) return
    await this.#observe()
    const current = this.#observed.get(container.name)?.current
    if (!current) return
    const result = await runHook(hook, this.#target(container, current.id), LAST_RETRY)
    if (result.success) return
    this.#deps.event(this.pod, 'Warning', 'FailedPostStartHook', `PostStartHook failed: ${result.output}`)
    await this.#kill(current, 'FailedPostStartHook')
  }

  #fail(name: string, error: unknown): void {
    const failure =
      error instanceof StartFailure
        ? error
        : new StartFailure('CreateContainerError', messageOf(error), { cause: error })
    const count = (this.#failures.get(name)?.count ?? 0) + 1
    const delay = Math.min(FIRST_RETRY * 2 ** (count - 1), LAST_RETRY)
    // Configuration that is missing may come any moment, and looking for it is cheap.
    const wait =
      failure.reason === 'ErrImagePull' || classOf(failure.cause) === 'bug' ? delay : Math.min(delay, 2_000 * count)
    this.#failures.set(name, { reason: failure.reason, message: failure.message, count, retryAt: Date.now() + wait })
    this.#deps.event(this.pod, 'Warning', failure.event, failure.eventMessage)
  }

  #withoutBackOff(
    start: { container: Container; attempt: number; networkOf?: string }[],
    waiting: Map<string, { reason: string; message?: string }>,
  ): { due: typeof start; recheck: number | undefined } {
    let recheck: number | undefined
    const due = start.filter(({ container }) => {
      const failure = this.#failures.get(container.name)
      const wait = failure ? failure.retryAt - Date.now() : 0
      if (!failure || wait <= 0) return true
      recheck = Math.min(recheck ?? wait, wait)
      waiting.set(container.name, { reason: failure.reason, message: failure.message })
      if (failure.reason === 'ErrImagePull') {
        // The next look shows the back-off, as kubectl users know it.
        failure.reason = 'ImagePullBackOff'
        failure.message = `Back-off pulling image "${container.image}": ErrImagePull: ${failure.message}`
        this.#deps.event(this.pod, 'Normal', 'BackOff', `Back-off pulling image "${container.image}"`)
      }
      return false
    })
    return { due, recheck }
  }

  async #terminate(): Promise<undefined> {
    if (this.#terminated) return
    const { client } = this.#deps
    const { name, namespace = 'default', uid, deletionGracePeriodSeconds } = this.pod.metadata
    for (const prober of this.#probers.values()) prober.stop()
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
    await this.#observe()
    await this.#stopAll(this.#runningAttempts(), grace)
    if (this.pod.metadata.deletionTimestamp && grace > 0) {
      await this.#observe()
      if (this.#observed.size > 0) this.#writeStatus(new Map(), undefined)
    }
    const { engine } = this.#deps.runtime
    await removeContainers(engine, await engine.list(podFilter(this.#deps.instance, this.pod.metadata.uid)))
    rmSync(this.#dir, { recursive: true, force: true })
  }

  #runningAttempts(): Attempt[] {
    return [...this.#observed.values()].map(({ current }) => current).filter(({ status }) => status === 'running')
  }

  async #stopAll(attempts: Attempt[], grace: number): Promise<void> {
    await Promise.all(attempts.map((attempt) => this.#stopOne(attempt, grace)))
  }

  async #stopOne(attempt: Attempt, grace: number): Promise<void> {
    const container = this.#containerNamed(attempt.name)
    const begun = Date.now()
    this.#deps.event(this.pod, 'Normal', 'Killing', `Stopping container ${attempt.name}`)
    const hook = container?.lifecycle?.preStop
    if (hook && container && grace > 0 && !this.#deps.runtime.simulated) {
      const result = await runHook(hook, this.#target(container, attempt.id), grace * 1000)
      if (!result.success)
        this.#deps.event(this.pod, 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${result.output}`)
    }
    const left = grace - (Date.now() - begun) / 1000
    await this.#deps.runtime.engine.stop(attempt.id, grace === 0 ? 0 : Math.max(2, left))
  }

  async #kill(attempt: Attempt, why: string): Promise<void> {
    this.#deps.event(this.pod, 'Normal', 'Killing', `Container ${attempt.name} ${why}, will be restarted`)
    await this.#deps.runtime.engine.stop(attempt.id, this.pod.spec.terminationGracePeriodSeconds ?? 30)
  }

  async #observe(): Promise<void> {
    const { containers, stale } = await observePod(this.#deps.runtime.engine, {
      node: this.#deps.instance,
      uid: this.pod.metadata.uid ?? '',
    })
    this.#observed = containers
    await removeContainers(this.#deps.runtime.engine, stale)
  }

  #keepProbers(): void {
    const running = new Map(this.#runningAttempts().map((attempt) => [attempt.id, attempt]))
    for (const [id, prober] of this.#probers) {
      if (running.has(id)) continue
      prober.stop()
      this.#probers.delete(id)
    }
    for (const [id, { name }] of running) {
      const container = this.#containerNamed(name)
      if (container && !this.#probers.has(id)) this.#probers.set(id, this.#probe(container, id))
    }
  }

  #probe(container: Container, id: string): Prober {
    const { simulated } = this.#deps.runtime
    const { startupProbe: _startup, readinessProbe: _readiness, livenessProbe: _liveness, ...unprobed } = container
    return new Prober(simulated ? unprobed : container, this.#target(container, id), {
      changed: () => this.wake(),
      failed: (kind, output) => {
        const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
        this.#deps.event(this.pod, 'Warning', 'Unhealthy', `${title} probe failed: ${output}`)
      },
      dead: (kind) => {
        const attempt = this.#runningAttempts().find((running) => running.id === id)
        if (!attempt) return
        this.#kill(attempt, `failed ${kind} probe`).then(
          () => this.wake(),
          (error) => this.#log(error),
        )
      },
    })
  }

  #writeStatus(
    waiting: ReadonlyMap<string, { reason: string; message?: string }>,
    finished: 'Succeeded' | 'Failed' | undefined,
  ): void {
    const { runtime, hostIP } = this.#deps
    const names = (test: (prober: Prober) => boolean): Set<string> =>
      new Set(
        this.#runningAttempts().flatMap(({ id, name }) => {
          const prober = this.#probers.get(id)
          return prober && test(prober) ? [name] : []
        }),
      )
    const status: PodStatus = podStatus({
      pod: this.pod,
      observed: this.#observed,
      waiting,
      started: names((prober) => prober.started),
      ready: names((prober) => prober.ready),
      finished,
      hostIP,
      runtime: runtime.version.split(':')[0] ?? '',
      messages: this.#messages(),
      now: timestamp(),
    })
    this.#status.set(this.pod, status)
    this.pod = withStatus(this.pod, status)
    this.#said = status
  }

  #messages(): Map<string, string> {
    const attempts = [...this.#observed.values()].flatMap(({ current, previous }) =>
      previous ? [current, previous] : [current],
    )
    return new Map(
      attempts
        .filter(({ status }) => status === 'exited')
        .map(({ id, name, attempt }) => [id, terminationMessage(messageFile(this.#dir, name, attempt))]),
    )
  }

  async #refreshVolumes(): Promise<void> {
    const configuration = new ConfigurationReader(this.#deps.client, this.pod.metadata.namespace ?? 'default')
    await prepareVolumes(this.#volumeContext(configuration)).catch((error: unknown) => {
      this.#deps.event(this.pod, 'Warning', 'FailedMount', describeError(error))
    })
  }

  #volumeContext(configuration: ConfigurationReader): Parameters<typeof prepareVolumes>[0] {
    const { serviceAccountToken } = this.#deps
    return {
      pod: this.pod,
      dir: this.#dir,
      configuration,
      place: this.#place(),
      ...(serviceAccountToken && { serviceAccountToken }),
    }
  }

  #startedNames(): Set<string> {
    return new Set(
      this.#runningAttempts()
        .filter(({ id }) => this.#probers.get(id)?.started)
        .map(({ name }) => name),
    )
  }

  #target(container: Container, containerId: string): ProbeTarget {
    return {
      engine: this.#deps.runtime.engine,
      containerId,
      container,
      dial: (port) => this.dial(port) ?? { host: this.pod.status?.podIP ?? '127.0.0.1', port },
    }
  }

  #place(): { nodeName: string; hostIP: string; podIP: string } {
    return { nodeName: this.#deps.nodeName, hostIP: this.#deps.hostIP, podIP: this.pod.status?.podIP ?? '' }
  }

  #containerNamed(name: string): Container | undefined {
    return [...lastingContainers(this.pod), ...(this.pod.spec.initContainers ?? [])].find(
      (container) => container.name === name,
    )
  }

  #log(error: unknown): void {
    const { namespace, name } = this.pod.metadata
    const stack = classOf(error) === 'bug' ? (error as SlipwayError).stack : undefined
    this.#deps.log('error', `pod ${namespace}/${name}: ${describeError(error)}`, { ...(stack && { stack }) })
  }
}

/** The pod with what was last said of it, which the watch may not have brought back yet; conditions of others are kept. */
function withStatus(pod: Pod, said: PodStatus): Pod {
  const own = said.conditions ?? []
  const foreign = (pod.status?.conditions ?? []).filter(({ type }) => !own.some((condition) => condition.type === type))
  return { ...pod, status: { ...pod.status, ...said, conditions: [...own, ...foreign] } }
}

function earliest(times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}
