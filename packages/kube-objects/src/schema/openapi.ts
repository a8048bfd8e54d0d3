import { isObject, type JsonObject } from '../json.ts'
import { objectMetaSchema } from './builtin.ts'
import { ANY, CLOSED, type CombinedSchemas, type SchemaConstraints, type SchemaNode } from './node.ts'

const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean'])
const CONSTRAINTS = [
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
] as const

/** The schema of a custom resource: a CRD's `openAPIV3Schema`, with the fields that every object has. */
export function crdSchema(openApi: unknown): SchemaNode {
  const node = schemaFromOpenApi(openApi)
  return { ...node, type: 'object', properties: objectFields(node.properties) }
}

/** What every object has, which a schema may only narrow: the structure of metadata is always the server's. */
function objectFields({ apiVersion, kind, metadata, ...others }: NonNullable<SchemaNode['properties']> = {}) {
  const text: SchemaNode = { type: 'string' }
  return { apiVersion: apiVersion ?? text, kind: kind ?? text, ...others, metadata: narrowedMetadata(metadata) }
}

function narrowedMetadata(own: SchemaNode | undefined): SchemaNode {
  const known = objectMetaSchema()
  if (own?.type !== 'object') return known
  const narrowed = Object.entries(own.properties ?? {}).filter(([field]) => known.properties?.[field])
  return { ...known, ...own, properties: { ...known.properties, ...Object.fromEntries(narrowed) } }
}

/** A structural OpenAPI v3 schema (apiextensions.k8s.io/v1 JSONSchemaProps) as a node. */
export function schemaFromOpenApi(openApi: unknown): SchemaNode {
  if (!isObject(openApi)) return ANY
  const node: SchemaNode = { type: typeOf(openApi) }
  if (typeof openApi.format === 'string') node.format = openApi.format
  if (isObject(openApi.properties)) {
    node.properties = Object.fromEntries(
      Object.entries(openApi.properties).map(([field, child]) => [field, schemaFromOpenApi(child)]),
    )
  }
  if (isObject(openApi.additionalProperties)) node.additional = schemaFromOpenApi(openApi.additionalProperties)
  else if (openApi.additionalProperties === true) node.additional = CLOSED
  if (isObject(openApi.items)) node.items = schemaFromOpenApi(openApi.items)
  if (Array.isArray(openApi.required)) node.required = openApi.required as string[]
  if (Array.isArray(openApi.enum)) node.enum = openApi.enum
  if (openApi.default !== undefined) node.default = openApi.default
  if (openApi.nullable === true) node.nullable = true
  const constraints = Object.fromEntries(
    CONSTRAINTS.filter((name) => openApi[name] !== undefined).map((name) => [name, openApi[name]]),
  )
  if (Object.keys(constraints).length > 0) node.constraints = constraints as SchemaConstraints
  const combined = combinedOf(openApi)
  if (Object.keys(combined).length > 0) node.combined = combined
  return addExtensions(node, openApi)
}

function combinedOf(openApi: JsonObject): CombinedSchemas {
  const combined: CombinedSchemas = {}
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) {
    const schemas = openApi[name]
    if (Array.isArray(schemas) && schemas.length > 0) combined[name] = schemas.map(schemaFromOpenApi)
  }
  if (isObject(openApi.not)) combined.not = schemaFromOpenApi(openApi.not)
  return combined
}

function typeOf(openApi: JsonObject): SchemaNode['type'] {
  if (openApi['x-kubernetes-int-or-string'] === true) return 'int-or-string'
  return typeof openApi.type === 'string' && TYPES.has(openApi.type) ? (openApi.type as SchemaNode['type']) : 'any'
}

function addExtensions(node: SchemaNode, openApi: JsonObject): SchemaNode {
  if (openApi['x-kubernetes-preserve-unknown-fields'] === true) node.preserveUnknown = true
  const listType = openApi['x-kubernetes-list-type']
  if (listType === 'atomic' || listType === 'set' || listType === 'map') node.listType = listType
  const keys = openApi['x-kubernetes-list-map-keys']
  if (Array.isArray(keys)) node.listMapKeys = keys as string[]
  const mapType = openApi['x-kubernetes-map-type']
  if (mapType === 'atomic' || mapType === 'granular') node.mapType = mapType
  if (openApi['x-kubernetes-embedded-resource'] === true) {
    node.embeddedResource = true
    node.properties = objectFields(node.properties)
  }
  return node
}
