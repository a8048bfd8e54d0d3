import {
  isObject,
  type JsonObject,
  type ObjectMeta,
  objectMetaSchema,
  rfc1035NameErrors,
  type SchemaNode,
  typedForm,
} from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import { checkObjectMeta, segmentErrors } from '../strategy/validate-metadata.ts'
import { invalidValue, required } from '../validation/field-errors.ts'

type Visit = (object: JsonObject, path: string) => void

/** Every object inside a value (`x-kubernetes-embedded-resource`), and where it is; `path` empty = at the root. */
function eachEmbedded(value: unknown, schema: SchemaNode | undefined, path: string, visit: Visit): void {
  if (!schema || !holdsObjects(schema)) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) eachEmbedded(item, schema.items, `${path}[${index}]`, visit)
  }
  if (!isObject(value)) return
  if (schema.embeddedResource) visit(value, path)
  const { properties = {}, additional } = schema
  for (const [field, child] of Object.entries(value)) {
    if (Object.hasOwn(properties, field)) eachEmbedded(child, properties[field], within(path, field), visit)
    else if (additional) eachEmbedded(child, additional, `${path}[${field}]`, visit)
  }
}

const within = (path: string, field: string): string => (path === '' ? field : `${path}.${field}`)

const known = new WeakMap<SchemaNode, boolean>()

/** Whether a schema has objects inside at all; most have none. */
function holdsObjects(schema: SchemaNode): boolean {
  const answer = known.get(schema)
  if (answer !== undefined) return answer
  // A built-in type is its own inside, and holds none.
  known.set(schema, false)
  const parts = [...Object.values(schema.properties ?? {}), schema.additional, schema.items]
  const found = schema.embeddedResource === true || parts.some((part) => part !== undefined && holdsObjects(part))
  known.set(schema, found)
  return found
}

/** A value whose objects inside are read, and what reading has against them. */
export interface EmbeddedRead<T> {
  value: T
  unknown: string[]
  fault?: string
}

/** Their metadata are the server's own type, as those of any object. The argument is not changed. */
export function readEmbedded<T>(given: T, schema: SchemaNode): EmbeddedRead<T> {
  const read: EmbeddedRead<T> = { value: holdsObjects(schema) ? structuredClone(given) : given, unknown: [] }
  eachEmbedded(read.value, schema, '', (object, path) => {
    for (const field of ['apiVersion', 'kind']) {
      if (object[field] === undefined || typeof object[field] === 'string') continue
      read.fault ??= faultText(invalidValue(within(path, field), object[field], 'must be a string'))
    }
    if (object.metadata === undefined) return
    const { value: metadata, unknown, fault } = typedForm(object.metadata ?? {}, objectMetaSchema())
    const at = within(path, 'metadata')
    read.unknown.push(...unknown.map((field) => `${at}.${field}`))
    if (fault !== undefined) read.fault ??= faultText(invalidValue(at, object.metadata, fault))
    object.metadata = metadata
  })
  return read
}

const faultText = ({ field, message }: FieldError): string => `${field}: ${message}`

/** What is wrong with the objects inside a value (schema/objectmeta's Validate); `root` is where the value is. */
export function embeddedFaults(value: unknown, schema: SchemaNode, root = ''): FieldError[] {
  const faults: FieldError[] = []
  eachEmbedded(value, schema, root, (object, path) => {
    const { apiVersion, kind, metadata } = object
    faults.push(...apiVersionFaults(apiVersion, within(path, 'apiVersion')), ...kindFaults(kind, within(path, 'kind')))
    if (metadata !== undefined) faults.push(...metadataFaults(metadata as ObjectMeta, path))
  })
  return faults
}

function apiVersionFaults(value: unknown, field: string): FieldError[] {
  if (value === undefined) return [required(field)]
  if (typeof value !== 'string') return [invalidValue(field, value, 'must be a string')]
  if (value === '') return [invalidValue(field, value, 'must not be empty')]
  const isVersion = value.split('/').length <= 2
  return isVersion ? [] : [invalidValue(field, value, `unexpected GroupVersion string: ${value}`)]
}

function kindFaults(value: unknown, field: string): FieldError[] {
  if (value === undefined) return [required(field)]
  if (typeof value !== 'string') return [invalidValue(field, value, 'must be a string')]
  if (value === '') return [invalidValue(field, value, 'must not be empty')]
  const errors = rfc1035NameErrors(value.toLowerCase())
  const why = `may have mixed case, but should otherwise match: ${errors.join(',')}`
  return errors.length === 0 ? [] : [invalidValue(field, value, why)]
}

/** An object that is nowhere stored may do without a name and a namespace. */
function metadataFaults(metadata: ObjectMeta, path: string): FieldError[] {
  const named = { ...metadata, name: metadata.name || 'fakename' }
  const rules = { namespaced: Boolean(metadata.namespace), nameErrors: segmentErrors }
  return checkObjectMeta(named, rules).map((fault) => ({ ...fault, field: within(path, fault.field) }))
}
