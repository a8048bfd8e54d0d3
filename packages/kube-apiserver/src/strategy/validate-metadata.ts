import { isIP } from 'node:net'
import {
  type KubeObject,
  labelNameErrors,
  labelValueErrors,
  type ObjectMeta,
  qualifiedNameErrors,
  rfc1035NameErrors,
  subdomainNameErrors,
} from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Resource } from '../registry/resource.ts'
import { forbiddenField, invalidValue, required } from '../validation/field-errors.ts'
import { finalizerDomainErrors } from '../validation/values.ts'

const MAX_ANNOTATION_BYTES = 256 * 1024
export const MAX_MANAGER_LENGTH = 128
const UNPRINTABLE = /\p{C}/u

/** What is wrong with the metadata of a new object. */
export function checkMetadata({ metadata }: KubeObject, resource: Resource): FieldError[] {
  const domains = knowsFinalizers(resource) ? checkDomains(metadata.finalizers ?? []) : []
  const { namespaced } = resource
  return [...checkObjectMeta(metadata, { namespaced, nameErrors: (name) => namesOf(name, resource) }), ...domains]
}

/** The same of any object, whatever it is an object of (apimachinery's ValidateObjectMeta). */
export function checkObjectMeta(
  metadata: ObjectMeta,
  { namespaced, nameErrors }: { namespaced: boolean; nameErrors: (name: string) => string[] },
): FieldError[] {
  const { name, generateName, namespace, finalizers = [] } = metadata
  const errors: FieldError[] = []
  if (generateName) {
    // What the server appends makes an end of anything but a character that cannot stand before it.
    const prefix = generateName.replace(/-$/, 'a')
    errors.push(...nameErrors(prefix).map((why) => invalidValue('metadata.generateName', generateName, why)))
  }
  if (!name) errors.push(required('metadata.name', 'name or generateName is required'))
  else errors.push(...nameErrors(name).map((why) => invalidValue('metadata.name', name, why)))
  if (namespaced) {
    errors.push(
      ...labelNameErrors(namespace ?? '').map((why) => invalidValue('metadata.namespace', namespace ?? '', why)),
    )
  }
  return [...errors, ...checkCommon(metadata), ...checkFinalizers(finalizers)]
}

/** What is wrong with a change of metadata (validateCommonFields of apiserver's rest). */
export function checkMetadataUpdate(
  { metadata: next }: KubeObject,
  { metadata: current }: KubeObject,
  resource: Resource,
): FieldError[] {
  const fixed = ['name', 'namespace', 'uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const
  return [
    ...(current.deletionTimestamp ? checkNewFinalizers(next.finalizers ?? [], current.finalizers ?? []) : []),
    ...fixed
      .filter((field) => next[field] !== current[field])
      .map((field) => invalidValue(`metadata.${field}`, next[field], 'field is immutable')),
    ...checkCommon(next),
    ...checkFinalizers(next.finalizers ?? []),
    ...(knowsFinalizers(resource) ? checkDomains(next.finalizers ?? []) : []),
  ]
}

function namesOf(name: string, { group, plural, custom }: Resource): string[] {
  if (custom) return subdomainNameErrors(name)
  // RBAC names may hold colons; they only must be one path segment.
  if (group === 'rbac.authorization.k8s.io') return segmentErrors(name)
  const resource = `${group}/${plural}`
  if (resource === 'networking.k8s.io/ipaddresses') {
    return isIP(name) === 0 ? ['must be a valid IP address in canonical form, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : []
  }
  if (resource === 'apiregistration.k8s.io/apiservices') return segmentErrors(name)
  if (resource === '/services') return rfc1035NameErrors(name)
  return LABELS.includes(resource) ? labelNameErrors(name) : subdomainNameErrors(name)
}

/** Whose names become a part of a host name. */
const LABELS = ['/namespaces', 'apps/statefulsets']

/** Of a name that only has to stand between two slashes. */
export function segmentErrors(name: string): string[] {
  const bad = /^\.\.?$|[/%]/.exec(name)?.[0]
  if (!bad) return []
  return [bad === name ? `may not be '${bad}'` : `may not contain '${bad}'`]
}

const NOT_NEGATIVE = 'must be greater than or equal to 0'

/** Labels, annotations, owners and managers, which may change at any time. */
function checkCommon({
  generation = 0,
  labels = {},
  annotations = {},
  ownerReferences = [],
  managedFields = [],
}: ObjectMeta): FieldError[] {
  const errors = generation < 0 ? [invalidValue('metadata.generation', generation, NOT_NEGATIVE)] : []
  for (const [key, value] of Object.entries(labels)) {
    errors.push(...qualifiedNameErrors(key).map((why) => invalidValue('metadata.labels', key, why)))
    errors.push(...labelValueErrors(value).map((why) => invalidValue('metadata.labels', value, why)))
  }
  let bytes = 0
  for (const [key, value] of Object.entries(annotations)) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value)
    errors.push(...qualifiedNameErrors(key.toLowerCase()).map((why) => invalidValue('metadata.annotations', key, why)))
  }
  if (bytes > MAX_ANNOTATION_BYTES) {
    const message = `Too long: may not be more than ${MAX_ANNOTATION_BYTES} bytes`
    errors.push({ reason: 'FieldValueTooLong', field: 'metadata.annotations', message })
  }
  return [...errors, ...checkOwners(ownerReferences), ...managedFields.flatMap(checkManager)]
}

function checkOwners(owners: NonNullable<ObjectMeta['ownerReferences']>): FieldError[] {
  const field = 'metadata.ownerReferences'
  const errors: FieldError[] = []
  let first: string | undefined
  for (const owner of owners) {
    const { apiVersion, kind, name, uid, controller } = owner
    // What has more than one slash has no version for Go.
    if (!apiVersion || apiVersion.endsWith('/') || apiVersion.split('/').length > 2) {
      errors.push(invalidValue(`${field}.apiVersion`, apiVersion ?? '', 'version must not be empty'))
    }
    for (const [part, value] of Object.entries({ kind, name, uid })) {
      if (!value) errors.push(invalidValue(`${field}.${part}`, value ?? '', 'must not be empty'))
    }
    if (apiVersion === 'v1' && kind === 'Event') {
      errors.push(invalidValue(field, owner, '/v1, Kind=Event is disallowed from being an owner'))
    }
    if (!controller) continue
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${kind}/${name}`
    if (first) errors.push(invalidValue(field, owners, text))
    else first = `${kind}/${name}`
  }
  return errors
}

function checkManager(entry: unknown, index: number): FieldError[] {
  const { operation, fieldsType, manager = '' } = entry as Record<string, string>
  const field = `metadata.managedFields[${index}]`
  return [
    ...(operation === 'Apply' || operation === 'Update'
      ? []
      : [invalidValue(`${field}.operation`, operation ?? '', 'must be `Apply` or `Update`')]),
    ...(fieldsType && fieldsType !== 'FieldsV1'
      ? [invalidValue(`${field}.fieldsType`, fieldsType, 'must be `FieldsV1`')]
      : []),
    ...managerErrors(manager, `${field}.manager`),
  ]
}

/** What is wrong with the name of a field manager (ValidateFieldManager). */
export function managerErrors(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (Buffer.byteLength(manager) > MAX_MANAGER_LENGTH) {
    const message = `Too long: may not be more than ${MAX_MANAGER_LENGTH} bytes`
    errors.push({ reason: 'FieldValueTooLong', field, message })
  }
  if (!UNPRINTABLE.test(manager)) return errors
  for (const [index, char] of [...manager].entries()) {
    if (!UNPRINTABLE.test(char)) continue
    const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    errors.push(invalidValue(field, manager, `invalid character U+${code} (at position ${index})`))
  }
  return errors
}

/** Groups whose types are checked as those of other servers are. */
const GENERIC = ['coordination.k8s.io', 'admissionregistration.k8s.io', 'node.k8s.io', 'policy']

const knowsFinalizers = (resource: Resource): boolean => isCore(resource) && !GENERIC.includes(resource.group)

/** Served by kube-apiserver's own registry, and not by the extensions' servers inside of it. */
export function isCore({ custom, group }: Resource): boolean {
  return !custom && group !== 'apiextensions.k8s.io' && group !== 'apiregistration.k8s.io'
}

function checkDomains(finalizers: string[]): FieldError[] {
  return finalizers.flatMap((name, index) =>
    finalizerDomainErrors(name).map((why) => invalidValue(`metadata.finalizers[${index}]`, name, why)),
  )
}

function checkFinalizers(finalizers: string[]): FieldError[] {
  const field = 'metadata.finalizers'
  const errors = finalizers.flatMap((name) => qualifiedNameErrors(name).map((why) => invalidValue(field, name, why)))
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  return errors
}

function checkNewFinalizers(next: string[], current: string[]): FieldError[] {
  const added = next.filter((finalizer) => !current.includes(finalizer)).toSorted()
  if (added.length === 0) return []
  const list = `[]string{${added.map((one) => JSON.stringify(one)).join(', ')}}`
  return [
    forbiddenField(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
    ),
  ]
}
