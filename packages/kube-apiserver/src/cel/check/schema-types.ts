import { isObject } from '@slipway/kube-objects'
import type { Spec } from '../../defaults/spec.ts'
import { escapedField } from '../values.ts'
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, type Type } from './types.ts'

/** The type of the values of a CRD's schema; undefined when expressions do not see them (apiserver's cel/common/schemas.go). */
export function schemaType(schema: unknown, name: string, isRoot = false): Type | undefined {
  return typeAndSize(schema, name, isRoot)?.type
}

/** How many bytes of JSON a value of a schema takes at least. */
export function leastSize(schema: unknown, isRoot = false): number {
  return typeAndSize(schema, '', isRoot)?.minSize ?? 0
}

/** A type, and how many bytes of JSON one value takes at least: that bounds how many there can be in a request. */
interface Sized {
  type: Type
  minSize: number
}

/** The largest request that is taken (apiserver's apis/cel/config.go). */
export const MAX_REQUEST = 3 * 1024 * 1024

/** What expressions know of every object, whatever its schema says. */
const META = {
  kind: { type: 'string' },
  apiVersion: { type: 'string' },
  metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
}

function typeAndSize(schema: unknown, name: string, isRoot: boolean): Sized | undefined {
  if (!isObject(schema)) return undefined
  const spec = schema as Spec
  if (spec['x-kubernetes-int-or-string']) {
    const { maxLength } = spec
    return { type: { ...DYN, maxElements: maxLength === undefined ? MAX_REQUEST - 2 : maxLength * 4 }, minSize: 1 }
  }
  switch (spec.type) {
    case 'array':
      return arrayType(spec, name)
    case 'object':
      return isObject(spec.additionalProperties) ? mapType(spec, name) : objectOf(isRoot ? withMeta(spec) : spec, name)
    case 'string':
      return textType(spec)
    case 'boolean':
      return { type: BOOL, minSize: 4 }
    case 'number':
      return { type: DOUBLE, minSize: 1 }
    case 'integer':
      return { type: INT, minSize: 1 }
    default:
      return undefined
  }
}

const isEmbedded = (schema: unknown): boolean => isObject(schema) && schema['x-kubernetes-embedded-resource'] === true

function arrayType({ items, maxItems }: Spec, name: string): Sized | undefined {
  const item = typeAndSize(items, `${name}.@idx`, isEmbedded(items))
  if (!item) return undefined
  const maxElements = maxItems ?? Math.floor((MAX_REQUEST - 2) / (item.minSize + 1))
  return { type: { kind: 'list', name: 'list', parameters: [item.type], maxElements }, minSize: 2 }
}

function mapType({ additionalProperties, maxProperties }: Spec, name: string): Sized | undefined {
  const value = typeAndSize(additionalProperties, `${name}.@elem`, isEmbedded(additionalProperties))
  if (!value) return undefined
  const maxElements = maxProperties ?? Math.floor((MAX_REQUEST - 2) / (value.minSize + 6))
  return { type: { kind: 'map', name: 'map', parameters: [STRING, value.type], maxElements }, minSize: 2 }
}

function withMeta(spec: Spec): Spec {
  const { kind, apiVersion, metadata } = spec.properties ?? {}
  const known =
    kind?.type === 'string' &&
    apiVersion?.type === 'string' &&
    metadata?.type === 'object' &&
    metadata.properties?.name?.type === 'string' &&
    metadata.properties?.generateName?.type === 'string'
  return known ? spec : { ...spec, properties: { ...spec.properties, ...META } }
}

function objectOf({ properties = {}, required = [] }: Spec, name: string): Sized {
  const fields = new Map<string, Type>()
  let minSize = 2
  for (const [field, schema] of Object.entries(properties as Record<string, Spec>)) {
    const escaped = escapedField(field)
    const sized = typeAndSize(schema, `${name}.${escaped}`, isEmbedded(schema))
    if (!sized) continue
    if (/^[A-Za-z_]\w*$/.test(escaped)) fields.set(escaped, sized.type)
    if (required.includes(field) && schema.default === undefined) minSize += field.length + sized.minSize + 4
  }
  return { type: { kind: 'object', name, parameters: [], fields }, minSize }
}

function textType({ format, maxLength, enum: values }: Spec): Sized {
  switch (format) {
    case 'byte':
      return { type: { ...BYTES, maxElements: maxLength ?? MAX_REQUEST - 2 }, minSize: 2 }
    case 'duration':
      return { type: { ...DURATION, maxElements: 32 }, minSize: 3 }
    case 'date':
      return { type: { ...TIMESTAMP, maxElements: 12 }, minSize: 12 }
    case 'date-time':
      return { type: { ...TIMESTAMP, maxElements: 32 }, minSize: 21 }
  }
  // A character takes up to four bytes.
  if (maxLength !== undefined) return { type: { ...STRING, maxElements: maxLength * 4 }, minSize: 2 }
  const longest = Math.max(...((values ?? []) as unknown[]).map((value) => Buffer.byteLength(String(value))))
  return { type: { ...STRING, maxElements: values?.length > 0 ? longest : MAX_REQUEST - 2 }, minSize: 2 }
}
