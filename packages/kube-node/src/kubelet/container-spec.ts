import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BindMount, ContainerSpec, ImageInfo, PortPublication } from '@slipway/container-engine'
import { UserError } from '@slipway/errors'
import { LABELS } from '../runtime/pod-runtime.ts'
import type { Container, Pod } from '../types.ts'
import { expandVariables } from './environment.ts'
import { parseQuantity } from './quantity.ts'

export interface ContainerPlan {
  pod: Pod
  container: Container
  attempt: number
  image: ImageInfo
  imageRef: string
  env: Map<string, string>
  volumes: Map<string, string>
  /** The pod's own folder. */
  dir: string
  node: string
  /** The container whose network it joins; absent = it gets one of its own. */
  networkOf?: string
  addressesReachable: boolean
}

/** What the engine is asked for, for one attempt of one container. Throws UserError for what the pod may not or cannot have. */
export function containerSpec(plan: ContainerPlan): ContainerSpec {
  const { pod, container, env } = plan
  const { spec } = pod
  const security = { ...spec.securityContext, ...container.securityContext }
  const expand = (texts: string[]): string[] => texts.map((text) => expandVariables(text, env))
  const { limits, requests } = container.resources ?? {}
  const memory = limits?.memory && parseQuantity(limits.memory)
  const cpu = limits?.cpu && parseQuantity(limits.cpu)
  return {
    name: ['k8s', container.name, pod.metadata.name, pod.metadata.namespace, pod.metadata.uid, plan.attempt].join('_'),
    image: plan.image.id,
    ...(container.command && { entrypoint: expand(container.command) }),
    ...(container.args && { command: expand(container.args) }),
    env: [...env].map(([name, value]) => `${name}=${value}`),
    ...(container.workingDir && { workingDir: container.workingDir }),
    ...userOf(security, plan),
    labels: labelsOf(plan),
    mounts: mountsOf(plan),
    ...networkOf(plan),
    ...(spec.hostPID && { pid: 'host' as const }),
    ...(spec.hostIPC && { ipc: 'host' as const }),
    ...(memory ? { memoryLimit: memory } : {}),
    ...(cpu ? { cpuLimit: cpu } : {}),
    ...(requests?.cpu && { cpuShares: Math.max(2, Math.round(parseQuantity(requests.cpu) * 1024)) }),
    ...(security.privileged && { privileged: true }),
    ...(security.readOnlyRootFilesystem && { readOnlyRootFilesystem: true }),
    ...(security.allowPrivilegeEscalation === false && { noNewPrivileges: true }),
    ...(security.capabilities?.add && { addCapabilities: security.capabilities.add }),
    ...(security.capabilities?.drop && { dropCapabilities: security.capabilities.drop }),
    ...(security.sysctls?.length && {
      sysctls: Object.fromEntries(security.sysctls.map(({ name, value }) => [name, value])),
    }),
    ...(container.stdin && { openStdin: true, stdinOnce: container.stdinOnce ?? false }),
    ...(container.tty && { tty: true }),
  }
}

/** The pod's containers that live beside each other: sidecars, then the main ones. The first owns the network. */
export function lastingContainers(pod: Pod): Container[] {
  return [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]
}

export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

/** Where a container may leave a message about its end. */
export const messageFile = (dir: string, container: string, attempt: number): string =>
  join(dir, 'containers', container, String(attempt))

function labelsOf({
  pod,
  container,
  attempt,
  node,
  imageRef,
  networkOf: owner,
}: ContainerPlan): Record<string, string> {
  return {
    [LABELS.pod]: pod.metadata.name,
    [LABELS.namespace]: pod.metadata.namespace ?? 'default',
    [LABELS.uid]: pod.metadata.uid ?? '',
    [LABELS.container]: container.name,
    [LABELS.attempt]: String(attempt),
    [LABELS.node]: node,
    [LABELS.imageRef]: imageRef,
    ...(owner && { [LABELS.network]: owner }),
  }
}

function userOf(
  security: {
    runAsUser?: number
    runAsGroup?: number
    runAsNonRoot?: boolean
    supplementalGroups?: number[]
    fsGroup?: number
  },
  { image }: ContainerPlan,
): Pick<ContainerSpec, 'user' | 'addGroups'> {
  const { runAsUser, runAsGroup, runAsNonRoot } = security
  if (runAsNonRoot && (runAsUser ?? (/^(0|root)?(:|$)/.test(image.user) ? 0 : 1)) === 0) {
    throw new UserError('POD_SECURITY_REFUSED', 'container has runAsNonRoot and image will run as root')
  }
  const groups = [...(security.supplementalGroups ?? []), ...(security.fsGroup === undefined ? [] : [security.fsGroup])]
  const user = runAsUser ?? (runAsGroup === undefined ? undefined : 0)
  return {
    ...(user !== undefined && { user: runAsGroup === undefined ? String(user) : `${user}:${runAsGroup}` }),
    ...(groups.length > 0 && { addGroups: groups.map(String) }),
  }
}

function mountsOf({ container, volumes, env, dir, attempt }: ContainerPlan): BindMount[] {
  const mounts = (container.volumeMounts ?? []).map((mount): BindMount => {
    const volume = volumes.get(mount.name)
    if (!volume)
      throw new UserError('POD_VOLUME_UNSUPPORTED', `there is no volume "${mount.name}" to mount at ${mount.mountPath}`)
    const subPath = mount.subPathExpr ? expandVariables(mount.subPathExpr, env) : mount.subPath
    return {
      source: subPath ? inside(volume, subPath) : volume,
      target: mount.mountPath,
      readOnly: mount.readOnly ?? false,
      ...(mount.mountPropagation === 'Bidirectional' && { propagation: 'rshared' as const }),
      ...(mount.mountPropagation === 'HostToContainer' && { propagation: 'rslave' as const }),
    }
  })
  const message = messageFile(dir, container.name, attempt)
  mkdirSync(join(message, '..'), { recursive: true })
  writeFileSync(message, '', { mode: 0o666 })
  return [...mounts, { source: message, target: container.terminationMessagePath || '/dev/termination-log' }]
}

/** A path below a volume; made when missing, and refused when links lead out of the volume. */
function inside(volume: string, subPath: string): string {
  const path = join(volume, subPath)
  const refuse = (): never => {
    throw new UserError('POD_VOLUME_UNSUPPORTED', `subPath "${subPath}" leads out of its volume`)
  }
  if (!`${path}/`.startsWith(`${volume}/`)) return refuse()
  try {
    const real = realpathSync(path)
    return `${real}/`.startsWith(`${realpathSync(volume)}/`) ? real : refuse()
  } catch (error) {
    if (error instanceof UserError) throw error
    mkdirSync(path, { recursive: true, mode: 0o750 })
    return path
  }
}

function networkOf(plan: ContainerPlan): Partial<ContainerSpec> {
  const { pod, networkOf: owner } = plan
  if (pod.spec.hostNetwork) return { network: 'host' }
  if (owner) return { network: `container:${owner}` }
  const { dnsConfig, hostAliases } = pod.spec
  const ports = publications(plan)
  return {
    hostname: (pod.spec.hostname ?? pod.metadata.name).slice(0, 63),
    ...(hostAliases && {
      extraHosts: hostAliases.flatMap(({ ip, hostnames = [] }) => hostnames.map((name) => `${name}:${ip}`)),
    }),
    ...(ports.length > 0 && { ports }),
    ...(dnsConfig && {
      dns: {
        ...(dnsConfig.nameservers && { servers: dnsConfig.nameservers }),
        ...(dnsConfig.searches && { searches: dnsConfig.searches }),
        ...(dnsConfig.options && {
          options: dnsConfig.options.map(({ name, value }) => (value === undefined ? name : `${name}:${value}`)),
        }),
      },
    }),
  }
}

/** Host ports that were asked for, and a local port for every declared one where the pod's address can't be reached. */
function publications({ pod, addressesReachable }: ContainerPlan): PortPublication[] {
  return lastingContainers(pod)
    .flatMap((container) => container.ports ?? [])
    .flatMap((port): PortPublication[] => {
      const protocol = (port.protocol ?? 'TCP').toLowerCase() as PortPublication['protocol']
      const { containerPort, hostPort, hostIP } = port
      if (hostPort) return [{ containerPort, protocol, hostPort, ...(hostIP && { hostIp: hostIP }) }]
      return addressesReachable ? [] : [{ containerPort, protocol, hostIp: '127.0.0.1', hostPort: 0 }]
    })
}
