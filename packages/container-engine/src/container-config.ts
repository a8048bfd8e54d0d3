import { readFileSync } from 'node:fs'
import type {
  BindMount,
  ContainerResources,
  ContainerSpec,
  ContainerState,
  EngineInfo,
  PortPublication,
} from './port.ts'

/** The body of `POST /containers/create`. */
export function containerConfig(spec: ContainerSpec, engine: Pick<EngineInfo, 'name' | 'leastOomScoreAdj'>): object {
  return defined({
    Image: spec.image,
    Entrypoint: spec.entrypoint,
    Cmd: spec.command,
    Env: spec.env,
    WorkingDir: spec.workingDir,
    User: spec.user,
    Labels: spec.labels,
    Hostname: spec.hostname,
    Tty: spec.tty,
    OpenStdin: spec.openStdin,
    StdinOnce: spec.stdinOnce,
    AttachStdin: spec.openStdin,
    AttachStdout: true,
    AttachStderr: true,
    StopSignal: spec.stopSignal,
    ExposedPorts: spec.ports && Object.fromEntries(spec.ports.map((port) => [portKey(port), {}])),
    HostConfig: hostConfig(spec, engine),
  })
}

const CPU_PERIOD = 100_000

/** The body of `POST /containers/{id}/update`; Podman's is a part of the OCI runtime's own configuration. */
export function updateConfig(resources: ContainerResources, engine: EngineInfo['name']): object {
  const { memoryLimit, cpuLimit, cpuShares } = resources
  if (engine === 'docker') return defined(limitsConfig(resources))
  const cpu = defined({
    ...(cpuLimit !== undefined && { quota: Math.round(cpuLimit * CPU_PERIOD), period: CPU_PERIOD }),
    shares: cpuShares,
  })
  return defined({
    memory: memoryLimit === undefined ? undefined : { limit: memoryLimit, swap: memoryLimit },
    cpu: Object.keys(cpu).length > 0 ? cpu : undefined,
  })
}

function limitsConfig({ memoryLimit, cpuLimit, cpuShares }: ContainerResources): Record<string, unknown> {
  return {
    Memory: memoryLimit,
    // Without its own limit, swap is added on top of memory.
    MemorySwap: memoryLimit,
    NanoCpus: cpuLimit && Math.round(cpuLimit * 1e9),
    CpuShares: cpuShares,
  }
}

function hostConfig(
  spec: ContainerSpec,
  { name: engine, leastOomScoreAdj }: Parameters<typeof containerConfig>[1],
): object {
  return defined({
    ...mountConfig(spec.mounts ?? []),
    Tmpfs: spec.tmpfs,
    PortBindings: spec.ports && portBindings(spec.ports),
    NetworkMode: spec.network,
    // With Docker the host name comes with the network.
    UTSMode: engine === 'podman' && spec.network?.startsWith('container:') ? spec.network : undefined,
    PidMode: spec.pid,
    IpcMode: spec.ipc,
    ExtraHosts: spec.extraHosts,
    Dns: spec.dns?.servers,
    DnsSearch: spec.dns?.searches,
    DnsOptions: spec.dns?.options,
    ...limitsConfig(spec),
    Privileged: spec.privileged,
    ReadonlyRootfs: spec.readOnlyRootFilesystem,
    SecurityOpt: securityOptions(spec, engine),
    OomScoreAdj: spec.oomScoreAdj === undefined ? undefined : Math.max(spec.oomScoreAdj, leastOomScoreAdj),
    CapAdd: spec.addCapabilities,
    CapDrop: spec.dropCapabilities,
    GroupAdd: spec.addGroups,
    Sysctls: spec.sysctls,
    LogConfig: LOG_CONFIG[engine],
  })
}

/** As much as the kubelet keeps (containerLogMaxSize, containerLogMaxFiles): a container that talks for months must not fill the disk. */
const LOG_CONFIG = {
  docker: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } },
  // It has no more than one file, which begins anew.
  podman: { Type: 'k8s-file', Config: { 'max-size': '10m' } },
}

/**
 * With BindOptions, whatever they say, Podman 4 leaves out what is mounted below the source; Binds have a propagation without them,
 * but their paths may hold no colon.
 */
function mountConfig(mounts: BindMount[]): object {
  const isBind = ({ source, propagation }: BindMount): boolean => propagation !== undefined && !source.includes(':')
  return defined({
    Binds: some(
      mounts
        .filter(isBind)
        .map(
          ({ source, target, readOnly, propagation }) => `${source}:${target}:${propagation}${readOnly ? ',ro' : ''}`,
        ),
    ),
    Mounts: some(
      mounts
        .filter((mount) => !isBind(mount))
        .map(({ source, target, readOnly, propagation }) => ({
          Type: 'bind',
          Source: source,
          Target: target,
          ReadOnly: readOnly ?? false,
          ...(propagation && { BindOptions: { Propagation: propagation } }),
        })),
    ),
  })
}

const some = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined)

function securityOptions(
  { noNewPrivileges, seccomp }: ContainerSpec,
  engine: EngineInfo['name'],
): string[] | undefined {
  const options = [
    ...(noNewPrivileges ? ['no-new-privileges'] : []),
    ...(seccomp ? [`seccomp=${seccompOption(seccomp, engine)}`] : []),
  ]
  return options.length > 0 ? options : undefined
}

/** Docker takes the profile itself, Podman where it is. */
function seccompOption(seccomp: NonNullable<ContainerSpec['seccomp']>, engine: EngineInfo['name']): string {
  if (seccomp === 'unconfined') return seccomp
  return engine === 'podman' ? seccomp.file : readFileSync(seccomp.file, 'utf8')
}

const portKey = ({ containerPort, protocol }: PortPublication): string => `${containerPort}/${protocol}`

function portBindings(ports: PortPublication[]): Record<string, object[]> {
  const bindings: Record<string, object[]> = {}
  for (const port of ports) {
    const list = bindings[portKey(port)] ?? []
    bindings[portKey(port)] = list
    list.push({ HostIp: port.hostIp ?? '', HostPort: port.hostPort === 0 ? '' : String(port.hostPort) })
  }
  return bindings
}

/** The parts of `GET /containers/{id}/json` that are read here. */
export interface InspectAnswer {
  Id: string
  Name: string
  Image: string
  Created: string
  State: {
    Status: string
    ExitCode: number
    OOMKilled: boolean
    Error?: string
    StartedAt?: string
    FinishedAt?: string
    Pid: number
  }
  Config: { Labels?: Record<string, string> | null; Tty?: boolean; StopSignal?: string }
  NetworkSettings?: {
    IPAddress?: string
    Gateway?: string
    Networks?: Record<string, { IPAddress?: string; Gateway?: string }> | null
    Ports?: Record<string, { HostIp?: string; HostPort?: string }[] | null> | null
  }
}

export function containerState(answer: InspectAnswer): ContainerState {
  const { State: state, NetworkSettings: settings } = answer
  const networks = Object.values(settings?.Networks ?? {})
  return defined({
    id: answer.Id,
    name: answer.Name.replace(/^\//, ''),
    imageId: withAlgorithm(answer.Image),
    labels: answer.Config.Labels ?? {},
    status: statusOf(state.Status),
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error ?? '',
    createdAt: answer.Created,
    startedAt: instant(state.StartedAt),
    finishedAt: instant(state.FinishedAt),
    ipAddress: settings?.IPAddress || networks.find((network) => network.IPAddress)?.IPAddress,
    gateway: settings?.Gateway || networks.find((network) => network.Gateway)?.Gateway,
    ports: Object.entries(settings?.Ports ?? {}).flatMap(([key, list]) =>
      (list ?? []).map((host) => publication(key, host)),
    ),
    tty: answer.Config.Tty ?? false,
    pid: state.Pid,
  }) as unknown as ContainerState
}

function publication(key: string, host: { HostIp?: string; HostPort?: string }): Required<PortPublication> {
  const [port, protocol] = key.split('/')
  return {
    containerPort: Number(port),
    protocol: (protocol ?? 'tcp') as PortPublication['protocol'],
    hostIp: host.HostIp || '0.0.0.0',
    hostPort: Number(host.HostPort),
  }
}

/** Docker and Podman have more words than there are situations that matter here. */
export function statusOf(word: string): ContainerState['status'] {
  switch (word.toLowerCase()) {
    case 'created':
    case 'configured':
    case 'initialized':
      return 'created'
    case 'running':
    case 'restarting':
    case 'stopping':
      return 'running'
    case 'paused':
      return 'paused'
    default:
      return 'exited'
  }
}

/** Go's zero time means never. */
const instant = (time: string | undefined): string | undefined => (!time || time.startsWith('0001-') ? undefined : time)

/** Podman leaves the algorithm of an image id out in some answers. */
export const withAlgorithm = (id: string): string => (id === '' || id.includes(':') ? id : `sha256:${id}`)

/** The same object without the fields that are undefined. */
export function defined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
