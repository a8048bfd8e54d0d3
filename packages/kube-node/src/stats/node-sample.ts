import type { ContainerUsage, InterfaceUsage } from '@slipway/container-engine'
import type { Attempt } from '../kubelet/observe.ts'
import type { Pod } from '../model/pod.ts'
import type { PodAccess, PodDirectory } from '../server/pod-access.ts'
import { containerUsage, podNetwork } from './container-usage.ts'
import { type MachineUsage, machineUsage } from './machine-usage.ts'

/** What a container had used at a time. */
export interface ContainerSample {
  container: Attempt
  at: Date
  usage: ContainerUsage
}

export interface PodSample {
  pod: Pod
  /** Those that run. */
  containers: ContainerSample[]
  sandbox?: ContainerSample
  /** Absent where the pod has the machine's. */
  networks?: InterfaceUsage[]
}

/** The node and everything that runs on it, looked at once. */
export interface NodeSample {
  at: Date
  machine: MachineUsage
  pods: PodSample[]
}

export interface SampleDeps {
  pods: PodDirectory
  /** Whether the engine's processes are this machine's. */
  isLocal: boolean
  dataDir: string
}

export async function sampleNode({ pods, isLocal, dataDir }: SampleDeps): Promise<NodeSample> {
  const { engine } = pods
  const sample = async (container: Attempt): Promise<ContainerSample | undefined> => {
    const usage = await containerUsage(engine, container, isLocal)
    return usage && { container, at: new Date(), usage }
  }
  const samplePod = async ({ pod, running }: PodAccess): Promise<PodSample> => {
    const sandbox = running.sandbox?.status === 'running' ? running.sandbox : undefined
    const [own, networks, containers] = await Promise.all([
      sandbox && sample(sandbox),
      sandbox && !pod.spec.hostNetwork ? podNetwork(engine, sandbox, isLocal) : undefined,
      Promise.all(running.containers.map(sample)),
    ])
    return {
      pod,
      containers: containers.filter((one) => one !== undefined),
      ...(own && { sandbox: own }),
      ...(networks && { networks }),
    }
  }
  const [machine, samples] = await Promise.all([machineUsage(dataDir), Promise.all(pods.list().map(samplePod))])
  return { at: new Date(), machine, pods: samples.filter(({ containers }) => containers.length > 0) }
}

export const workingSet = ({ workingSetBytes, memoryBytes }: ContainerUsage): number => workingSetBytes ?? memoryBytes

/** What a pod's containers use together, the sandbox included. */
export function podTotal({ containers, sandbox }: PodSample): { cpuNanoseconds: number; workingSetBytes: number } {
  const all = [...containers, ...(sandbox ? [sandbox] : [])].map(({ usage }) => usage)
  return {
    cpuNanoseconds: all.reduce((sum, { cpuNanoseconds }) => sum + cpuNanoseconds, 0),
    workingSetBytes: all.reduce((sum, usage) => sum + workingSet(usage), 0),
  }
}
