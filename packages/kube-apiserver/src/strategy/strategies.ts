import type { KubeObject } from '@slipway/kube-objects'
import { crdStrategy } from '../custom/crd-strategy.ts'
import type { DefinitionNames } from '../custom/definition/definition-names.ts'
import type { Spec } from '../defaults/spec.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import { invalidValue } from '../validation/field-errors.ts'
import { certificateStrategy } from './certificate-strategy.ts'
import { claimTemplateStrategy, type NamespaceLabels, resourceClaimStrategy } from './device-strategies.ts'
import { podStrategy } from './pod-strategy.ts'
import { serviceStrategy } from './service-strategy.ts'
import { STATUS_METADATA, type Strategies, type Strategy } from './strategy.ts'
import { cronJobStrategy, daemonSetStrategy, jobStrategy } from './workload-strategies.ts'

const generation: Strategy = { hasGeneration: true }
/** Whatever changes later is not counted, unless the type counts besides. */
const firstGeneration = (first: 1 | undefined): Strategy => ({
  prepareCreate({ metadata }) {
    if (first === undefined) delete metadata.generation
    else metadata.generation = first
  },
})
const WITHOUT_LABELS = STATUS_METADATA.filter((field) => field !== 'labels')
const makes: Strategy = { createsOnUpdate: true }
const versioned: Strategy = { needsVersion: true }
const returned: Strategy = { returnsDeleted: true }
/** Its status is written without any metadata (ResetObjectMetaForStatus). */
const bareStatus: Strategy = { statusMetadata: [] }

/** The rules of every type that has some of its own. */
export function createStrategies(options: {
  serviceCidr: string
  services: Readonly<KubeObject>[]
  namespaceLabels: NamespaceLabels
  definitionNames: DefinitionNames
  rules: ObjectRules
}): Strategies {
  return new Map<string, Strategy>([
    ['/pods', podStrategy],
    ['/services', serviceStrategy(options.serviceCidr, options.services)],
    ['/namespaces', namespaceStrategy],
    ['certificates.k8s.io/certificatesigningrequests', certificateStrategy],
    ['/serviceaccounts', accountStrategy],
    ['/podtemplates', { ...generation, ...returned }],
    ['/resourcequotas', returned],
    ['/persistentvolumeclaims', claimStrategy],
    ['/persistentvolumes', volumeStrategy],
    ['/replicationcontrollers', { ...generation, orphansByDefault: true }],
    // Annotations are copied to ReplicaSets.
    ['apps/deployments', { ...generation, countedMetadata: 'annotations', statusMetadata: WITHOUT_LABELS }],
    ['apps/replicasets', generation],
    ['apps/statefulsets', generation],
    ['apps/daemonsets', daemonSetStrategy],
    ['batch/jobs', jobStrategy],
    ['batch/cronjobs', cronJobStrategy],
    ['networking.k8s.io/ingresses', ingressStrategy],
    ['networking.k8s.io/networkpolicies', generation],
    ['networking.k8s.io/ingressclasses', generation],
    ['policy/poddisruptionbudgets', { ...generation, ...versioned }],
    ['discovery.k8s.io/endpointslices', { ...generation, countedMetadata: 'labels' }],
    ['flowcontrol.apiserver.k8s.io/flowschemas', { ...generation, ...bareStatus }],
    ['flowcontrol.apiserver.k8s.io/prioritylevelconfigurations', { ...generation, ...bareStatus }],
    ['scheduling.k8s.io/priorityclasses', firstGeneration(1)],
    ['resource.k8s.io/deviceclasses', { ...generation, ...returned }],
    ['resource.k8s.io/resourceslices', { ...generation, ...returned }],
    ['resource.k8s.io/resourceclaims', resourceClaimStrategy(options.namespaceLabels)],
    ['resource.k8s.io/resourceclaimtemplates', claimTemplateStrategy(options.namespaceLabels)],
    ['networking.k8s.io/servicecidrs', bareStatus],
    ['admissionregistration.k8s.io/validatingwebhookconfigurations', { ...generation, ...versioned }],
    ['admissionregistration.k8s.io/mutatingwebhookconfigurations', { ...generation, ...versioned }],
    ['admissionregistration.k8s.io/validatingadmissionpolicies', { ...generation, ...versioned, ...bareStatus }],
    ['admissionregistration.k8s.io/validatingadmissionpolicybindings', { ...generation, ...versioned }],
    ['apiextensions.k8s.io/customresourcedefinitions', crdStrategy(options.definitionNames, options.rules)],
    ['apiregistration.k8s.io/apiservices', { ...versioned, ...bareStatus }],
    ['coordination.k8s.io/leases', { ...makes, ...versioned }],
    ['node.k8s.io/runtimeclasses', { ...makes, ...versioned }],
    ['storage.k8s.io/csidrivers', { ...generation, ...versioned, ...returned, ...firstGeneration(undefined) }],
    ['storage.k8s.io/csinodes', { ...versioned, ...returned }],
    ['storage.k8s.io/csistoragecapacities', versioned],
    ['storage.k8s.io/volumeattachments', { ...versioned, ...returned, ...bareStatus }],
    ['storage.k8s.io/storageclasses', returned],
    ['storage.k8s.io/volumeattributesclasses', returned],
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

const INGRESS_CLASS = 'kubernetes.io/ingress.class'

const ingressStrategy: Strategy = {
  hasGeneration: true,
  validateNew({ metadata, spec }) {
    const older = metadata.annotations?.[INGRESS_CLASS]
    const name: string | undefined = spec?.ingressClassName
    if (older === undefined || name === undefined || older === name) return []
    const why = 'must match `ingressClassName` when both are specified'
    return [invalidValue(`annotations.${INGRESS_CLASS}`, older, why)]
  },
}

/** Of the Secrets of an account, names alone are kept (serviceaccount's cleanSecretReferences). */
function namedSecrets(account: KubeObject): void {
  const secrets: Spec[] | undefined = account.secrets
  if (secrets) account.secrets = secrets.map(({ name }) => (name === undefined ? {} : { name }))
}

const accountStrategy: Strategy = { ...returned, prepareCreate: namedSecrets, prepareUpdate: namedSecrets }

const claimStrategy: Strategy = {
  ...returned,
  prepareCreate(claim) {
    claim.status = { phase: 'Pending' }
    fillSources(claim.spec, undefined)
  },
  prepareUpdate(next, current, { subresource }) {
    if (subresource === undefined) fillSources(next.spec, current.spec)
  },
}

/**
 * The older field of a claim's source takes claims and snapshots only, and both fields say the same. Sources of another
 * namespace are a feature that is off by default (CrossNamespaceVolumeDataSource).
 */
function fillSources(spec: Spec, before: Spec | undefined): void {
  if (spec.dataSourceRef?.namespace && !before?.dataSourceRef) delete spec.dataSourceRef
  const { dataSource, dataSourceRef } = spec
  if (!dataSource && !dataSourceRef) return
  const source = `${dataSource?.apiGroup ?? ''}/${dataSource?.kind}`
  const known = ['/PersistentVolumeClaim', 'snapshot.storage.k8s.io/VolumeSnapshot'].includes(source)
  if (!dataSourceRef && !known && !before?.dataSource && !before?.dataSourceRef) delete spec.dataSource
  else if (!dataSourceRef) spec.dataSourceRef = { ...dataSource }
  else if (!dataSource && !dataSourceRef.namespace) spec.dataSource = { ...dataSourceRef }
}

const volumeStrategy: Strategy = {
  ...returned,
  prepareCreate(volume, { now }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: now }
  },
  prepareUpdate({ status: next }, { status: current }, { subresource, now }) {
    if (subresource !== 'status' || !next) return
    const [told, known] = [next.lastPhaseTransitionTime, current?.lastPhaseTransitionTime]
    if (next.phase !== current?.phase) {
      if (told === undefined || told === known) next.lastPhaseTransitionTime = now
    } else if (told === undefined && known !== undefined) next.lastPhaseTransitionTime = known
  },
}

const namespaceStrategy: Strategy = {
  returnsDeleted: true,
  prepareCreate(namespace) {
    const finalizers: string[] = namespace.spec?.finalizers ?? []
    namespace.spec = { finalizers: [...finalizers.filter((one) => one !== 'kubernetes'), 'kubernetes'] }
    namespace.status = { phase: 'Active' }
    label(namespace)
  },
  prepareUpdate(next, current, { subresource }) {
    // Only the finalize subresource takes the finalizers of a namespace away.
    if (subresource !== 'finalize') next.spec = current.spec
    label(next)
  },
  prepareDelete(namespace) {
    // How long it takes nobody knows.
    delete namespace.metadata.deletionGracePeriodSeconds
    namespace.status = { ...namespace.status, phase: 'Terminating' }
  },
}

function label({ metadata }: KubeObject): void {
  metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name ?? '' }
}
