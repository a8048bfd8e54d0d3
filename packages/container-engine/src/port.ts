import type { Readable, Writable } from 'node:stream'

/** Which engine answers, and what follows from it. */
export interface EngineInfo {
  name: 'docker' | 'podman'
  version: string
  /** Version of the Docker API that it speaks, such as `1.41`. */
  apiVersion: string
  /** Whether programs on this machine can connect to a container's own IP address (rootful engine, no virtual machine between). */
  addressesReachable: boolean
  /** The least `oomScoreAdj` that it may give; what is asked for below is raised to it. */
  leastOomScoreAdj: number
}

export interface BuildRequest {
  /** The build context: a tar, plain or gzipped. */
  context: Readable
  /** Path inside the context. @default 'Dockerfile' */
  dockerfile?: string
  tags?: string[]
  buildArgs?: Record<string, string>
  target?: string
  /** Such as `linux/arm64`. @default the engine's own */
  platform?: string
  labels?: Record<string, string>
  noCache?: boolean
  /** Look for newer base images at their registries. */
  pull?: boolean
  /** Credentials for base images, by registry host. */
  registries?: Record<string, { username: string; password: string }>
  signal?: AbortSignal
}

export interface TransferOptions {
  username?: string
  password?: string
  /** Plain HTTP, or TLS without a trusted certificate. Docker decides this itself (it allows 127.0.0.0/8). */
  insecure?: boolean
  /** Such as `linux/arm64`; pull only. */
  platform?: string
  signal?: AbortSignal
}

/** Gets the engine's own progress text, chunk by chunk as it comes. */
export type OutputHandler = (text: string) => void

export interface ImageInfo {
  /** `sha256:…` of the image configuration. */
  id: string
  tags: string[]
  digests: string[]
  /** Bytes. */
  size: number
  created: string
  architecture: string
  os: string
  labels: Record<string, string>
  env: string[]
  entrypoint: string[]
  command: string[]
  user: string
  workingDir: string
  /** Such as `8080/tcp`. */
  exposedPorts: string[]
}

export type ImageSummary = Pick<ImageInfo, 'id' | 'tags' | 'digests' | 'size'>

export interface PortPublication {
  containerPort: number
  protocol: 'tcp' | 'udp' | 'sctp'
  /** @default every address */
  hostIp?: string
  /** 0 takes a free one. */
  hostPort: number
}

export interface BindMount {
  source: string
  target: string
  readOnly?: boolean
  /** @default 'rprivate' */
  propagation?: 'rprivate' | 'rslave' | 'rshared'
}

export interface ContainerSpec {
  name: string
  /** A reference, or the id of an image that the engine has. */
  image: string
  /** Replaces the image's entry point, and drops its command. */
  entrypoint?: string[]
  /** Replaces the image's command (the arguments of the entry point). */
  command?: string[]
  /** `NAME=value`. */
  env?: string[]
  workingDir?: string
  /** `uid[:gid]` or names of the image. */
  user?: string
  labels?: Record<string, string>
  mounts?: BindMount[]
  /** In-memory file systems: path -> options, such as `size=64m`. */
  tmpfs?: Record<string, string>
  ports?: PortPublication[]
  /** `container:<id>` shares that container's network and host name. @default the engine's bridge */
  network?: 'bridge' | 'host' | 'none' | `container:${string}`
  pid?: 'host' | `container:${string}`
  /** `shareable` lets others join it. */
  ipc?: 'host' | 'shareable' | `container:${string}`
  hostname?: string
  /** `name:address`, for /etc/hosts. */
  extraHosts?: string[]
  dns?: { servers?: string[]; searches?: string[]; options?: string[] }
  /** Bytes. */
  memoryLimit?: number
  /** CPUs, such as 0.5. */
  cpuLimit?: number
  cpuShares?: number
  /** How soon the kernel ends its processes when memory is short: -1000 never, 1000 first. */
  oomScoreAdj?: number
  privileged?: boolean
  readOnlyRootFilesystem?: boolean
  noNewPrivileges?: boolean
  /** Filter on system calls: none, or the profile in a file of this machine. @default the engine's own */
  seccomp?: 'unconfined' | { file: string }
  addCapabilities?: string[]
  dropCapabilities?: string[]
  addGroups?: string[]
  sysctls?: Record<string, string>
  tty?: boolean
  openStdin?: boolean
  stdinOnce?: boolean
  stopSignal?: string
}

/** What may change of a container while it runs. */
export type ContainerResources = Pick<ContainerSpec, 'memoryLimit' | 'cpuLimit' | 'cpuShares'>

export interface ContainerState {
  id: string
  name: string
  imageId: string
  labels: Record<string, string>
  status: 'created' | 'running' | 'paused' | 'exited'
  exitCode: number
  oomKilled: boolean
  /** Why it could not be started, in the engine's words. */
  error: string
  /** RFC 3339; absent until it happened. */
  createdAt: string
  startedAt?: string
  finishedAt?: string
  /** Of the bridge network; absent while it has none. */
  ipAddress?: string
  gateway?: string
  ports: Required<PortPublication>[]
  tty: boolean
  /** Process id on this machine; 0 when not running. */
  pid: number
}

export interface ContainerSummary {
  id: string
  name: string
  labels: Record<string, string>
  status: ContainerState['status']
}

export interface LogOptions {
  follow?: boolean
  /** Only so many of the last lines. */
  tail?: number
  timestamps?: boolean
  /** Seconds since 1970, with a fraction. */
  since?: number
  /** @default both */
  only?: 'stdout' | 'stderr'
  signal?: AbortSignal
}

export interface ExecRequest {
  command: string[]
  tty?: boolean
  stdin?: boolean
  env?: string[]
  user?: string
  workingDir?: string
}

/** A process in a container, connected. With a terminal everything comes through `stdout`. */
export interface ProcessSession {
  stdin: Writable
  stdout: Readable
  stderr: Readable
  resize(size: { rows: number; columns: number }): Promise<void>
  /** Resolves when the process has ended (exec) or the connection has (attach: always 0). */
  exited: Promise<number>
  /** Cuts the connection; the process may live on. */
  close(): void
  /** Ends the process of an exec, where the engine's processes are this machine's. */
  kill(): Promise<void>
}

/** Something that happened to a container. */
export interface ContainerEvent {
  /** The engine's word: `create`, `start`, `die`, `oom`, `destroy`/`remove`, … */
  action: string
  id: string
  name: string
  labels: Record<string, string>
}

/** What a container has used since it started, and has now; what is absent is not known. */
export interface ContainerUsage {
  /** Nanoseconds of processor time. */
  cpuNanoseconds: number
  /** All that is charged to it, caches included. */
  memoryBytes: number
  /** The part of it that can't be given up at once. */
  workingSetBytes?: number
  rssBytes?: number
  pageFaults?: number
  majorPageFaults?: number
  processes?: number
  /** Of its own network; empty when it has joined another's. */
  networks: InterfaceUsage[]
}

export interface InterfaceUsage {
  name: string
  rxBytes: number
  rxErrors: number
  txBytes: number
  txErrors: number
}

/**
 * What Slipway wants of Docker or Podman. Errors: TransientError ENGINE_UNAVAILABLE (no answer), UserError ENGINE_NOT_FOUND,
 * ENGINE_CONFLICT, ENGINE_REFUSED (with the engine's own words), IMAGE_BUILD_FAILED, IMAGE_TRANSFER_FAILED.
 */
export interface ContainerEngine {
  readonly socketPath: string
  info(): Promise<EngineInfo>

  /** Builds from a Dockerfile. Throws UserError IMAGE_BUILD_FAILED with the failing step's words. */
  build(request: BuildRequest, onOutput?: OutputHandler): Promise<{ imageId: string }>
  /** Resolves to the manifest's digest at the registry. */
  push(reference: string, options?: TransferOptions, onOutput?: OutputHandler): Promise<{ digest: string }>
  pull(reference: string, options?: TransferOptions, onOutput?: OutputHandler): Promise<{ imageId: string }>
  /** Takes images out of a `docker save` or OCI archive; resolves to their references or ids. */
  load(archive: Readable, signal?: AbortSignal): Promise<string[]>
  /** The image as a `docker save` archive. */
  save(reference: string, signal?: AbortSignal): Promise<Readable>
  tag(reference: string, target: string): Promise<void>
  /** Undefined when the engine does not have it. */
  inspectImage(reference: string): Promise<ImageInfo | undefined>
  listImages(filter?: { labels?: Record<string, string> }): Promise<ImageSummary[]>
  /** False when there was none. */
  removeImage(reference: string, options?: { force?: boolean }): Promise<boolean>

  /** Resolves to the id. */
  createContainer(spec: ContainerSpec): Promise<string>
  start(id: string): Promise<void>
  /** Changes what is given, and leaves the rest. */
  update(id: string, resources: ContainerResources): Promise<void>
  /** Asks it to end, and kills it after `timeout` seconds. Resolves when it has ended; harmless when it had. */
  stop(id: string, timeout: number): Promise<void>
  /** Harmless when it does not run. */
  kill(id: string, signal?: string): Promise<void>
  /** With everything that belongs to it, also while it runs. False when there was none. */
  remove(id: string): Promise<boolean>
  /** Resolves to the exit code when it has ended. */
  wait(id: string, signal?: AbortSignal): Promise<number>
  /** Undefined when there is none. */
  inspect(id: string): Promise<ContainerState | undefined>
  /** Containers in every state that carry all these labels. An empty value asks only for the label. */
  list(filter: { labels: Record<string, string> }): Promise<ContainerSummary[]>
  /** Both outputs in the order in which they came. Ends with the container when following. */
  logs(id: string, options?: LogOptions): Promise<Readable>
  exec(id: string, request: ExecRequest): Promise<ProcessSession>
  attach(id: string, options?: { stdin?: boolean }): Promise<ProcessSession>
  /** What happens from now on to containers with these labels; `onReady` is called when none can be missed any more. */
  events(
    filter: { labels: Record<string, string> },
    options: { signal: AbortSignal; onReady?: () => void },
  ): AsyncIterable<ContainerEvent>
  usage(id: string): Promise<ContainerUsage>
}
