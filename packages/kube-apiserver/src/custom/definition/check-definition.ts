import type { KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { invalidValue } from '../../validation/field-errors.ts'
import { caBundleFault } from '../../validation/webhook-client.ts'
import { approvalFaults, approvalOf } from '../api-approval.ts'
import { conditionOf } from './conditions.ts'
import { namesKnownReview } from './conversion-rules.ts'
import { nameFaults } from './name-rules.ts'
import { specFaults } from './spec-rules.ts'

/** What is wrong with a new CustomResourceDefinition (ValidateCustomResourceDefinition); its metadata are checked as all are. */
export function newDefinitionFaults(crd: Readonly<KubeObject>): FieldError[] {
  return [
    ...objectNameFaults(crd),
    ...specFaults(crd.spec ?? {}, { reviewVersions: false, caBundle: true }),
    ...storedVersionFaults(crd),
    ...approvalFaults(crd),
    ...preservingFaults(crd),
  ]
}

/** What is wrong with a change of one. */
export function definitionChangeFaults(next: Readonly<KubeObject>, current: Readonly<KubeObject>): FieldError[] {
  const isServed = conditionOf(current, 'Established')?.status === 'True'
  const { conversionReviewVersions = [], clientConfig } = (current.spec.conversion?.webhook ?? {}) as Spec
  const lenient = {
    reviewVersions: conversionReviewVersions?.length > 0 && !namesKnownReview(conversionReviewVersions),
    caBundle: !isServed || (clientConfig?.caBundle && caBundleFault(clientConfig.caBundle) !== undefined),
  }
  return [
    ...specFaults(next.spec ?? {}, lenient, current.spec),
    ...(isServed ? fixedFaults(next, current, ['scope', 'names.kind']) : []),
    ...fixedFaults(next, current, ['group', 'names.plural']),
    ...storedVersionFaults(next),
    ...(approvalOf(next)?.reason === approvalOf({ ...current, spec: next.spec })?.reason ? [] : approvalFaults(next)),
    ...(current.spec.preserveUnknownFields ? [] : preservingFaults(next)),
  ]
}

/** The status is written by controllers, ours and others, of which only the names are asked. */
export function statusFaults({ status }: Readonly<KubeObject>): FieldError[] {
  return nameFaults(status?.acceptedNames ?? {}, 'status.acceptedNames')
}

function objectNameFaults({ metadata, spec }: Readonly<KubeObject>): FieldError[] {
  const wanted = `${spec?.names?.plural ?? ''}.${spec?.group ?? ''}`
  return (['generateName', 'name'] as const)
    .filter((field) => metadata[field] && metadata[field] !== wanted)
    .map((field) => invalidValue(`metadata.${field}`, metadata[field], 'must be spec.names.plural+"."+spec.group'))
}

function fixedFaults(next: Readonly<KubeObject>, current: Readonly<KubeObject>, fields: string[]): FieldError[] {
  const valueAt = ({ spec }: Readonly<KubeObject>, field: string): unknown =>
    field.split('.').reduce<unknown>((value, part) => (value as Spec | undefined)?.[part], spec) ?? ''
  return fields
    .filter((field) => valueAt(next, field) !== valueAt(current, field))
    .map((field) => invalidValue(`spec.${field}`, valueAt(next, field), 'field is immutable'))
}

/** Objects are stored in these versions, so that each must stay readable. */
function storedVersionFaults({ spec, status }: Readonly<KubeObject>): FieldError[] {
  const path = 'status.storedVersions'
  const stored: string[] = status?.storedVersions ?? []
  if (stored.length === 0) return [invalidValue(path, null, 'must have at least one stored version')]
  const versions = (spec?.versions ?? []) as Spec[]
  const known = versions.map(({ name }) => name)
  // One that comes twice is found once.
  const isFound = ({ name }: Spec, index: number): boolean => stored.includes(name) && known.indexOf(name) === index
  return [
    ...versions
      .filter((version, index) => version.storage && !isFound(version, index))
      .map(({ name }) => invalidValue(path, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((version, index) => {
      if (known.includes(version)) return []
      const why = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`
      return [invalidValue(`${path}[${index}]`, version, why)]
    }),
  ]
}

function preservingFaults({ spec }: Readonly<KubeObject>): FieldError[] {
  if (spec?.preserveUnknownFields !== true) return []
  const why = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  return [invalidValue('spec.preserveUnknownFields', true, why)]
}
