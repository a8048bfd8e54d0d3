import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { claimSpec } from './claim-changes.ts'
import { forbiddenField, invalidValue } from './field-errors.ts'
import { eventContent, FIXED, nodeDrivers, parentRef, roleRef } from './fixed-structs.ts'
import { internalStruct } from './internal-struct.ts'
import { structDiff } from './struct-diff.ts'

/** What may not change in an object of a kind that Kubernetes has itself. */
export type ChangeRule = (next: KubeObject, current: KubeObject) => FieldError[]

/** `at` is what Kubernetes calls the field, `struct` as what it shows it. */
function fixed(field: string, { at = field, struct = '' } = {}): ChangeRule {
  const fieldOf = (object: KubeObject): unknown =>
    field.split('.').reduce<unknown>((value, part) => (value as Spec | undefined)?.[part], object)
  return (next, current) => {
    const [after, before] = [fieldOf(next), fieldOf(current)]
    if (equalJson(after ?? null, before ?? null)) return []
    return [invalidValue(at, struct ? internalStruct(after as Spec | undefined, struct) : after, FIXED)]
  }
}

const all =
  (...rules: ChangeRule[]): ChangeRule =>
  (next, current) =>
    rules.flatMap((rule) => rule(next, current))

/** The same, in other words. */
function kept(field: string, why: string): ChangeRule {
  return (next, current) => (equalJson(next[field] ?? null, current[field] ?? null) ? [] : [forbiddenField(field, why)])
}

const attachment: ChangeRule = (next, current) =>
  equalJson(next.spec, current.spec) ? [] : [invalidValue('spec', next.spec, FIXED)]

/** What may not change, by `group/plural`. */
export const changeRules: ReadonlyMap<string, ChangeRule> = new Map<string, ChangeRule>([
  ['/configmaps', unlessImmutable(['data', 'binaryData'])],
  ['/secrets', all(fixed('type'), unlessImmutable(['data']))],
  ['/resourcequotas', quotaScopes],
  ['/nodes', nodeIdentity],
  ['/persistentvolumeclaims', claimSpec],
  ['/persistentvolumes', volumeSource],
  ['apps/deployments', fixed('spec.selector')],
  ['apps/replicasets', fixed('spec.selector')],
  ['apps/daemonsets', fixed('spec.selector')],
  ['apps/statefulsets', statefulSpec],
  ['apps/controllerrevisions', fixed('data')],
  ['batch/jobs', (next, current) => jobSpec(next, current)],
  ['networking.k8s.io/ingressclasses', fixed('spec.controller')],
  ['networking.k8s.io/ipaddresses', parentRef],
  ['events.k8s.io/events', eventContent],
  ['discovery.k8s.io/endpointslices', fixed('addressType')],
  ['rbac.authorization.k8s.io/rolebindings', roleRef],
  ['rbac.authorization.k8s.io/clusterrolebindings', roleRef],
  ['node.k8s.io/runtimeclasses', fixed('handler')],
  [
    'scheduling.k8s.io/priorityclasses',
    all(kept('value', 'may not be changed in an update.'), fixed('preemptionPolicy')),
  ],
  [
    'storage.k8s.io/storageclasses',
    all(
      kept('parameters', 'updates to parameters are forbidden.'),
      kept('provisioner', 'updates to provisioner are forbidden.'),
      kept('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'),
      fixed('volumeBindingMode'),
    ),
  ],
  ['storage.k8s.io/volumeattachments', attachment],
  [
    'storage.k8s.io/csidrivers',
    all(fixed('spec.attachRequired', { at: 'spec.attachedRequired' }), fixed('spec.volumeLifecycleModes')),
  ],
  ['storage.k8s.io/csinodes', nodeDrivers],
  ['storage.k8s.io/csistoragecapacities', all(fixed('nodeTopology'), fixed('storageClassName'))],
  [
    'storage.k8s.io/volumeattributesclasses',
    all(
      kept('driverName', 'updates to driverName are forbidden.'),
      kept('parameters', 'updates to parameters are forbidden.'),
    ),
  ],
  ['networking.k8s.io/servicecidrs', serviceRanges],
  ['resource.k8s.io/resourceclaims', fixed('spec')],
  ['resource.k8s.io/resourceclaimtemplates', fixed('spec')],
  ['resource.k8s.io/resourceslices', all(fixed('spec.pool.name'), fixed('spec.driver'), fixed('spec.nodeName'))],
])

/** Which scopes a quota has stays; how often it names them may not. */
function quotaScopes({ spec: next }: KubeObject, { spec: current }: KubeObject): FieldError[] {
  const sorted = (spec: Spec | undefined): string[] => [...new Set<string>(spec?.scopes ?? [])].toSorted()
  return equalJson(sorted(next), sorted(current)) ? [] : [invalidValue('spec.scopes', next?.scopes ?? null, FIXED)]
}

/** A range of Services stays; one of the other family may come to it. */
function serviceRanges({ spec: next }: KubeObject, { spec: current }: KubeObject): FieldError[] {
  const [after, before]: string[][] = [next?.cidrs ?? [], current?.cidrs ?? []]
  if (!after || !before) return []
  const grows = before.length === 1 && after.length === 2
  if (after.length !== before.length && !grows) return [invalidValue('spec.cidrs', after, FIXED)]
  return before.flatMap((range, index) =>
    range === after[index] ? [] : [invalidValue(`spec.cidrs[${index}]`, after[index], FIXED)],
  )
}

function unlessImmutable(fields: string[]): ChangeRule {
  const rule = 'field is immutable when `immutable` is set'
  return (next, current) => {
    if (current.immutable !== true) return []
    return [
      ...(next.immutable === true ? [] : [forbiddenField('immutable', rule)]),
      ...fields
        .filter((field) => !equalJson(next[field] ?? null, current[field] ?? null))
        .map((field) => forbiddenField(field, rule)),
    ]
  }
}

function nodeIdentity({ spec: next = {} }: KubeObject, { spec: current = {} }: KubeObject): FieldError[] {
  const once = (field: string, shown: string) =>
    current[field]?.length && !equalJson(next[field] ?? null, current[field])
      ? [forbiddenField(`spec.${field}`, `node updates may not change ${shown} except from "" to valid`)]
      : []
  return [
    ...once('podCIDRs', 'podCIDR'),
    ...once('providerID', 'providerID'),
    ...((next.externalID ?? '') === (current.externalID ?? '')
      ? []
      : [forbiddenField('spec.externalID', 'may not be updated')]),
  ]
}

/** As JSON, without fields that are not there. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const OF_SOURCES = 'spec.persistentvolumesource is immutable after creation'
const OF_AFFINITY = 'field is immutable, except for updating from beta label to GA'

/** What a volume is; its driver may be given a Secret for growing, once (ValidatePersistentVolumeUpdate). */
function volumeSource({ spec: next }: KubeObject, { spec: current }: KubeObject): FieldError[] {
  const source = (spec: Spec): Spec => internalStruct(spec, 'core.PersistentVolumeSource') ?? {}
  const { controllerExpandSecretRef, ...csi } = next.csi ?? {}
  const isGiven = current.csi && !current.csi.controllerExpandSecretRef && controllerExpandSecretRef
  const [before, after] = [source(current), source(isGiven ? { ...next, csi } : next)]
  const { nodeAffinity } = current
  return [
    ...(equalJson(after, before)
      ? []
      : [forbiddenField('spec.persistentvolumesource', `${OF_SOURCES}\n${structDiff(before, after)}`)]),
    ...(next.volumeMode === current.volumeMode ? [] : [invalidValue('volumeMode', next.volumeMode, FIXED)]),
    ...(nodeAffinity && !equalJson(next.nodeAffinity ?? null, nodeAffinity)
      ? [invalidValue('nodeAffinity', internalStruct(next.nodeAffinity, 'core.VolumeNodeAffinity'), OF_AFFINITY)]
      : []),
    ...(current.volumeAttributesClassName !== undefined && next.volumeAttributesClassName === undefined
      ? [forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')]
      : []),
  ]
}

const MUTABLE = [
  ...['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit'],
  ...['persistentVolumeClaimRetentionPolicy', 'minReadySeconds'],
]
const OF_STATEFUL =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

function statefulSpec(next: KubeObject, current: KubeObject): FieldError[] {
  const rest = ({ spec }: KubeObject) =>
    Object.fromEntries(Object.entries(spec).filter(([field]) => !MUTABLE.includes(field)))
  return equalJson(rest(next), rest(current)) ? [] : [forbiddenField('spec', OF_STATEFUL)]
}

/** In the order in which Kubernetes looks (ValidateJobSpecUpdate). */
const jobSpec = all(
  completions,
  fixed('spec.selector'),
  jobTemplate,
  fixed('spec.completionMode'),
  fixed('spec.podFailurePolicy', { struct: 'batch.PodFailurePolicy' }),
  fixed('spec.backoffLimitPerIndex'),
  fixed('spec.managedBy'),
  fixed('spec.successPolicy', { struct: 'batch.SuccessPolicy' }),
)

/** An indexed Job may grow. */
function completions({ spec: after }: KubeObject, { spec: before }: KubeObject): FieldError[] {
  const indexed = after.completionMode === 'Indexed'
  if (equalJson(after.completions ?? null, before.completions ?? null)) return []
  if (!indexed) return [invalidValue('spec.completions', after.completions, FIXED)]
  if (after.completions === undefined || after.completions === after.parallelism) return []
  const why = 'can only be modified in tandem with spec.parallelism'
  return [invalidValue('spec.completions', after.completions, why)]
}

/** A Job that never ran may still be told where to run (KEP-2926). */
function jobTemplate({ spec: after }: KubeObject, { spec: before, status }: KubeObject): FieldError[] {
  const open = before.suspend === true && !status?.startTime
  if (equalJson(template(after.template, open), template(before.template, open))) return []
  return [invalidValue('spec.template', internalStruct(after.template, 'core.PodTemplateSpec'), FIXED)]
}

function template({ metadata, spec }: Spec, open: boolean): unknown {
  if (!open) return { metadata, spec }
  const { nodeSelector: _, tolerations: __, schedulingGates: ___, affinity, ...rest } = spec
  const { nodeAffinity: ____, ...others } = affinity ?? {}
  const { labels: _____, annotations: ______, ...named } = metadata ?? {}
  return plain({ metadata: named, spec: rest, affinity: others })
}
