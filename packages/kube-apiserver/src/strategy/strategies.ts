import type { KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import { crdStrategy } from '../custom/crd-strategy.ts'
import { policyStrategy, webhooksStrategy } from './admission-strategies.ts'
import { certificateStrategy } from './certificate-strategy.ts'
import { forbiddenField, invalidValue } from './field-errors.ts'
import { podStrategy } from './pod-strategy.ts'
import { serviceStrategy } from './service-strategy.ts'
import type { Strategies, Strategy } from './strategy.ts'
import { daemonSetStrategy, jobStrategy, statefulSetStrategy, workloadStrategy } from './workload-strategies.ts'

const generation: Strategy = { hasGeneration: true }
const makes: Strategy = { createsOnUpdate: true }
const versioned: Strategy = { needsVersion: true }
const returned: Strategy = { returnsDeleted: true }

/** The rules of every type that has some of its own. */
export function createStrategies(options: { serviceCidr: string; services: Readonly<KubeObject>[] }): Strategies {
  return new Map<string, Strategy>([
    ['/pods', podStrategy],
    ['/services', serviceStrategy(options.serviceCidr, options.services)],
    ['/namespaces', namespaceStrategy],
    ['/secrets', secretStrategy],
    ['/configmaps', configMapStrategy],
    ['certificates.k8s.io/certificatesigningrequests', certificateStrategy],
    ['/serviceaccounts', returned],
    ['/podtemplates', { ...generation, ...returned }],
    ['/resourcequotas', returned],
    ['/persistentvolumeclaims', claimStrategy],
    ['/persistentvolumes', volumeStrategy],
    ['/replicationcontrollers', { ...generation, orphansByDefault: true }],
    ['apps/deployments', workloadStrategy()],
    ['apps/replicasets', workloadStrategy()],
    ['apps/statefulsets', statefulSetStrategy],
    ['apps/daemonsets', daemonSetStrategy],
    ['batch/jobs', jobStrategy],
    ['batch/cronjobs', generation],
    ['networking.k8s.io/ingresses', generation],
    ['networking.k8s.io/networkpolicies', generation],
    ['networking.k8s.io/ingressclasses', generation],
    ['policy/poddisruptionbudgets', { ...generation, ...versioned }],
    ['discovery.k8s.io/endpointslices', generation],
    ['flowcontrol.apiserver.k8s.io/flowschemas', generation],
    ['flowcontrol.apiserver.k8s.io/prioritylevelconfigurations', generation],
    ['scheduling.k8s.io/priorityclasses', generation],
    ['admissionregistration.k8s.io/validatingwebhookconfigurations', webhooksStrategy],
    ['admissionregistration.k8s.io/mutatingwebhookconfigurations', webhooksStrategy],
    ['admissionregistration.k8s.io/validatingadmissionpolicies', policyStrategy],
    ['admissionregistration.k8s.io/validatingadmissionpolicybindings', { ...generation, ...versioned }],
    ['apiextensions.k8s.io/customresourcedefinitions', crdStrategy],
    ['apiregistration.k8s.io/apiservices', versioned],
    ['coordination.k8s.io/leases', { ...makes, ...versioned }],
    ['node.k8s.io/runtimeclasses', { ...makes, ...versioned }],
    ['storage.k8s.io/csidrivers', { ...generation, ...versioned }],
    ['storage.k8s.io/csinodes', versioned],
    ['storage.k8s.io/csistoragecapacities', versioned],
    ['storage.k8s.io/volumeattachments', versioned],
    ['rbac.authorization.k8s.io/roles', makes],
    ['rbac.authorization.k8s.io/rolebindings', makes],
    ['rbac.authorization.k8s.io/clusterroles', makes],
    ['rbac.authorization.k8s.io/clusterrolebindings', makes],
    ['/limitranges', makes],
    ['/endpoints', makes],
    ['/events', makes],
    ['events.k8s.io/events', makes],
  ])
}

const claimStrategy: Strategy = {
  ...returned,
  prepareCreate(claim) {
    claim.status = { phase: 'Pending' }
  },
}

const volumeStrategy: Strategy = {
  ...returned,
  prepareCreate(volume, { now }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: now }
  },
}

const namespaceStrategy: Strategy = {
  prepareCreate(namespace) {
    namespace.spec = { finalizers: ['kubernetes'] }
    namespace.status = { phase: 'Active' }
    label(namespace)
  },
  prepareUpdate(next, current, { subresource }) {
    // Only the finalize subresource takes the finalizers of a namespace away.
    if (subresource !== 'finalize') next.spec = current.spec
    label(next)
  },
}

/** Every namespace can be selected by its name (KEP-2161). */
function label({ metadata }: KubeObject): void {
  metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name }
}

const configMapStrategy: Strategy = {
  validate: (map) => checkKeys(map, ['data', 'binaryData']),
  validateUpdate: (next, current) => keepImmutable(next, current, ['data', 'binaryData']),
}

const KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

/** Keys become names of files. */
function checkKeys(object: KubeObject, fields: string[]): FieldError[] {
  return fields.flatMap((field) =>
    Object.keys((object[field] ?? {}) as object)
      .filter((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === '.' || key.startsWith('..'))
      .map((key) => invalidValue(`${field}[${key}]`, key, KEY_TEXT)),
  )
}

const secretStrategy: Strategy = {
  validate: (secret) => checkKeys(secret, ['data']),
  validateUpdate: (next, current) => [
    ...keepImmutable(next, current, ['data']),
    ...(next.type === current.type ? [] : [invalidValue('type', next.type, 'field is immutable')]),
  ],
}

function keepImmutable(next: KubeObject, current: KubeObject, fields: string[]): FieldError[] {
  if (current.immutable !== true) return []
  const rule = 'field is immutable when `immutable` is set'
  const same = (field: string) => JSON.stringify(next[field] ?? null) === JSON.stringify(current[field] ?? null)
  return [
    ...(next.immutable === true ? [] : [forbiddenField('immutable', rule)]),
    ...fields.filter((field) => !same(field)).map((field) => forbiddenField(field, rule)),
  ]
}
