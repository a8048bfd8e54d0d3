import { createHash } from 'node:crypto'
import { loadTable } from '../generated-tables.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { SERVER_VERSION } from '../server-version.ts'
import { customPaths } from './custom-paths.ts'
import { described } from './descriptions.ts'
import type { Served } from './discovery.ts'
import { discoveryOperations, discoveryPaths, schemaOf } from './openapi-discovery.ts'
import { openApiV2Protobuf } from './openapi-protobuf.ts'
import { DELETE_OPTIONS, publishedSchemas, withoutOtherServers } from './published-schema.ts'

type Json = Record<string, unknown>

/** `/openapi/v3`: where the document of each group version is. */
export function openApiIndex(served: Served): Json {
  const { registry, aggregated } = served
  const paths = new Set([...discoveryPaths(registry), ...registry.all().map((resource) => documentPath(resource))])
  const address = (path: string) => ({
    serverRelativeURL: `/openapi/v3/${path}?hash=${documentHash(served, path)}`,
  })
  const elsewhere = aggregated.all().flatMap((service) => {
    const serverRelativeURL = aggregated.servedBy(service)?.openApi
    return serverRelativeURL ? [[documentPath(service), { serverRelativeURL }]] : []
  })
  return { paths: Object.fromEntries([...[...paths].map((path) => [path, address(path)]), ...elsewhere]) }
}

/** Names one content of a document; undefined when nothing is served there. */
export function documentHash({ registry, descriptions }: Served, path: string): string | undefined {
  const resources = registry.all().filter((resource) => documentPath(resource) === path)
  if (resources.length === 0 && !discoveryPaths(registry).includes(path)) return undefined
  const custom = customOf(resources).map(({ custom, ...names }) => [names, custom?.openApi])
  return digest(JSON.stringify([SERVER_VERSION.gitVersion, path, custom, descriptions !== undefined]))
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').toUpperCase()

function documentPath({ group, version }: { group: string; version: string }): string {
  return group ? `apis/${group}/${version}` : `api/${version}`
}

/** `/openapi/v3/apis/<group>/<version>`; undefined when nothing is served there. */
export async function openApiV3(served: Served, path: string): Promise<Json | undefined> {
  const resources = served.registry.all().filter((resource) => documentPath(resource) === path)
  if (resources.length === 0) return await discoveryDocument(served, path)
  const [allPaths, allSchemas] = await Promise.all([
    loadTable<Record<string, Json>>('openapiV3Paths'),
    schemasV3(served),
  ])
  const paths: Json = Object.fromEntries(Object.entries(allPaths).filter(([one]) => one.startsWith(`/${path}/`)))
  const custom: Json = {}
  for (const resource of customOf(resources)) {
    Object.assign(paths, customPaths(resource, 3))
    Object.assign(custom, publishedSchemas(resource, 3))
  }
  const schemas = referenced({ ...allSchemas, ...custom }, { paths, custom })
  if (Object.keys(custom).length === 0) return ownDocument(paths, schemas)
  // Made by the server of custom resources, which has no authentication of its own and fewer groups.
  const deleteOptions = withoutOtherServers(schemas[DELETE_OPTIONS] as Json)
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' },
    paths,
    components: { schemas: { ...schemas, [DELETE_OPTIONS]: deleteOptions } },
  }
}

async function discoveryDocument(served: Served, path: string): Promise<Json | undefined> {
  if (!discoveryPaths(served.registry).includes(path)) return undefined
  const [version2, allSchemas] = await Promise.all([documentV2(served), schemasV3(served)])
  const paths = discoveryOperations(version2.paths, path)
  // What no resource refers to is in the document of OpenAPI 2 only.
  const others = Object.entries(version2.definitions).filter(([name]) => !allSchemas[name])
  const schemas = { ...allSchemas, ...Object.fromEntries(others.map(([name, one]) => [name, schemaOf(one)])) }
  return ownDocument(paths, referenced(schemas, paths))
}

const ownDocument = (paths: Json, schemas: Json): Json => ({
  openapi: '3.0.0',
  info: { title: 'Kubernetes', version: '1.34' },
  paths,
  components: {
    ...(Object.keys(schemas).length > 0 && { schemas }),
    securitySchemes: { BearerToken: { type: 'apiKey', in: 'header', name: 'authorization' } },
  },
})

export interface OpenApiV2 {
  text: string
  /** gnostic's form of it. */
  protobuf: () => Promise<Buffer>
  etag: string
}

/** `/openapi/v2`; made anew only when the set of resources has changed. */
export async function openApiV2(served: Served): Promise<OpenApiV2> {
  const { registry } = served
  const known = documents.get(registry)
  const revision = registry.revision()
  if (known?.revision === revision) return known
  const text = JSON.stringify(await everything(served))
  let encoded: Promise<Buffer> | undefined
  const protobuf = () => (encoded ??= everything(served).then(openApiV2Protobuf))
  const made = { revision, text, protobuf, etag: `"${digest(text)}"` }
  documents.set(registry, made)
  return made
}

const documents = new WeakMap<ResourceRegistry, OpenApiV2 & { revision: number }>()

/** All resources in one document of OpenAPI 2. */
async function everything(served: Served): Promise<Json> {
  const document = await documentV2(served)
  const custom = customOf(served.registry.all())
  return {
    ...document,
    paths: { ...document.paths, ...Object.assign({}, ...custom.map((one) => customPaths(one, 2))) },
    definitions: { ...document.definitions, ...Object.assign({}, ...custom.map((one) => publishedSchemas(one, 2))) },
  }
}

type Schemas = Record<string, Json>

async function schemasV3({ descriptions }: Served): Promise<Schemas> {
  return described(await loadTable<Schemas>('openapiV3Schemas'), await descriptions?.())
}

async function documentV2({ descriptions }: Served): Promise<{ paths: Schemas; definitions: Schemas }> {
  const document = await loadTable<{ paths: Schemas; definitions: Schemas }>('openapiV2')
  return { ...document, definitions: described(document.definitions, await descriptions?.()) }
}

const customOf = (resources: Resource[]) => resources.filter(({ custom }) => custom !== undefined)

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
