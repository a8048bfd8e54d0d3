import { isApiError, type KubeClient } from '@slipway/kube-client'
import { groupVersionOf, isObject, type JsonObject, type KubeObject, setField } from '@slipway/kube-objects'

/** As much of an OpenAPI v3 schema as says which fields there are. */
interface Schema {
  $ref?: string
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[]
}

type Schemas = Readonly<Record<string, Schema>>

/** The objects without the fields that the server does not know: server-side apply takes none of them, whatever validation it is asked for. */
export async function withKnownFields(client: KubeClient, objects: readonly KubeObject[]): Promise<KubeObject[]> {
  const documents = new Map<string, Promise<Schemas>>()
  return Promise.all(
    objects.map(async (object) => {
      const { apiVersion } = object
      const schemas = documents.get(apiVersion) ?? readSchemas(client, apiVersion)
      documents.set(apiVersion, schemas)
      const all = await schemas
      const schema = Object.values(all).find((one) => isOf(one, object))
      return schema ? (known(object, schema, all) as KubeObject) : object
    }),
  )
}

async function readSchemas(client: KubeClient, apiVersion: string): Promise<Schemas> {
  try {
    const text = await client.getText(`/openapi/v3/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`)
    return (JSON.parse(text) as { components?: { schemas?: Schemas } }).components?.schemas ?? {}
  } catch (error) {
    if (isApiError(error, 'KUBE_NOT_FOUND')) return {}
    throw error
  }
}

function isOf(schema: Schema, { apiVersion, kind }: KubeObject): boolean {
  const { group, version } = groupVersionOf(apiVersion)
  const kinds = schema['x-kubernetes-group-version-kind'] ?? []
  return kinds.some((one) => one.group === group && one.version === version && one.kind === kind)
}

function known(value: unknown, given: Schema, all: Schemas): unknown {
  const schema = resolved(given, all)
  const { items, properties = {}, additionalProperties } = schema
  if (Array.isArray(value)) return items ? value.map((item) => known(item, items, all)) : value
  if (!isObject(value) || schema['x-kubernetes-preserve-unknown-fields']) return value
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined
  // A schema that names no fields says nothing of them.
  if (!schema.properties && !others) return value
  const result: JsonObject = {}
  for (const [field, child] of Object.entries(value)) {
    const inside = Object.hasOwn(properties, field) ? properties[field] : others
    if (inside) setField(result, field, known(child, inside, all))
    else if (additionalProperties === true) setField(result, field, child)
  }
  return result
}

/** What a reference leads to, which a field with a default wraps in `allOf`. */
function resolved(schema: Schema, all: Schemas): Schema {
  const [only] = schema.allOf ?? []
  if (only?.$ref) return resolved(only, all)
  const target = schema.$ref ? all[schema.$ref.replace('#/components/schemas/', '')] : undefined
  return target ? resolved(target, all) : schema
}
