import type { ResourceRequirements } from './pod.ts'

/** What the kubelet says of a pod. */
export interface PodStatus {
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  conditions?: PodCondition[]
  reason?: string | null
  message?: string | null
  hostIP?: string
  hostIPs?: { ip: string }[]
  podIP?: string
  podIPs?: { ip: string }[]
  startTime?: string
  qosClass?: string
  /** Where room is being made for it. */
  nominatedNodeName?: string
  containerStatuses?: ContainerStatus[]
  initContainerStatuses?: ContainerStatus[]
  ephemeralContainerStatuses?: ContainerStatus[]
  observedGeneration?: number
}

export interface PodCondition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  lastTransitionTime: string | null
  lastProbeTime: string | null
  observedGeneration?: number
}

export interface ContainerStatus {
  name: string
  image: string
  imageID: string
  containerID?: string
  ready: boolean
  started?: boolean
  restartCount: number
  state: { waiting?: WaitingState; running?: { startedAt: string }; terminated?: TerminatedState }
  lastState: { terminated?: TerminatedState }
  /** Requests that the node has granted. */
  allocatedResources?: Record<string, string>
  /** What the container has. */
  resources?: ResourceRequirements
  volumeMounts?: VolumeMountStatus[]
  user?: { linux: LinuxUser }
}

export interface VolumeMountStatus {
  name: string
  mountPath: string
  readOnly?: boolean
  recursiveReadOnly?: string
}

export interface LinuxUser {
  uid: number
  gid: number
  supplementalGroups: number[]
}

export interface WaitingState {
  reason: string
  message?: string
}

export interface TerminatedState {
  exitCode: number
  signal?: number
  reason: string
  message?: string
  startedAt: string | null
  finishedAt: string | null
  containerID?: string
}
