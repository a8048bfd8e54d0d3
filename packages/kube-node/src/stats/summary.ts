import type { ContainerUsage, InterfaceUsage } from '@slipway/container-engine'
import { timestamp } from '../controllers/clock.ts'
import type { CpuRates } from './cpu-rates.ts'
import type { DiskUsage } from './machine-usage.ts'
import { type ContainerSample, type NodeSample, type PodSample, podTotal, workingSet } from './node-sample.ts'

interface SummaryOptions {
  node: string
  /** As the kubelet has it for autoscalers. */
  onlyCpuAndMemory: boolean
}

/** GET /stats/summary (k8s.io/kubelet/pkg/apis/stats/v1alpha1). What a volume or a container's layer holds is not counted. */
export function summaryOf(sample: NodeSample, rates: CpuRates, { node, onlyCpuAndMemory }: SummaryOptions): object {
  const { machine, pods } = sample
  const time = timestamp(sample.at)
  const { swap, ...memory } = machine.memory
  const nodeCpu = { at: sample.at.getTime(), nanoseconds: machine.cpuNanoseconds }
  const summary = {
    node: {
      nodeName: node,
      systemContainers: [kubeletContainer(sample.at, rates)],
      startTime: timestamp(machine.startedAt),
      cpu: {
        time,
        usageNanoCores: rates.rate('/', nodeCpu, machine.startedAt.getTime()),
        usageCoreNanoSeconds: machine.cpuNanoseconds,
      },
      memory: { time, ...memory },
      ...(!onlyCpuAndMemory && {
        network: network(time, machine.networks, machine.gatewayInterface),
        fs: fileSystem(time, machine.disk),
        ...(machine.processes && { rlimit: { time, maxpid: machine.processes.most, curproc: machine.processes.now } }),
      }),
      ...(swap && { swap: { time, swapAvailableBytes: swap.availableBytes, swapUsageBytes: swap.usageBytes } }),
    },
    pods: pods.map((pod) => podStats(pod, rates, { ...sample, onlyCpuAndMemory })),
  }
  rates.keep(
    new Set([
      '/',
      KUBELET,
      ...pods.flatMap(({ pod, containers }) => [
        pod.metadata.uid ?? '',
        ...containers.map(({ container }) => container.id),
      ]),
    ]),
  )
  return summary
}

const KUBELET = 'kubelet'

/** This process, which is more than a kubelet. */
function kubeletContainer(at: Date, rates: CpuRates): object {
  const { user, system } = process.cpuUsage()
  const started = Date.now() - process.uptime() * 1000
  const nanoseconds = (user + system) * 1000
  const time = timestamp(at)
  const { rss } = process.memoryUsage()
  return {
    name: KUBELET,
    startTime: timestamp(new Date(started)),
    cpu: {
      time,
      usageNanoCores: rates.rate(KUBELET, { at: at.getTime(), nanoseconds }, started),
      usageCoreNanoSeconds: nanoseconds,
    },
    memory: { time, usageBytes: rss, workingSetBytes: rss, rssBytes: rss },
  }
}

function podStats(
  sample: PodSample,
  rates: CpuRates,
  { at, machine, onlyCpuAndMemory }: Pick<NodeSample, 'at' | 'machine'> & { onlyCpuAndMemory: boolean },
): object {
  const { pod, containers, networks } = sample
  const { name, namespace = '', uid = '' } = pod.metadata
  const time = timestamp(at)
  const { cpuNanoseconds, workingSetBytes } = podTotal(sample)
  const started = pod.status?.startTime ?? time
  const processes = containers.map(({ usage }) => usage.processes).filter((count) => count !== undefined)
  return {
    podRef: { name, namespace, uid },
    startTime: started,
    containers: containers.map((one) => ({
      ...containerStats(one, rates),
      ...(!onlyCpuAndMemory && { rootfs: layer(timestamp(one.at), machine.disk) }),
    })),
    cpu: {
      time,
      usageNanoCores: rates.rate(uid, { at: at.getTime(), nanoseconds: cpuNanoseconds }, Date.parse(started)),
      usageCoreNanoSeconds: cpuNanoseconds,
    },
    memory: { time, workingSetBytes },
    ...(!onlyCpuAndMemory && networks && { network: network(time, networks, networks[0]?.name) }),
    ...(processes.length > 0 && { process_stats: { process_count: processes.reduce((sum, count) => sum + count, 0) } }),
  }
}

function containerStats({ container, at, usage }: ContainerSample, rates: CpuRates): object {
  const time = timestamp(at)
  const { cpuNanoseconds: nanoseconds } = usage
  const startTime = container.startedAt ?? time
  return {
    name: container.name,
    startTime: timestamp(new Date(startTime)),
    cpu: {
      time,
      usageNanoCores: rates.rate(container.id, { at: at.getTime(), nanoseconds }, Date.parse(startTime)),
      usageCoreNanoSeconds: nanoseconds,
    },
    memory: { time, ...memoryStats(usage) },
  }
}

function memoryStats(usage: ContainerUsage): object {
  const { memoryBytes, rssBytes, pageFaults, majorPageFaults } = usage
  return {
    usageBytes: memoryBytes,
    workingSetBytes: workingSet(usage),
    ...(rssBytes !== undefined && { rssBytes }),
    ...(pageFaults !== undefined && { pageFaults, majorPageFaults }),
  }
}

/** The numbers of one interface stand for all, as ever. */
function network(time: string, interfaces: InterfaceUsage[], main: string | undefined): object {
  return { time, ...interfaces.find(({ name }) => name === main), interfaces }
}

function fileSystem(time: string, { inodes, inodesFree, ...bytes }: DiskUsage): object {
  return { time, ...bytes, inodesFree, inodes, inodesUsed: inodes - inodesFree }
}

/** The disk below a container. */
function layer(time: string, { availableBytes, capacityBytes, inodes, inodesFree }: DiskUsage): object {
  return { time, availableBytes, capacityBytes, inodesFree, inodes }
}
