import { equalJson, isKnownFormat, isObject, type KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { invalidValue, required } from '../validation/field-errors.ts'
import { approvalFaults, approvalOf } from './api-approval.ts'
import { ruleFaults } from './rule-faults.ts'

/** Keeps a definition until its objects are gone; Kubernetes' own name. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

/** CustomResourceDefinitions: names that are derived, what may not change. */
export const crdStrategy: Strategy = {
  hasGeneration: true,
  needsVersion: true,
  prepareCreate(crd, { now }) {
    fillNames(crd.spec)
    crd.status = establishedStatus(crd, now)
  },
  prepareUpdate(next, current, { subresource, now }) {
    if (subresource === 'status') return
    fillNames(next.spec)
    const stored = storageVersion(next)
    const known: string[] = current.status?.storedVersions ?? []
    if (next.status && stored && !known.includes(stored)) next.status.storedVersions = [...known, stored]
    if (!next.status) return
    next.status.acceptedNames = next.spec.names
    next.status.conditions = [...approvalConditions(next, now), ...withoutApproval(next.status.conditions ?? [])]
  },
  finalizersOfDelete: [CLEANUP_FINALIZER],
  prepareDelete(crd, now) {
    const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon'
    const terminating = condition('Terminating', 'InstanceDeletionPending', message, now)
    crd.status = { ...crd.status, conditions: [...(crd.status?.conditions ?? []), terminating] }
  },
  validate: (crd) => checkDefinition(crd),
  validateNew: (crd) => [...approvalFaults(crd), ...rulesOfSchemas(crd)],
  warningsOfNew: ({ spec }) => {
    const unknown = ((spec.versions ?? []) as Spec[]).flatMap(({ schema }) => unknownFormats(schema?.openAPIV3Schema))
    return [...new Set(unknown)].toSorted().map((format) => `unrecognized format ${JSON.stringify(format)}`)
  },
  validateUpdate(next, current) {
    const fields = ['group', 'scope'] as const
    const changed = fields
      .filter((field) => next.spec[field] !== current.spec[field])
      .map((field) => invalidValue(`spec.${field}`, next.spec[field], 'field is immutable'))
    const approval = approvalOf(next)?.reason === approvalOf(current)?.reason ? [] : approvalFaults(next)
    return [...changed, ...approval, ...rulesOfSchemas(next, current)]
  },
}

/** Formats of texts that no Kubernetes checks. */
function unknownFormats(schema: unknown): string[] {
  if (!isObject(schema)) return []
  const { type, format, properties, items, additionalProperties } = schema as Spec
  const own = type === 'string' && format && !isKnownFormat(format) ? [format] : []
  const inside = [...Object.values((properties ?? {}) as object), items, additionalProperties]
  return [...own, ...inside.flatMap(unknownFormats)]
}

function storageVersion({ spec }: KubeObject): string | undefined {
  return ((spec?.versions ?? []) as Spec[]).find(({ storage }) => storage)?.name
}

function fillNames(spec: Spec | undefined): void {
  const { names } = spec ?? {}
  if (!spec || !names?.kind) return
  names.listKind ??= `${names.kind}List`
  names.singular ??= String(names.kind).toLowerCase()
  spec.conversion ??= { strategy: 'None' }
}

const APPROVAL = 'KubernetesAPIApprovalPolicyConformant'

const withoutApproval = (conditions: Spec[]): Spec[] => conditions.filter(({ type }) => type !== APPROVAL)

/** One that was so before keeps its time. */
function approvalConditions(crd: KubeObject, now: string): Spec[] {
  const approval = approvalOf(crd)
  if (!approval) return []
  const known = ((crd.status?.conditions ?? []) as Spec[]).find(({ type }) => type === APPROVAL)
  const made = { type: APPROVAL, lastTransitionTime: now, ...approval }
  return [known && equalJson({ ...known, lastTransitionTime: now }, made) ? known : made]
}

const condition = (type: string, reason: string, message: string, now: string) => ({
  type,
  status: 'True',
  lastTransitionTime: now,
  reason,
  message,
})

/** No other definition can be in the way, so it is served from the moment it is stored. */
function establishedStatus(crd: KubeObject, now: string) {
  const { spec } = crd
  const versions: Spec[] = spec.versions ?? []
  return {
    conditions: [
      ...approvalConditions(crd, now),
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found', now),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted', now),
    ],
    acceptedNames: spec.names,
    storedVersions: versions.filter(({ storage }) => storage).map(({ name }) => name),
  }
}

function checkDefinition({ metadata, spec = {} }: KubeObject): FieldError[] {
  const errors: FieldError[] = []
  const { group, names = {}, scope } = spec as Spec
  // Go writes a list that is not there as null.
  const versions: Spec[] = spec.versions ?? []
  for (const field of ['group', 'scope']) if (!spec[field]) errors.push(required(`spec.${field}`))
  for (const field of ['plural', 'kind']) if (!names[field]) errors.push(required(`spec.names.${field}`))
  if (scope && !['Namespaced', 'Cluster'].includes(scope))
    errors.push(invalidValue('spec.scope', scope, 'must be Namespaced or Cluster'))
  if (group && names.plural && metadata.name !== `${names.plural}.${group}`) {
    errors.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'))
  }
  if (versions.filter(({ storage }: Spec) => storage).length !== 1) {
    errors.push(invalidValue('spec.versions', null, 'must have exactly one version marked as storage version'))
  }
  for (const [index, version] of versions.entries()) {
    if (!version.schema?.openAPIV3Schema)
      errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'))
  }
  return errors
}

/** What is wrong with the rules of the schemas that are new. */
function rulesOfSchemas({ spec }: KubeObject, current?: KubeObject): FieldError[] {
  const known = schemasOf(current?.spec?.versions ?? [])
  return schemasOf(spec?.versions ?? [])
    .filter(([, schema]) => !known.some(([, other]) => equalJson(schema, other)))
    .flatMap(([path, schema]) => ruleFaults(schema, path))
}

/** The schemas, and where messages say that they are: one that all versions share is the definition's own. */
function schemasOf(versions: Spec[]): [path: string, schema: unknown][] {
  const schemas = versions.map(({ schema }) => schema?.openAPIV3Schema as unknown)
  const [first, ...others] = schemas
  if (first !== undefined && others.every((other) => equalJson(first, other))) {
    return [['spec.validation.openAPIV3Schema', first]]
  }
  return schemas.map((schema, index) => [`spec.versions[${index}].schema.openAPIV3Schema`, schema])
}
