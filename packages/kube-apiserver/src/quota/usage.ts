import { type KubeObject, parseQuantity } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { podUsage, type Usage } from './pod-usage.ts'

const ONE = 1_000_000_000n

/** The types of objects that a ResourceQuota counts under names of their own, besides `count/<plural>.<group>`. */
const COUNTED = new Set([
  '/services',
  '/secrets',
  '/configmaps',
  '/replicationcontrollers',
  '/resourcequotas',
  '/persistentvolumeclaims',
])

/** What one object uses of a quota, by the names that `spec.hard` uses. */
export function usageOf(
  object: Readonly<KubeObject>,
  { group, plural }: { group: string; plural: string },
  now: Date,
): Usage {
  const usage: Usage = new Map([[countName(group, plural), ONE]])
  if (group !== '') return usage
  if (COUNTED.has(`/${plural}`)) usage.set(plural, ONE)
  if (plural === 'pods' && !isOver(object, now)) addPod(usage, object)
  else if (plural === 'services') addService(usage, object.spec ?? {})
  else if (plural === 'persistentvolumeclaims') addClaim(usage, object.spec ?? {})
  return usage
}

/** `count/pods`, `count/deployments.apps` */
export function countName(group: string, plural: string): string {
  return group ? `count/${plural}.${group}` : `count/${plural}`
}

/** A pod that has ended, or should have by now, uses nothing any more. */
function isOver({ metadata, status }: Readonly<KubeObject>, now: Date): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds !== undefined &&
    now.getTime() > Date.parse(deletionTimestamp)
  )
}

const PLAIN = ['cpu', 'memory', 'ephemeral-storage']

function addPod(usage: Usage, { spec, status }: Readonly<KubeObject>): void {
  usage.set('pods', ONE)
  const { requests, limits } = podUsage({ spec, status })
  for (const [name, amount] of requests) {
    usage.set(`requests.${name}`, amount)
    if (PLAIN.includes(name) || name.startsWith('hugepages-')) usage.set(name, amount)
  }
  for (const [name, amount] of limits) if (PLAIN.includes(name)) usage.set(`limits.${name}`, amount)
}

function addService(usage: Usage, { type, ports = [], allocateLoadBalancerNodePorts }: Spec): void {
  if (type === 'LoadBalancer') usage.set('services.loadbalancers', ONE)
  const nodePorts = type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
  if (nodePorts) usage.set('services.nodeports', ONE * BigInt(ports.length))
}

function addClaim(usage: Usage, { resources, storageClassName }: Spec): void {
  const asked = resources?.requests?.storage
  const storage = asked === undefined ? undefined : parseQuantity(asked)
  if (storage !== undefined) usage.set('requests.storage', storage)
  if (!storageClassName) return
  const prefix = `${storageClassName}.storageclass.storage.k8s.io`
  usage.set(`${prefix}/persistentvolumeclaims`, ONE)
  if (storage !== undefined) usage.set(`${prefix}/requests.storage`, storage)
}
