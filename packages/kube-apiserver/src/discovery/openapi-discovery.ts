import type { ResourceRegistry } from '../registry/resource-registry.ts'

type Json = Record<string, unknown>

const ROOTS = ['.well-known/openid-configuration', 'api', 'apis', 'openid/v1/jwks', 'version']

/** What has a document of OpenAPI 3 and no resources in it; the groups of custom resources have none. */
export function discoveryPaths(registry: ResourceRegistry): string[] {
  const groups = registry.all().flatMap(({ group, custom }) => (group && !custom ? [`apis/${group}`] : []))
  return [...ROOTS, ...new Set(groups)]
}

interface Operation {
  tags: string[]
  operationId: string
  produces: string[]
  responses: Record<string, { schema?: Json }>
}

/** The paths of such a document, made of those of OpenAPI 2. */
export function discoveryOperations(version2: Record<string, Json>, path: string): Json {
  const name = `/${path}/`
  const { tags, operationId, produces, responses } = version2[name]?.get as Operation
  const answers = Object.entries(responses).map(([status, { schema, ...response }]) => {
    const content = produces.map((form) => [form, { schema: schema && renamed(schema) }])
    return [status, { ...response, ...(schema && { content: Object.fromEntries(content) }) }]
  })
  return { [name]: { get: { tags, operationId, responses: Object.fromEntries(answers) } } }
}

/** A definition of OpenAPI 2 as OpenAPI 3 has it: with the zero values of Go's types (kube-openapi's generators). */
export function schemaOf({ properties, required, ...definition }: Json): Json {
  const needed = (required as string[] | undefined) ?? []
  const fields = Object.entries((properties as Record<string, Json> | undefined) ?? {}).map(
    ([name, field]): [string, Json] => [name, withZero(field, needed.includes(name))],
  )
  return { ...definition, ...(required !== undefined && { required }), properties: Object.fromEntries(fields) }
}

function withZero(field: Json, isPresent: boolean): Json {
  if (field.$ref) return { default: {}, allOf: [renamed(field)] }
  if (field.items) return { ...field, items: withZero(field.items as Json, true) }
  return isPresent && field.type === 'string' ? { ...field, default: '' } : field
}

const renamed = ({ $ref, ...schema }: Json): Json =>
  $ref ? { $ref: String($ref).replace('#/definitions/', '#/components/schemas/') } : schema
