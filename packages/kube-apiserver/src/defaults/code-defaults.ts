import { fill, fillPod, fillPodSpec, type Spec } from './pod-defaults.ts'

type Fill = (object: Spec) => void

/** Defaults that Kubernetes sets in code and no schema tells, by resource (`pkg/apis/<group>/<version>/defaults.go`). */
export const codeDefaults: Record<string, Fill> = {
  '/pods': fillPod,
  '/podtemplates': ({ template }) => template?.spec && fillPodSpec(template.spec),
  '/replicationcontrollers': workload((spec) => fill(spec, { replicas: 1 })),
  '/services': service,
  '/endpoints': ({ subsets }) => {
    for (const { ports = [] } of subsets ?? []) for (const port of ports) fill(port, { protocol: 'TCP' })
  },
  '/secrets': secret,
  '/persistentvolumeclaims': ({ spec }) => fill(spec ?? {}, { volumeMode: 'Filesystem' }),
  '/persistentvolumes': ({ spec }) =>
    fill(spec ?? {}, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }),
  'apps/deployments': workload(deployment),
  'apps/replicasets': workload((spec) => fill(spec, { replicas: 1 })),
  'apps/statefulsets': workload(statefulSet),
  'apps/daemonsets': workload(daemonSet),
  'batch/jobs': workload(jobSpec),
  'batch/cronjobs': cronJob,
  'autoscaling/horizontalpodautoscalers': ({ spec }) => fill(spec ?? {}, { minReplicas: 1 }),
  'networking.k8s.io/networkpolicies': networkPolicy,
  'rbac.authorization.k8s.io/rolebindings': binding,
  'rbac.authorization.k8s.io/clusterrolebindings': binding,
  'scheduling.k8s.io/priorityclasses': (object) => fill(object, { preemptionPolicy: 'PreemptLowerPriority' }),
  'storage.k8s.io/storageclasses': (object) =>
    fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  'admissionregistration.k8s.io/validatingwebhookconfigurations': webhooks,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': webhooks,
}

/** stringData is for writing only: it is kept in data, in base64 (core/v1/conversion.go). */
function secret(object: Spec): void {
  fill(object, { type: 'Opaque' })
  if (!object.stringData) return
  const texts = Object.entries(object.stringData as Record<string, string>)
  const encoded = texts.map(([key, text]) => [key, Buffer.from(text).toString('base64')])
  object.data = { ...object.data, ...Object.fromEntries(encoded) }
  delete object.stringData
}

/** A spec with a pod template inside. */
function workload(fillSpec: (spec: Spec) => void): Fill {
  return ({ spec }) => {
    if (!spec) return
    fillSpec(spec)
    if (spec.template?.spec) fillPodSpec(spec.template.spec)
  }
}

function deployment(spec: Spec): void {
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {} })
  fill(spec.strategy, { type: 'RollingUpdate' })
  if (spec.strategy.type !== 'RollingUpdate') return
  fill(spec.strategy, { rollingUpdate: {} })
  fill(spec.strategy.rollingUpdate, { maxUnavailable: '25%', maxSurge: '25%' })
}

function statefulSet(spec: Spec): void {
  fill(spec, {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: {},
    persistentVolumeClaimRetentionPolicy: {},
  })
  fill(spec.persistentVolumeClaimRetentionPolicy, { whenDeleted: 'Retain', whenScaled: 'Retain' })
  fill(spec.updateStrategy, { type: 'RollingUpdate' })
  if (spec.updateStrategy.type === 'RollingUpdate') fill(spec.updateStrategy, { rollingUpdate: { partition: 0 } })
  for (const claim of spec.volumeClaimTemplates ?? []) {
    fill(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } })
    fill(claim.spec, { volumeMode: 'Filesystem' })
  }
}

function daemonSet(spec: Spec): void {
  fill(spec, { revisionHistoryLimit: 10, updateStrategy: {} })
  fill(spec.updateStrategy, { type: 'RollingUpdate' })
  if (spec.updateStrategy.type !== 'RollingUpdate') return
  fill(spec.updateStrategy, { rollingUpdate: {} })
  fill(spec.updateStrategy.rollingUpdate, { maxUnavailable: 1, maxSurge: 0 })
}

function jobSpec(spec: Spec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) fill(spec, { completions: 1 })
  fill(spec, {
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed',
  })
}

function cronJob({ spec }: Spec): void {
  if (!spec) return
  fill(spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 })
  const template = spec.jobTemplate?.spec?.template
  if (template?.spec) fillPodSpec(template.spec)
}

function service({ spec }: Spec): void {
  if (!spec) return
  fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' })
  for (const port of spec.ports ?? []) {
    fill(port, { protocol: 'TCP' })
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port
  }
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') fill(spec, { externalTrafficPolicy: 'Cluster' })
  if (spec.type === 'LoadBalancer') fill(spec, { allocateLoadBalancerNodePorts: true })
  if (spec.type !== 'ExternalName') fill(spec, { internalTrafficPolicy: 'Cluster' })
  if (spec.sessionAffinity === 'ClientIP')
    fill(spec, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } })
}

function networkPolicy({ spec }: Spec): void {
  if (!spec) return
  fill(spec, { policyTypes: spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'] })
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) fill(port, { protocol: 'TCP' })
  }
}

const RBAC = 'rbac.authorization.k8s.io'

function binding({ roleRef, subjects }: Spec): void {
  if (roleRef && !roleRef.apiGroup) roleRef.apiGroup = RBAC
  for (const subject of subjects ?? []) if (subject.kind !== 'ServiceAccount') fill(subject, { apiGroup: RBAC })
}

function webhooks({ webhooks: hooks }: Spec): void {
  for (const hook of hooks ?? []) {
    fill(hook, {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      timeoutSeconds: 10,
      namespaceSelector: {},
      objectSelector: {},
    })
    for (const rule of hook.rules ?? []) fill(rule, { scope: '*' })
    if (hook.clientConfig?.service) fill(hook.clientConfig.service, { port: 443 })
  }
}
