import { OBJECT_META } from './object-meta.ts'

type Json = Record<string, unknown>

const DESCRIPTIONS = {
  apiVersion:
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  kind: 'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
  metadata:
    "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
}

/** How the schema of a custom resource is published: `version` 2 leaves out what clients of OpenAPI 2 cannot read. */
export interface Publication {
  version: 2 | 3
  kind: { group: string; version: string; kind: string }
}

/** A CRD's schema as its OpenAPI definition (apiextensions-apiserver's openapi builder). */
export function publishedSchema(openApi: unknown, { version, kind }: Publication): Json {
  const own = openApi as Json | undefined
  const extension = { 'x-kubernetes-group-version-kind': [kind] }
  // kubectl takes properties for all there are: a schema that allows more must not name any in version 2.
  if (!own || (version === 2 && own['x-kubernetes-preserve-unknown-fields'] === true)) {
    return { type: 'object', ...extension }
  }
  const schema = withEmbedded(version === 2 ? forVersion2(own) : own, version)
  const properties = { ...(schema.properties as Json | undefined), ...objectProperties(version) }
  return { ...schema, properties, ...extension }
}

function objectProperties(version: 2 | 3): Json {
  const reference = { $ref: `${version === 2 ? '#/definitions/' : '#/components/schemas/'}${OBJECT_META}` }
  return {
    apiVersion: { type: 'string', description: DESCRIPTIONS.apiVersion },
    kind: { type: 'string', description: DESCRIPTIONS.kind },
    metadata:
      version === 2
        ? { ...reference, description: DESCRIPTIONS.metadata }
        : { allOf: [reference], default: {}, description: DESCRIPTIONS.metadata },
  }
}

const COMBINATIONS = ['allOf', 'anyOf', 'oneOf', 'not']

/** ToStructuralOpenAPIV2: what OpenAPI 2 has no words for, or kubectl stumbles over. */
function forVersion2(schema: Json): Json {
  const result: Json = { ...schema }
  for (const field of COMBINATIONS) delete result[field]
  const nullable = schema.nullable === true
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  if (nullable || open) for (const field of ['items', 'properties']) delete result[field]
  if (nullable) for (const field of ['type', 'nullable']) delete result[field]
  if ((open && result.type === 'object') || (result.type === 'array' && result.items === undefined)) delete result.type
  const required = (schema.required as string[] | undefined)?.filter(
    (field) => (schema.properties as Record<string, Json> | undefined)?.[field]?.nullable !== true,
  )
  if (required?.length) result.required = required
  else delete result.required
  return mapChildren(result, forVersion2)
}

function withEmbedded(schema: Json, version: 2 | 3): Json {
  const result = mapChildren(schema, (child) => withEmbedded(child, version))
  if (version === 2 && schema['x-kubernetes-preserve-unknown-fields'] === true) return result
  if (schema['x-kubernetes-embedded-resource'] !== true) return result
  const required = new Set([...((schema.required as string[] | undefined) ?? []), 'kind', 'apiVersion'])
  const properties = { ...(result.properties as Json | undefined), ...objectProperties(version) }
  return { ...result, properties, required: [...required] }
}

function mapChildren(schema: Json, change: (child: Json) => Json): Json {
  const result = { ...schema }
  if (isSchema(schema.items)) result.items = change(schema.items)
  if (isSchema(schema.additionalProperties)) result.additionalProperties = change(schema.additionalProperties)
  if (isSchema(schema.properties)) {
    result.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([field, child]) => [field, isSchema(child) ? change(child) : child]),
    )
  }
  return result
}

const isSchema = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
