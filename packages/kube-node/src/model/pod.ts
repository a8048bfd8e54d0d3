import type { KubeObject, ObjectMeta } from '@slipway/kube-objects'
import type { PodStatus } from './pod-status.ts'
import type { Volume } from './volume.ts'

/** core/v1 Pod, as far as the node and the controllers read it. */
export interface Pod extends KubeObject {
  spec: PodSpec
  status?: PodStatus
}

/** Whether nothing of the pod will run any more. */
export const hasEnded = ({ status }: Pick<Pod, 'status'>): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed'

export interface PodTemplate {
  metadata?: Partial<ObjectMeta>
  spec: PodSpec
}

export interface PodSpec {
  nodeName?: string
  restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  terminationGracePeriodSeconds?: number
  containers: Container[]
  initContainers?: Container[]
  ephemeralContainers?: EphemeralContainer[]
  volumes?: Volume[]
  imagePullSecrets?: { name?: string }[]
  serviceAccountName?: string
  hostNetwork?: boolean
  hostPID?: boolean
  hostIPC?: boolean
  shareProcessNamespace?: boolean
  hostname?: string
  subdomain?: string
  setHostnameAsFQDN?: boolean
  hostAliases?: { ip: string; hostnames?: string[] }[]
  dnsPolicy?: 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None'
  dnsConfig?: { nameservers?: string[]; searches?: string[]; options?: { name: string; value?: string }[] }
  enableServiceLinks?: boolean
  activeDeadlineSeconds?: number
  nodeSelector?: Record<string, string>
  affinity?: Affinity
  tolerations?: Toleration[]
  topologySpreadConstraints?: TopologySpreadConstraint[]
  schedulerName?: string
  schedulingGates?: { name: string }[]
  priority?: number
  priorityClassName?: string
  preemptionPolicy?: 'Never' | 'PreemptLowerPriority'
  /** Of the pod as a whole (KEP-2837). */
  resources?: ResourceRequirements
  overhead?: Record<string, string>
  runtimeClassName?: string
  readinessGates?: { conditionType: string }[]
  os?: { name: string }
  securityContext?: {
    runAsUser?: number
    runAsGroup?: number
    runAsNonRoot?: boolean
    fsGroup?: number
    supplementalGroups?: number[]
    sysctls?: { name: string; value: string }[]
    seccompProfile?: SeccompProfile
  }
}

export interface Container {
  name: string
  image: string
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  /** `Always` on an init container makes it a sidecar. */
  restartPolicy?: 'Always'
  command?: string[]
  args?: string[]
  workingDir?: string
  env?: EnvVar[]
  envFrom?: EnvFrom[]
  ports?: ContainerPort[]
  volumeMounts?: VolumeMount[]
  resources?: ResourceRequirements
  resizePolicy?: { resourceName: string; restartPolicy: 'NotRequired' | 'RestartContainer' }[]
  livenessProbe?: Probe
  readinessProbe?: Probe
  startupProbe?: Probe
  lifecycle?: { postStart?: LifecycleHandler; preStop?: LifecycleHandler; stopSignal?: string }
  securityContext?: {
    runAsUser?: number
    runAsGroup?: number
    runAsNonRoot?: boolean
    privileged?: boolean
    readOnlyRootFilesystem?: boolean
    allowPrivilegeEscalation?: boolean
    capabilities?: { add?: string[]; drop?: string[] }
    seccompProfile?: SeccompProfile
  }
  stdin?: boolean
  stdinOnce?: boolean
  tty?: boolean
  terminationMessagePath?: string
  terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
}

export interface ResourceRequirements {
  limits?: Record<string, string>
  requests?: Record<string, string>
}

export interface EphemeralContainer extends Container {
  targetContainerName?: string
}

export interface ContainerPort {
  name?: string
  containerPort: number
  hostPort?: number
  hostIP?: string
  protocol?: 'TCP' | 'UDP' | 'SCTP'
}

export interface VolumeMount {
  name: string
  mountPath: string
  readOnly?: boolean
  subPath?: string
  subPathExpr?: string
  mountPropagation?: string
}

export interface SeccompProfile {
  type: 'Unconfined' | 'RuntimeDefault' | 'Localhost'
  localhostProfile?: string
}

interface KeyRef {
  name: string
  key: string
  optional?: boolean
}

export interface EnvVar {
  name: string
  value?: string
  valueFrom?: {
    configMapKeyRef?: KeyRef
    secretKeyRef?: KeyRef
    fieldRef?: { fieldPath: string }
    resourceFieldRef?: ResourceFieldRef
  }
}

export interface ResourceFieldRef {
  containerName?: string
  resource: string
  divisor?: string
}

export interface EnvFrom {
  prefix?: string
  configMapRef?: { name: string; optional?: boolean }
  secretRef?: { name: string; optional?: boolean }
}

export interface HttpGetAction {
  path?: string
  port: number | string
  host?: string
  scheme?: 'HTTP' | 'HTTPS'
  httpHeaders?: { name: string; value: string }[]
}

export interface LifecycleHandler {
  exec?: { command: string[] }
  httpGet?: HttpGetAction
  tcpSocket?: { port: number | string; host?: string }
  sleep?: { seconds: number }
}

export interface Probe {
  exec?: { command: string[] }
  httpGet?: HttpGetAction
  tcpSocket?: { port: number | string; host?: string }
  grpc?: { port: number; service?: string }
  initialDelaySeconds?: number
  periodSeconds?: number
  timeoutSeconds?: number
  successThreshold?: number
  failureThreshold?: number
  terminationGracePeriodSeconds?: number
}

export interface Toleration {
  key?: string
  operator?: 'Exists' | 'Equal'
  value?: string
  effect?: string
  tolerationSeconds?: number
}

export interface Affinity {
  nodeAffinity?: {
    requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] }
    preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeSelectorTerm }[]
  }
  podAffinity?: PodAffinityTerms
  podAntiAffinity?: PodAffinityTerms
}

export interface NodeSelectorRequirement {
  key: string
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'
  values?: string[]
}

export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[]
  matchFields?: NodeSelectorRequirement[]
}

export interface PodAffinityTerms {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[]
  preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; podAffinityTerm: PodAffinityTerm }[]
}

export interface PodAffinityTerm {
  labelSelector?: LabelSelector
  namespaces?: string[]
  namespaceSelector?: LabelSelector
  topologyKey: string
}

export interface TopologySpreadConstraint {
  maxSkew: number
  topologyKey: string
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'
  labelSelector?: LabelSelector
  matchLabelKeys?: string[]
  minDomains?: number
  nodeAffinityPolicy?: 'Honor' | 'Ignore'
  nodeTaintsPolicy?: 'Honor' | 'Ignore'
}

/** metav1.LabelSelector. */
export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}
