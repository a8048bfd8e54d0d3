import { equalJson } from '@slipway/kube-objects'
import type { CustomVersion, Resource } from '../registry/resource.ts'
import { TYPE_FIELDS } from './descriptions.ts'

type Json = Record<string, unknown>

const CONVENTIONS = 'More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md'
const DESCRIPTIONS = {
  ...TYPE_FIELDS,
  metadata: `Standard object's metadata. ${CONVENTIONS}#metadata`,
  listMetadata: `Standard list metadata. ${CONVENTIONS}#types-kinds`,
}

/** `io.fluxcd.helm.v1.HelmRelease` for helm.fluxcd.io/v1. */
export function customSchemaName({ group, version, kind }: Resource): string {
  return `${group.split('.').toReversed().join('.')}.${version}.${kind}`
}

/**
 * The definitions of a custom resource and of its list, by name (apiextensions-apiserver's openapi builder).
 * OpenAPI 2 leaves out what its clients cannot read.
 */
export function publishedSchemas(resource: Resource, openApi: 2 | 3): Json {
  const name = customSchemaName(resource)
  return { [name]: objectSchema(resource, openApi), [`${name}List`]: listSchema(resource, openApi) }
}

function objectSchema({ group, version, kind, custom }: Resource, openApi: 2 | 3): Json {
  const own = custom?.openApi as Json | undefined
  const extension = {
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
    ...selectableFields(custom),
  }
  // kubectl takes properties for all there are: a schema that allows more must not name any in version 2.
  if (!own || (openApi === 2 && own['x-kubernetes-preserve-unknown-fields'] === true)) {
    return { type: 'object', ...extension }
  }
  const structure = withoutDocumentation(own)
  const schema = withEmbedded(openApi === 2 ? forVersion2(structure) : unfolded(structure), openApi)
  const properties = { ...(schema.properties as Json | undefined), ...objectProperties(openApi) }
  return { ...schema, properties, ...extension }
}

function listSchema(resource: Resource, openApi: 2 | 3): Json {
  const { group, version, kind, plural, custom } = resource
  const items = { type: 'array', items: reference(customSchemaName(resource), openApi) }
  return {
    type: 'object',
    description: `${kind}List is a list of ${kind}`,
    required: ['items'],
    properties: {
      apiVersion: { type: 'string', description: DESCRIPTIONS.apiVersion },
      items: { ...items, description: `List of ${plural}. ${CONVENTIONS}` },
      kind: { type: 'string', description: DESCRIPTIONS.kind },
      metadata: { ...wrapped(LIST_META, openApi), description: DESCRIPTIONS.listMetadata },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind: `${kind}List` }],
    ...selectableFields(custom),
  }
}

function selectableFields(custom: CustomVersion | undefined): Json {
  if (!custom?.selectableFields.length) return {}
  return { 'x-kubernetes-selectable-fields': custom.selectableFields.map((fieldPath) => ({ fieldPath })) }
}

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'

function objectProperties(openApi: 2 | 3): Json {
  return {
    apiVersion: { type: 'string', description: DESCRIPTIONS.apiVersion },
    kind: { type: 'string', description: DESCRIPTIONS.kind },
    metadata: { ...wrapped(OBJECT_META, openApi), description: DESCRIPTIONS.metadata },
  }
}

function reference(name: string, openApi: 2 | 3): Json {
  return { $ref: `${openApi === 2 ? '#/definitions/' : '#/components/schemas/'}${name}` }
}

/** A reference with something said beside it, which OpenAPI 3 allows only around it. */
function wrapped(name: string, openApi: 2 | 3): Json {
  return openApi === 2 ? reference(name, 2) : { allOf: [reference(name, 3)] }
}

/** Examples and links are no part of a structural schema (NewStructural), of which the documents are made. */
function withoutDocumentation({ example: _, externalDocs: __, ...schema }: Json): Json {
  return mapChildren(schema, withoutDocumentation)
}

const COMBINATIONS = ['allOf', 'anyOf', 'oneOf', 'not']

/** ToStructuralOpenAPIV2: what OpenAPI 2 has no words for, or kubectl stumbles over. */
function forVersion2(schema: Json): Json {
  const result: Json = { ...schema }
  for (const field of [...COMBINATIONS, 'default']) delete result[field]
  const nullable = schema.nullable === true
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  if (nullable || open) for (const field of ['items', 'properties']) delete result[field]
  if (nullable) for (const field of ['type', 'nullable']) delete result[field]
  if ((open && result.type === 'object') || (result.type === 'array' && result.items === undefined)) delete result.type
  const required = (schema.required as string[] | undefined)?.filter(
    (field) => (result.properties as Record<string, Json> | undefined)?.[field]?.nullable !== true,
  )
  if (required?.length) result.required = required
  else delete result.required
  return mapChildren(result, forVersion2)
}

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }]

/** What x-kubernetes-int-or-string stands for (Structural's Unfold). */
function unfolded(schema: Json): Json {
  const result = mapChildren(schema, unfolded)
  const { anyOf, allOf = [] } = schema as { anyOf?: unknown; allOf?: Json[] }
  const isSaid = [anyOf, allOf[0]?.anyOf].some((types) => equalJson(types, INT_OR_STRING))
  if (schema['x-kubernetes-int-or-string'] !== true || isSaid) return result
  if (anyOf === undefined) return { ...result, anyOf: INT_OR_STRING }
  return { ...result, allOf: [{ anyOf: INT_OR_STRING }, ...allOf] }
}

function withEmbedded(schema: Json, openApi: 2 | 3): Json {
  const result = mapChildren(schema, (child) => withEmbedded(child, openApi))
  if (openApi === 2 && schema['x-kubernetes-preserve-unknown-fields'] === true) return result
  if (schema['x-kubernetes-embedded-resource'] !== true) return result
  const required = new Set([...((schema.required as string[] | undefined) ?? []), 'kind', 'apiVersion'])
  const properties = { ...(result.properties as Json | undefined), ...objectProperties(openApi) }
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

export const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'
const OTHER_SERVERS = ['admission.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io', 'imagepolicy.k8s.io']

/** DeleteOptions as the server of custom resources knows them: of the groups that Go's client has types of. */
export function withoutOtherServers(schema: Json): Json {
  const kinds = schema['x-kubernetes-group-version-kind'] as { group: string }[]
  const known = kinds.filter(({ group }) => !OTHER_SERVERS.includes(group))
  return { ...schema, 'x-kubernetes-group-version-kind': known }
}

const isSchema = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
