import type { TypeDefaults } from '@slipway/kube-objects'
import { withoutDisabled } from './disabled-fields.ts'
import { podDefaults } from './pod-defaults.ts'
import { fill, type Spec } from './spec.ts'
import { workloadDefaults } from './workload-defaults.ts'

const RBAC = 'rbac.authorization.k8s.io'

const roleRef = ({ roleRef: reference }: Spec): void => {
  if (reference && !reference.apiGroup) reference.apiGroup = RBAC
}

const webhook: Spec = {
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  timeoutSeconds: 10,
  namespaceSelector: {},
  objectSelector: {},
}

/** Defaults that Kubernetes sets in code and no schema tells, by Go type (`pkg/apis/<group>/<version>/defaults.go`). */
export const typeDefaults: TypeDefaults = withoutDisabled({
  ...podDefaults,
  ...workloadDefaults,
  'core/v1.Service': service,
  'core/v1.Secret': secret,
  // Every namespace can be selected by its name (KEP-2161); where the server makes the name, its strategy adds the label.
  'core/v1.Namespace': ({ metadata }: Spec) => {
    if (metadata?.name) metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name }
  },
  'core/v1.NamespaceStatus': (status) => fill(status, { phase: 'Active' }),
  'core/v1.PersistentVolume': (volume: Spec) => {
    fill(volume, { status: {} })
    fill(volume.status, { phase: 'Pending' })
    fill(volume.spec ?? {}, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' })
  },
  'core/v1.PersistentVolumeClaim': (claim: Spec) => {
    fill(claim, { status: {} })
    fill(claim.status, { phase: 'Pending' })
  },
  // A default that is Go's zero, of a pointer.
  'core/v1.AzureDiskVolumeSource': (source) => fill(source, { readOnly: false }),
  'core/v1.NodeSpec': nodeRanges,
  'core/v1.NodeStatus': (status) => {
    if (status.capacity) fill(status, { allocatable: structuredClone(status.capacity) })
  },
  'authentication/v1.TokenRequestSpec': (spec) => fill(spec, { expirationSeconds: 3600 }),
  'core/v1.EndpointPort': (port) => fill(port, { protocol: 'TCP' }),
  'core/v1.LimitRangeItem': limitRangeItem,
  'networking/v1.NetworkPolicySpec': (spec: Spec) =>
    fill(spec, { policyTypes: spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'] }),
  'networking/v1.NetworkPolicyPort': (port) => fill(port, { protocol: 'TCP' }),
  'networking/v1.IngressClassParametersReference': (reference) => fill(reference, { scope: 'Cluster' }),
  'discovery/v1.EndpointPort': (port) => fill(port, { name: '', protocol: 'TCP' }),
  'rbac/v1.RoleBinding': roleRef,
  'rbac/v1.ClusterRoleBinding': roleRef,
  'rbac/v1.Subject': (subject) => {
    if (subject.kind === 'User' || subject.kind === 'Group') fill(subject, { apiGroup: RBAC })
  },
  'scheduling/v1.PriorityClass': (object) => fill(object, { preemptionPolicy: 'PreemptLowerPriority' }),
  'storage/v1.StorageClass': (object) => fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  'storage/v1.CSIDriverSpec': (spec) =>
    fill(spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    }),
  'admissionregistration/v1.ValidatingWebhook': (hook) => fill(hook, structuredClone(webhook)),
  'admissionregistration/v1.MutatingWebhook': (hook) =>
    fill(hook, { ...structuredClone(webhook), reinvocationPolicy: 'Never' }),
  'admissionregistration/v1.RuleWithOperations': (rule) => fill(rule, { scope: '*' }),
  'admissionregistration/v1.NamedRuleWithOperations': (rule) => fill(rule, { scope: '*' }),
  'admissionregistration/v1.ServiceReference': (reference) => fill(reference, { port: 443 }),
  'admissionregistration/v1.ValidatingAdmissionPolicySpec': (spec) => fill(spec, { failurePolicy: 'Fail' }),
  'admissionregistration/v1.MatchResources': (match) =>
    fill(match, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} }),
  'apiextensions/v1.CustomResourceDefinitionSpec': definitionSpec,
  'apiextensions/v1.ServiceReference': (reference) => fill(reference, { port: 443 }),
  'apiregistration/v1.ServiceReference': (reference) => fill(reference, { port: 443 }),
  'flowcontrol/v1.FlowSchemaSpec': (spec) => {
    spec.matchingPrecedence ||= 1000
  },
  'flowcontrol/v1.ExemptPriorityLevelConfiguration': (level) =>
    fill(level, { nominalConcurrencyShares: 0, lendablePercent: 0 }),
  'flowcontrol/v1.LimitedPriorityLevelConfiguration': (level) =>
    fill(level, { nominalConcurrencyShares: 30, lendablePercent: 0 }),
  'flowcontrol/v1.QueuingConfiguration': (queuing) => {
    queuing.handSize ||= 8
    queuing.queues ||= 64
    queuing.queueLengthLimit ||= 50
  },
  'resource/v1.ExactDeviceRequest': deviceRequest,
  'resource/v1.DeviceSubRequest': deviceRequest,
})

/** stringData is for writing only: it is kept in data, in base64 (core/v1/conversion.go). */
function secret(object: Spec): void {
  fill(object, { type: 'Opaque' })
  if (!object.stringData) return
  const texts = Object.entries(object.stringData as Record<string, string>)
  const encoded = texts.map(([key, text]) => [key, Buffer.from(text).toString('base64')])
  object.data = { ...object.data, ...Object.fromEntries(encoded) }
  delete object.stringData
}

/** The first of a node's ranges is told twice, and both say the same (core/v1/conversion.go). */
function nodeRanges(spec: Spec): void {
  const first: string | undefined = spec.podCIDRs?.[0]
  if (spec.podCIDR && spec.podCIDR !== first) spec.podCIDRs = [spec.podCIDR]
  else if (first && !spec.podCIDR) spec.podCIDR = first
}

function service({ spec, status }: Spec): void {
  if (!spec) return
  fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' })
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  else if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10_800 } }
  }
  for (const port of spec.ports ?? []) {
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port
  }
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  if (external || (spec.type === 'ClusterIP' && spec.externalIPs?.length)) {
    fill(spec, { externalTrafficPolicy: 'Cluster' })
  }
  if (external || spec.type === 'ClusterIP') fill(spec, { internalTrafficPolicy: 'Cluster' })
  if (spec.type !== 'LoadBalancer') return
  fill(spec, { allocateLoadBalancerNodePorts: true })
  for (const ingress of status?.loadBalancer?.ingress ?? []) if (ingress.ip) fill(ingress, { ipMode: 'VIP' })
}

/** What is not limited is limited to the maximum; what is not requested is requested as limited, or as the minimum. */
function limitRangeItem(item: Spec): void {
  if (item.type !== 'Container') return
  const limits = { ...item.max, ...item.default }
  const requests = { ...item.min, ...limits, ...item.defaultRequest }
  if (Object.keys(limits).length > 0) item.default = limits
  if (Object.keys(requests).length > 0) item.defaultRequest = requests
}

function definitionSpec(spec: Spec): void {
  const { names } = spec
  if (names?.kind) fill(names, { singular: String(names.kind).toLowerCase(), listKind: `${names.kind}List` })
  fill(spec, { conversion: { strategy: 'None' } })
}

function deviceRequest(request: Spec): void {
  fill(request, { allocationMode: 'ExactCount' })
  if (request.allocationMode === 'ExactCount') fill(request, { count: 1 })
}
