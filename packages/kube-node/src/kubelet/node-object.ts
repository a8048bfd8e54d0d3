import { arch, platform, release } from 'node:os'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { timestamp } from '../controllers/clock.ts'
import { machineIdentity } from './machine-identity.ts'
import type { Resources } from './machine-resources.ts'

export interface NodeDescription {
  name: string
  /** Where the kubelet's server listens. */
  address: string
  port: number
  runtimeVersion: string
  resources: Resources
}

const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'amd64' }
export const MAX_PODS = '110'

/** What the kubelet and the TTL controller say of a node of a small cluster. */
const ANNOTATIONS = {
  'node.alpha.kubernetes.io/ttl': '0',
  'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
}

/** What kubeadm says of its first node, for no kubelet may say it of itself (NodeRestriction). */
const ROLE = { 'node-role.kubernetes.io/control-plane': '' }

/** The labels that every Node has. */
function nodeLabels(name: string): Record<string, string> {
  const architecture = ARCHITECTURES[arch()] ?? arch()
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': platform(),
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': platform(),
  }
}

/** Creates or updates this machine's Node, Ready, with what it has. */
export async function registerNode(
  { client, administrator }: { client: KubeClient; administrator: KubeClient },
  node: NodeDescription,
): Promise<KubeObject> {
  const ref = { apiVersion: 'v1', kind: 'Node', name: node.name }
  const existing = await client.get<KubeObject>(ref)
  if (!existing) {
    await client.create({
      ...ref,
      metadata: { name: node.name, labels: nodeLabels(node.name), annotations: ANNOTATIONS },
      spec: {},
    })
    await administrator.patch(ref, 'merge', { metadata: { labels: ROLE } }, { fieldManager: 'kubeadm' })
  }
  return client.patch(
    ref,
    'merge',
    { status: nodeStatus(node, existing) },
    { subresource: 'status', fieldManager: 'kubelet' },
  )
}

/** Says that nobody tends to the node any more. */
export function retireNode(client: KubeClient, name: string): Promise<void> {
  return say(client, name, condition('Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'))
}

/** Says whether pods can run there, which takes the engine (kubelet, nodestatus.ReadyCondition). */
export function sayReadiness(client: KubeClient, name: string, isReady: boolean): Promise<void> {
  return say(
    client,
    name,
    isReady ? ready() : condition('Ready', 'False', 'KubeletNotReady', 'container runtime is down'),
  )
}

async function say(client: KubeClient, name: string, condition: object): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Node', name }
  const status = { conditions: [condition] }
  await client.patch(ref, 'strategic', { status }, { subresource: 'status', fieldManager: 'kubelet' })
}

const ready = (): object => condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')

function nodeStatus(node: NodeDescription, existing: KubeObject | undefined): Record<string, unknown> {
  const resources = { ...node.resources, pods: MAX_PODS }
  return {
    addresses: [
      { type: 'InternalIP', address: node.address },
      { type: 'Hostname', address: node.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: node.port } },
    capacity: resources,
    allocatable: resources,
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      ready(),
    ],
    nodeInfo: {
      ...machineIdentity(),
      kernelVersion: release(),
      containerRuntimeVersion: node.runtimeVersion,
      kubeletVersion: 'v1.34.4',
      kubeProxyVersion: '',
      operatingSystem: platform(),
      architecture: ARCHITECTURES[arch()] ?? arch(),
    },
    ...(existing?.status?.images && { images: existing.status.images }),
  }
}

function condition(type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string): object {
  const now = timestamp()
  return { type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime: now }
}
