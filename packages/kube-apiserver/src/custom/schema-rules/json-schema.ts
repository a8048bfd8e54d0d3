import { isObject } from '@slipway/kube-objects'
import type { Spec } from '../../defaults/spec.ts'

/** apiextensions.k8s.io/v1 JSONSchemaProps as Go has read it: what is zero or null is not there. */
export interface JsonSchema {
  type?: string
  format?: string
  title?: string
  description?: string
  default?: unknown
  nullable?: boolean
  pattern?: string
  required?: string[]
  uniqueItems?: boolean
  /** Null = a list without schemas. */
  items?: JsonSchema | JsonSchema[] | null
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  allOf?: JsonSchema[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  not?: JsonSchema
  id?: string
  $schema?: string
  $ref?: string
  patternProperties?: Record<string, JsonSchema>
  definitions?: Record<string, JsonSchema>
  dependencies?: Record<string, JsonSchema | string[]>
  additionalItems?: JsonSchema | boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-embedded-resource'?: boolean
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-list-type'?: string
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-map-type'?: string
  'x-kubernetes-validations'?: Spec[]
}

/** A schema inside another, and where it is there. */
export type Part = readonly [path: string, schema: JsonSchema]

const LOGICAL = ['not', 'allOf', 'oneOf', 'anyOf'] as const

/** What more a value has to be, whatever its structure: the schemas of `not`, `allOf`, `oneOf` and `anyOf`. */
export function logicalParts(schema: JsonSchema, path: string): Part[] {
  return LOGICAL.flatMap((name): Part[] => {
    const { [name]: given } = schema
    if (Array.isArray(given)) return given.map((one, index) => [`${path}.${name}[${index}]`, one] as const)
    return given ? [[`${path}.${name}`, given] as const] : []
  })
}

/** What the structure of a value is made of: the schemas of its items, its fields, and the values of its other keys. */
export function structuralParts(schema: JsonSchema, path: string): Part[] {
  const { items, properties = {}, additionalProperties } = schema
  return [
    ...(isSchema(additionalProperties) ? [[`${path}.additionalProperties`, additionalProperties] as const] : []),
    ...Object.entries(properties).map(([name, one]) => [`${path}.properties[${name}]`, one] as const),
    ...(isSchema(items) ? [[`${path}.items`, items] as const] : []),
  ]
}

/** Whether `items` or `additionalProperties` is one schema. */
export const isSchema = (value: unknown): value is JsonSchema => isObject(value)

/** Whether a test holds for a schema or any that is inside. */
export function someSchema(schema: JsonSchema, test: (schema: JsonSchema) => boolean): boolean {
  const parts = [...logicalParts(schema, ''), ...structuralParts(schema, '')]
  return test(schema) || parts.some(([, part]) => someSchema(part, test))
}
