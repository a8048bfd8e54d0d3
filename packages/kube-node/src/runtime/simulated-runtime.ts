import { PassThrough, Readable } from 'node:stream'
import type {
  ContainerEvent,
  ContainerSpec,
  ContainerState,
  ContainerUsage,
  ImageInfo,
  ImageSummary,
} from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import { checkImageName } from './image-name.ts'
import type { PodEngine, PodRuntime } from './pod-runtime.ts'

/** A runtime for machines without a container engine: pods become Running and Ready, and nothing runs. It forgets all at its end. */
export function simulatedRuntime(): PodRuntime {
  const engine = new SimulatedEngine()
  return {
    version: 'simulated://0',
    simulated: true,
    addressesReachable: true,
    engine,
    images: {
      ensureImage: async (reference) => {
        checkImageName(reference)
        return { image: await engine.inspectImage(reference), imageRef: reference, pulled: false }
      },
    },
    sandboxImage: async () => 'simulated',
  }
}

class SimulatedEngine implements PodEngine {
  readonly #containers = new Map<string, { spec: ContainerSpec; state: ContainerState }>()
  readonly #listeners = new Set<(event: ContainerEvent) => void>()
  #count = 0

  async createContainer(spec: ContainerSpec): Promise<string> {
    const number = ++this.#count
    const id = number.toString(16).padStart(64, '0')
    const state: ContainerState = {
      id,
      name: spec.name,
      imageId: spec.image,
      labels: spec.labels ?? {},
      status: 'created',
      exitCode: 0,
      oomKilled: false,
      error: '',
      createdAt: new Date().toISOString(),
      ports: [],
      tty: false,
      pid: 0,
      // RFC 5737: addresses that lead nowhere.
      ...(!spec.network && { ipAddress: `192.0.2.${((number - 1) % 254) + 1}` }),
    }
    this.#containers.set(id, { spec, state })
    return id
  }

  async start(id: string): Promise<void> {
    const { state } = this.#find(id)
    state.status = 'running'
    state.startedAt = new Date().toISOString()
    this.#tell('start', state)
  }

  async stop(id: string): Promise<void> {
    const { state } = this.#find(id)
    if (state.status !== 'running') return
    state.status = 'exited'
    state.finishedAt = new Date().toISOString()
    this.#tell('die', state)
  }

  async update(): Promise<void> {}

  async usage(): Promise<ContainerUsage> {
    return { cpuNanoseconds: 0, memoryBytes: 0, networks: [] }
  }

  kill(id: string): Promise<void> {
    return this.stop(id)
  }

  async remove(id: string): Promise<boolean> {
    return this.#containers.delete(id)
  }

  async inspect(id: string): Promise<ContainerState | undefined> {
    const state = this.#containers.get(id)?.state
    return state && { ...state }
  }

  async list({ labels }: { labels: Record<string, string> }): Promise<ContainerState[]> {
    const wanted = Object.entries(labels)
    return [...this.#containers.values()]
      .map(({ state }) => state)
      .filter((state) => wanted.every(([name, value]) => state.labels[name] === value))
  }

  async logs(id: string): Promise<Readable> {
    const { spec } = this.#find(id)
    return Readable.from([
      Buffer.from(`slipway: there is no container engine; "${spec.image}" is simulated and prints nothing\n`),
    ])
  }

  async exec(): Promise<never> {
    throw new UserError('POD_SIMULATED', 'this pod is simulated: there is no container to run a command in', {
      hint: 'install Podman or Docker and start again',
    })
  }

  attach(): Promise<never> {
    return this.exec()
  }

  async inspectImage(reference: string): Promise<ImageInfo> {
    const none = { tags: [], digests: [], labels: {}, env: [], entrypoint: [], command: [], exposedPorts: [] }
    // Nobody knows the image's user; as root it would keep pods that insist on another from being shown as running.
    return { id: reference, size: 0, created: '', architecture: '', os: '', user: '65532', workingDir: '', ...none }
  }

  async listImages(): Promise<ImageSummary[]> {
    return []
  }

  async *events(
    _filter: { labels: Record<string, string> },
    { signal, onReady }: { signal: AbortSignal; onReady?: () => void },
  ): AsyncGenerator<ContainerEvent> {
    const queue = new PassThrough({ objectMode: true })
    const listener = (event: ContainerEvent): unknown => queue.write(event)
    this.#listeners.add(listener)
    signal.addEventListener('abort', () => queue.end(), { once: true })
    onReady?.()
    try {
      yield* queue as AsyncIterable<ContainerEvent>
    } finally {
      this.#listeners.delete(listener)
    }
  }

  #tell(action: string, { id, name, labels }: ContainerState): void {
    for (const listener of this.#listeners) listener({ action, id, name, labels })
  }

  #find(id: string): { spec: ContainerSpec; state: ContainerState } {
    const found = this.#containers.get(id)
    if (!found) throw new UserError('ENGINE_NOT_FOUND', `no such container: ${id}`)
    return found
  }
}
