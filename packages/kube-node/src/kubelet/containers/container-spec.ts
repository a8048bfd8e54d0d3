import { join } from 'node:path'
import type {
  BindMount,
  ContainerResources,
  ContainerSpec,
  ImageInfo,
  PortPublication,
} from '@slipway/container-engine'
import { quantityValue } from '@slipway/kube-objects'
import type { Container, Pod, ResourceRequirements } from '../../model/pod.ts'
import { LABELS, SANDBOX } from '../../runtime/pod-runtime.ts'
import { expandVariables } from '../configuration/expand.ts'
import { kernelHostName } from '../network-files/host-name.ts'
import type { PreparedVolume } from '../volumes/volume-manager.ts'
import { messageMount, volumeMounts } from './mounts.ts'
import { oomScoreAdj, SANDBOX_OOM_SCORE } from './oom-score.ts'
import { securityOf } from './security.ts'
import { sysctlName } from './sysctl-name.ts'

export interface ContainerPlan {
  pod: Pod
  container: Container
  attempt: number
  image: ImageInfo
  imageRef: string
  env: Map<string, string>
  volumes: ReadonlyMap<string, PreparedVolume>
  /** /etc/hosts and the like, which a container's own volumes go before. */
  networkFiles: BindMount[]
  /** The pod's own folder. */
  dir: string
  /** Folder of the seccomp profiles of type Localhost. */
  seccompDir: string
  /** The machine's memory, in bytes. */
  memory: number
  /** Marks this node's containers at the engine. */
  instance: string
  /** Id of the sandbox. */
  sandbox: string
  /** Id of the container whose processes it sees. */
  processesOf?: string
}

/** What the engine is asked for, for one attempt of one container. Throws UserError for what the pod may not or cannot have. */
export function containerSpec(plan: ContainerPlan): ContainerSpec {
  const { pod, container, env, sandbox } = plan
  const expand = (texts: string[]): string[] => texts.map((text) => expandVariables(text, env))
  return {
    name: containerName(pod, container.name, plan.attempt),
    image: plan.image.id,
    // An empty list says nothing, as in Kubernetes' own encoding; to an engine it would be no program.
    ...(container.command?.length && { entrypoint: expand(container.command) }),
    ...(container.args?.length && { command: expand(container.args) }),
    env: [...env].map(([name, value]) => `${name}=${value}`),
    ...(container.workingDir && { workingDir: container.workingDir }),
    ...securityOf(pod, container, plan),
    ...engineResources(container.resources),
    oomScoreAdj: oomScoreAdj(pod, container, plan.memory),
    labels: labelsOf(plan),
    mounts: mountsOf(plan),
    network: pod.spec.hostNetwork ? 'host' : `container:${sandbox}`,
    ipc: pod.spec.hostIPC ? 'host' : `container:${sandbox}`,
    ...processesOf(plan),
    ...(container.stdin && { openStdin: true, stdinOnce: container.stdinOnce ?? false }),
    ...(container.tty && { tty: true }),
    ...(container.lifecycle?.stopSignal && { stopSignal: container.lifecycle.stopSignal }),
  }
}

export interface SandboxPlan {
  pod: Pod
  attempt: number
  image: string
  instance: string
  addressesReachable: boolean
}

/** What the engine is asked for, for a sandbox: the container that holds network, host name and shared memory of a pod. */
export function sandboxSpec({ pod, attempt, image, instance, addressesReachable }: SandboxPlan): ContainerSpec {
  const { spec } = pod
  const ports = spec.hostNetwork ? [] : publications(pod, addressesReachable)
  const sysctls = spec.securityContext?.sysctls ?? []
  return {
    name: containerName(pod, SANDBOX, attempt),
    image,
    labels: { ...podLabels(pod, instance), [LABELS.container]: SANDBOX, [LABELS.attempt]: String(attempt) },
    oomScoreAdj: SANDBOX_OOM_SCORE,
    ipc: spec.hostIPC ? 'host' : 'shareable',
    ...(spec.hostNetwork ? { network: 'host' } : { hostname: kernelHostName(pod) }),
    ...(spec.hostPID && { pid: 'host' }),
    ...(ports.length > 0 && { ports }),
    ...(sysctls.length > 0 && {
      sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [sysctlName(name), value])),
    }),
  }
}

/** Where a container may leave a message about its end. */
export const messageFile = (dir: string, container: string, attempt: number): string =>
  join(dir, 'containers', container, String(attempt))

function containerName({ metadata }: Pod, name: string, attempt: number): string {
  return ['k8s', name, metadata.name, metadata.namespace, metadata.uid, attempt].join('_')
}

function podLabels({ metadata }: Pod, instance: string): Record<string, string> {
  return {
    [LABELS.pod]: metadata.name,
    [LABELS.namespace]: metadata.namespace ?? 'default',
    [LABELS.uid]: metadata.uid ?? '',
    [LABELS.node]: instance,
  }
}

function labelsOf({ pod, container, attempt, instance, imageRef, sandbox }: ContainerPlan): Record<string, string> {
  return {
    ...podLabels(pod, instance),
    [LABELS.container]: container.name,
    [LABELS.attempt]: String(attempt),
    [LABELS.imageRef]: imageRef,
    [LABELS.image]: container.image,
    [LABELS.resources]: JSON.stringify(container.resources ?? {}),
    [LABELS.sandbox]: sandbox,
  }
}

/** Below this a kernel takes no limit (1 ms of 100), and no share; the kubelet rounds up to them as well (cm/helpers_linux.go). */
const LEAST_CPUS = 0.01
const LEAST_SHARES = 2

/** What the engine keeps a container to. Who asks for no processors gets the least of what the others leave. */
export function engineResources({ limits = {}, requests = {} }: ResourceRequirements = {}): ContainerResources {
  const memory = limits.memory && quantityValue(limits.memory)
  const cpu = limits.cpu && quantityValue(limits.cpu)
  const share = quantityValue(requests.cpu ?? limits.cpu ?? '0')
  return {
    ...(memory && { memoryLimit: memory }),
    ...(cpu && { cpuLimit: Math.max(LEAST_CPUS, cpu) }),
    // 1 millionth more, so that 0.1 + 0.2 and the like are not rounded down to the share before.
    cpuShares: Math.max(LEAST_SHARES, Math.floor(share * 1024 + 1e-6)),
  }
}

function mountsOf(plan: ContainerPlan): BindMount[] {
  const { container, dir, attempt, networkFiles } = plan
  const own = volumeMounts(container, plan)
  const taken = new Set(own.map(({ target }) => target))
  const files = networkFiles.filter(({ target }) => !taken.has(target))
  return [...files, ...own, messageMount(messageFile(dir, container.name, attempt), container)]
}

function processesOf({ pod, sandbox, processesOf: target }: ContainerPlan): Partial<ContainerSpec> {
  if (pod.spec.hostPID) return { pid: 'host' }
  if (pod.spec.shareProcessNamespace) return { pid: `container:${sandbox}` }
  return target ? { pid: `container:${target}` } : {}
}

/** Host ports that were asked for, and a local port for every declared one where the pod's address can't be reached. */
function publications({ spec }: Pod, addressesReachable: boolean): PortPublication[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...sidecars, ...spec.containers]
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ containerPort, hostPort, hostIP, protocol = 'TCP' }): PortPublication[] => {
      const port = { containerPort, protocol: protocol.toLowerCase() as PortPublication['protocol'] }
      if (hostPort) return [{ ...port, hostPort, ...(hostIP && { hostIp: hostIP }) }]
      return addressesReachable ? [] : [{ ...port, hostIp: '127.0.0.1', hostPort: 0 }]
    })
}
