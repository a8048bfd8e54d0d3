import { createHash } from 'node:crypto'
import { loadTable } from '../generated-tables.ts'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { describedObjectMeta, OBJECT_META } from './object-meta.ts'
import { publishedSchema } from './published-schema.ts'

type Json = Record<string, unknown>

/** `/openapi/v3`: where the document of each group version is. */
export function openApiIndex(registry: ResourceRegistry): Json {
  const paths = new Set(registry.all().map((resource) => documentPath(resource)))
  const hash = createHash('sha256')
    .update(`${registry.revision()} ${[...paths].join()}`)
    .digest('hex')
    .toUpperCase()
  return {
    paths: Object.fromEntries(
      [...paths].map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]),
    ),
  }
}

function documentPath({ group, version }: { group: string; version: string }): string {
  return group ? `apis/${group}/${version}` : `api/${version}`
}

/** `/openapi/v3/apis/<group>/<version>`; undefined when nothing is served there. */
export async function openApiV3(registry: ResourceRegistry, path: string): Promise<Json | undefined> {
  const resources = registry.all().filter((resource) => documentPath(resource) === path)
  if (resources.length === 0) return undefined
  const [allPaths, allSchemas] = await Promise.all([
    loadTable<Record<string, Json>>('openapiV3Paths'),
    loadTable<Record<string, Json>>('openapiV3Schemas'),
  ])
  const paths: Json = Object.fromEntries(Object.entries(allPaths).filter(([one]) => one.startsWith(`/${path}/`)))
  const custom = Object.fromEntries(
    resources.filter(({ custom }) => custom).map((one) => [schemaName(one), customSchema(one, 3)]),
  )
  for (const resource of resources)
    if (resource.custom) Object.assign(paths, customPaths(resource, '#/components/schemas/'))
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths,
    components: {
      schemas: referenced(
        { ...allSchemas, [OBJECT_META]: describedObjectMeta(allSchemas[OBJECT_META]), ...custom },
        { paths, custom },
      ),
    },
  }
}

/** The text of `/openapi/v2` and its ETag; made anew only when the set of resources has changed. */
export async function openApiV2Text(registry: ResourceRegistry): Promise<{ text: string; etag: string }> {
  const known = texts.get(registry)
  const revision = registry.revision()
  if (known?.revision === revision) return known
  const text = JSON.stringify(await openApiV2(registry))
  const etag = `"${createHash('sha256').update(text).digest('hex').toUpperCase()}"`
  const made = { revision, text, etag }
  texts.set(registry, made)
  return made
}

const texts = new WeakMap<ResourceRegistry, { revision: number; text: string; etag: string }>()

/** Everything in one document. */
async function openApiV2(registry: ResourceRegistry): Promise<Json> {
  const document = await loadTable<{ paths: Json; definitions: Json }>('openapiV2')
  const custom = registry.all().filter((resource) => resource.custom)
  return {
    ...document,
    paths: { ...document.paths, ...Object.assign({}, ...custom.map((one) => customPaths(one, '#/definitions/'))) },
    definitions: {
      ...document.definitions,
      [OBJECT_META]: describedObjectMeta(document.definitions[OBJECT_META]),
      ...Object.fromEntries(custom.map((one) => [schemaName(one), customSchema(one, 2)])),
    },
  }
}

/** The schemas that a document refers to, directly or through others. */
function referenced(schemas: Record<string, unknown>, from: unknown): Json {
  const found: Json = {}
  const visit = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found[name] !== undefined || schemas[name] === undefined) continue
      found[name] = schemas[name]
      visit(schemas[name])
    }
  }
  visit(from)
  return found
}

/** `io.fluxcd.helm.v1.HelmRelease` for helm.fluxcd.io/v1. */
function schemaName({ group, version, kind }: Resource): string {
  return `${group.split('.').toReversed().join('.')}.${version}.${kind}`
}

function customSchema(resource: Resource, openApi: 2 | 3): Json {
  const { group, version, kind, custom } = resource
  return publishedSchema(custom?.openApi, { version: openApi, kind: { group, version, kind } })
}

const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']

/** The paths of one object: enough for kubectl to see that the server validates fields itself. */
function customPaths(resource: Resource, root: string): Json {
  const { group, version, kind, plural, namespaced } = resource
  const collection = `/apis/${apiVersionOf(resource)}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`
  const gvk = { group, version, kind }
  const schema = { $ref: `${root}${schemaName(resource)}` }
  const v3 = root.startsWith('#/components')
  const parameter = (name: string) =>
    v3
      ? { name, in: 'query', schema: { type: 'string', uniqueItems: true } }
      : { name, in: 'query', type: 'string', uniqueItems: true }
  const operation = (action: string, writes: boolean): Json => ({
    operationId: `${action}${kind}`,
    ...(writes && { parameters: ['dryRun', 'fieldManager', 'fieldValidation'].map(parameter) }),
    ...(writes &&
      v3 &&
      action === 'patch' && { requestBody: { content: Object.fromEntries(PATCHES.map((type) => [type, {}])) } }),
    ...(!v3 && action === 'patch' && { consumes: PATCHES }),
    responses: {
      200: v3 ? { description: 'OK', content: { 'application/json': { schema } } } : { description: 'OK', schema },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  })
  return {
    [collection]: { get: operation('list', false), post: operation('post', true) },
    [`${collection}/{name}`]: {
      get: operation('get', false),
      put: operation('put', true),
      patch: operation('patch', true),
      delete: operation('delete', false),
    },
  }
}
