import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '@slipway/errors'
import { containerConfig, containerState, type InspectAnswer, statusOf, updateConfig } from './container-config.ts'
import { containerUsage, type StatsAnswer } from './container-usage.ts'
import { type EngineHttp, isNotFound, readText } from './engine-http.ts'
import { merged } from './frames.ts'
import { Images } from './images.ts'
import { countLines, sliceLines } from './log-lines.ts'
import type {
  BuildRequest,
  ContainerEngine,
  ContainerEvent,
  ContainerResources,
  ContainerSpec,
  ContainerState,
  ContainerSummary,
  ContainerUsage,
  EngineInfo,
  ExecRequest,
  ImageInfo,
  ImageSummary,
  LogOptions,
  OutputHandler,
  ProcessSession,
  TransferOptions,
} from './port.ts'
import { jsonLines } from './progress.ts'
import { attachTo, startExec } from './sessions.ts'

/** Milliseconds that a timer can have. */
const LONGEST = 2 ** 31 - 1

/** Docker or Podman behind the Docker Engine API. */
export class HttpContainerEngine implements ContainerEngine {
  readonly #http: EngineHttp
  readonly #info: EngineInfo
  readonly #images: Images
  readonly #build: ContainerEngine['build']

  constructor(http: EngineHttp, info: EngineInfo, build?: ContainerEngine['build']) {
    this.#http = http
    this.#info = info
    this.#images = new Images(http, info)
    this.#build = build ?? ((request, onOutput) => this.#images.build(request, onOutput))
  }

  get socketPath(): string {
    return this.#http.socketPath
  }

  async info(): Promise<EngineInfo> {
    return this.#info
  }

  build(request: BuildRequest, onOutput?: OutputHandler): Promise<{ imageId: string }> {
    return this.#build(request, onOutput)
  }
  push(reference: string, options?: TransferOptions, onOutput?: OutputHandler): Promise<{ digest: string }> {
    return this.#images.push(reference, options, onOutput)
  }
  pull(reference: string, options?: TransferOptions, onOutput?: OutputHandler): Promise<{ imageId: string }> {
    return this.#images.pull(reference, options, onOutput)
  }
  load(archive: Readable, signal?: AbortSignal): Promise<string[]> {
    return this.#images.load(archive, signal)
  }
  save(reference: string, signal?: AbortSignal): Promise<Readable> {
    return this.#images.save(reference, signal)
  }
  tag(reference: string, target: string): Promise<void> {
    return this.#images.tag(reference, target)
  }
  inspectImage(reference: string): Promise<ImageInfo | undefined> {
    return this.#images.inspect(reference)
  }
  listImages({ labels = {} }: { labels?: Record<string, string> } = {}): Promise<ImageSummary[]> {
    return this.#images.list(labels)
  }
  removeImage(reference: string, options: { force?: boolean } = {}): Promise<boolean> {
    return this.#images.remove(reference, options.force)
  }

  async createContainer(spec: ContainerSpec): Promise<string> {
    const { Id } = await this.#http.json<{ Id: string }>({
      method: 'POST',
      path: '/containers/create',
      query: { name: spec.name },
      body: containerConfig(spec, this.#info),
    })
    return Id
  }

  async start(id: string): Promise<void> {
    await this.#post(id, 'start')
  }

  /** Podman has it under its own API only, and answers with the id and not with JSON (4.3, libpod/containers.go). */
  async update(id: string, resources: ContainerResources): Promise<void> {
    const body = updateConfig(resources, this.#info.name)
    await readText(await this.#http.stream({ method: 'POST', path: `${this.#own}/containers/${id}/update`, body }))
  }

  async stop(id: string, timeout: number): Promise<void> {
    if (this.#info.name === 'podman') await this.#stopByHand(id, timeout)
    else await this.#post(id, 'stop', { t: String(Math.max(0, Math.round(timeout))) })
  }

  /** Podman lets nobody into a container that it stops itself: no probe, and nobody who looks why it takes so long. */
  async #stopByHand(id: string, timeout: number): Promise<void> {
    const { Config } = await this.#http.json<InspectAnswer>({ method: 'GET', path: `/containers/${id}/json` })
    const timer = new AbortController()
    const late = sleep(Math.min(Math.max(0, timeout) * 1000, LONGEST), true, { signal: timer.signal }).catch(
      () => false,
    )
    const ended = this.wait(id).then(() => false)
    try {
      if (timeout > 0) await this.kill(id, Config.StopSignal || 'SIGTERM')
      if (await Promise.race([ended, late])) await this.kill(id)
      await ended
    } finally {
      timer.abort()
      ended.catch(() => {})
    }
  }

  async kill(id: string, signal = 'SIGKILL'): Promise<void> {
    try {
      await this.#post(id, 'kill', { signal })
    } catch (error) {
      // 409: it does not run (any more).
      if (!(error instanceof UserError && error.code === 'ENGINE_CONFLICT') && !isNotRunning(error)) throw error
    }
  }

  async remove(id: string): Promise<boolean> {
    try {
      await this.#http.json({ method: 'DELETE', path: `/containers/${id}`, query: { force: 'true', v: 'true' } })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  async wait(id: string, signal?: AbortSignal): Promise<number> {
    const { StatusCode } = await this.#http.json<{ StatusCode: number }>({
      method: 'POST',
      path: `/containers/${id}/wait`,
      ...(signal && { signal }),
    })
    return StatusCode
  }

  async inspect(id: string): Promise<ContainerState | undefined> {
    try {
      return containerState(await this.#http.json<InspectAnswer>({ method: 'GET', path: `/containers/${id}/json` }))
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Podman's own list passes over one whose removal was cut short, for which the one that it has of Docker's API is refused whole. */
  async list(filter: { labels: Record<string, string> }): Promise<ContainerSummary[]> {
    const containers = await this.#http.json<
      { Id: string; Names: string[]; Labels?: Record<string, string> | null; State: string }[]
    >({
      method: 'GET',
      path: `${this.#own}/containers/json`,
      query: { all: 'true', filters: labelFilter(filter.labels) },
    })
    return containers.map((container) => ({
      id: container.Id,
      name: (container.Names[0] ?? '').replace(/^\//, ''),
      labels: container.Labels ?? {},
      status: statusOf(container.State),
    }))
  }

  async logs(id: string, options: LogOptions = {}): Promise<Readable> {
    const tty = (await this.inspect(id))?.tty ?? false
    const { tail, ...rest } = options
    if (tail === undefined || this.#info.name !== 'podman') return this.#logs(id, options, tty)
    // Podman's own tail loses a last line without an end, or glues it to the one before.
    const { follow: _follow, ...still } = rest
    const lines = await countLines(await this.#logs(id, still, tty))
    // What was written meanwhile is not part of the tail, unless it is followed.
    const skip = Math.max(0, lines - tail)
    return sliceLines(await this.#logs(id, rest, tty), { skip, ...(!rest.follow && { take: lines - skip }) })
  }

  async #logs(id: string, options: LogOptions, tty: boolean): Promise<Readable> {
    const { follow, tail, timestamps, since, only, signal } = options
    const response = await this.#http.stream({
      method: 'GET',
      path: `/containers/${id}/logs`,
      query: {
        stdout: only === 'stderr' ? '0' : '1',
        stderr: only === 'stdout' ? '0' : '1',
        follow: follow ? '1' : '0',
        timestamps: timestamps ? '1' : '0',
        tail: tail === undefined ? undefined : String(tail),
        since: since === undefined ? undefined : String(since),
      },
      ...(signal && { signal }),
    })
    return tty ? response : merged(response)
  }

  exec(id: string, request: ExecRequest): Promise<ProcessSession> {
    return startExec(this.#http, { id, isLocal: this.#info.addressesReachable }, request)
  }

  async attach(id: string, options: { stdin?: boolean } = {}): Promise<ProcessSession> {
    const tty = (await this.inspect(id))?.tty ?? false
    return attachTo(this.#http, id, { tty, stdin: options.stdin ?? false })
  }

  async *events(
    filter: { labels: Record<string, string> },
    options: { signal: AbortSignal; onReady?: () => void },
  ): AsyncGenerator<ContainerEvent> {
    const response = await this.#http.stream({
      method: 'GET',
      path: '/events',
      query: { filters: labelFilter(filter.labels, { type: ['container'] }) },
      signal: options.signal,
    })
    options.onReady?.()
    for await (const event of jsonLines<EventAnswer>(response)) {
      const { name = '', ...labels } = event.Actor.Attributes
      yield { action: event.Action, id: event.Actor.ID, name, labels }
    }
  }

  async usage(id: string): Promise<ContainerUsage> {
    const answer = await this.#http.json<StatsAnswer>({
      method: 'GET',
      path: `/containers/${id}/stats`,
      query: { stream: 'false', 'one-shot': 'true' },
    })
    return containerUsage(answer)
  }

  /** Where Podman has the API that is its own. */
  get #own(): string {
    return this.#info.name === 'podman' ? '/v4.0.0/libpod' : ''
  }

  async #post(id: string, action: string, query?: Record<string, string>): Promise<void> {
    await this.#http.json({ method: 'POST', path: `/containers/${id}/${action}`, ...(query && { query }) })
  }
}

interface EventAnswer {
  Action: string
  Actor: { ID: string; Attributes: Record<string, string> }
}

/** Podman answers 500 where Docker answers 409. */
const isNotRunning = (error: unknown): boolean =>
  error instanceof UserError && /not running|state improper|can only kill running/i.test(error.message)

function labelFilter(labels: Record<string, string>, more: Record<string, string[]> = {}): string {
  const label = Object.entries(labels).map(([name, value]) => (value === '' ? name : `${name}=${value}`))
  return JSON.stringify({ ...more, label })
}
