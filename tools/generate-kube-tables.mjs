// Writes packages/kube-objects/src/generated/ from what an API server says of itself.
// Usage: node tools/generate-kube-tables.mjs DIR   (DIR holds openapi-v3-schemas.json.gz)
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'

const [folder] = process.argv.slice(2)
if (!folder) throw new Error('usage: generate-kube-tables.mjs DIR')
const target = path.join(import.meta.dirname, '../packages/kube-objects/src/generated')
const definitions = JSON.parse(gunzipSync(readFileSync(path.join(folder, 'openapi-v3-schemas.json.gz'))))

const refName = (schema) => (schema.$ref ?? schema.allOf?.[0]?.$ref)?.replace('#/components/schemas/', '')

// The document's 0, "", false and {} are zero values of Go types, not defaults of the API.
const isZero = (value) =>
  value === 0 || value === '' || value === false || (typeof value === 'object' && Object.keys(value).length === 0)

/** The schema with our names (SchemaNode); a reference stays `ref`. `field`: it is the value of a named field. */
function compact(schema, field = false) {
  const node = {}
  const ref = refName(schema)
  if (ref) node.ref = ref
  else if (schema.oneOf) node.type = schema.format === 'int-or-string' ? 'int-or-string' : 'quantity'
  else if (schema.type) node.type = schema.type
  else node.type = 'any'
  if (schema.format && node.type !== 'int-or-string') node.format = schema.format
  if (schema.properties) {
    node.properties = Object.fromEntries(Object.entries(schema.properties).map(([k, v]) => [k, compact(v, true)]))
  }
  if (schema.items) node.items = compact(schema.items)
  if (schema.additionalProperties) node.additional = compact(schema.additionalProperties)
  if (schema.required) node.required = schema.required
  if (schema.enum) node.enum = schema.enum
  if ('default' in schema) {
    if (!isZero(schema.default)) node.default = schema.default
    else if (field && ref && typeof schema.default === 'object') node.zeroStruct = true
  }
  const listType = schema['x-kubernetes-list-type']
  if (listType) node.listType = listType
  if (schema['x-kubernetes-list-map-keys']) node.listMapKeys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-map-type']) node.mapType = schema['x-kubernetes-map-type']
  if (schema['x-kubernetes-patch-strategy']) node.patchStrategy = schema['x-kubernetes-patch-strategy'].split(',')
  if (schema['x-kubernetes-patch-merge-key']) node.patchMergeKey = schema['x-kubernetes-patch-merge-key']
  if (node.type === 'object' && !node.properties && !node.additional) node.preserveUnknown = true
  return node
}

const kinds = {}
const nodes = {}
for (const [name, schema] of Object.entries(definitions)) {
  nodes[name] = compact(schema)
  const gvks = schema['x-kubernetes-group-version-kind'] ?? []
  // DeleteOptions, WatchEvent and Status carry one entry for each group: they are no kinds to store.
  if (gvks.length > 1 && !name.endsWith('.meta.v1.Status')) continue
  for (const { group, version, kind } of gvks) kinds[`${group ? `${group}/` : ''}${version} ${kind}`] = name
}
// Bookkeeping of the server, opaque to schemas.
nodes['io.k8s.apimachinery.pkg.apis.meta.v1.Time'] = { type: 'string', format: 'date-time' }

const discovery = JSON.parse(gunzipSync(readFileSync(path.join(folder, 'discovery-aggregated.json.gz'))))
const lists = Array.isArray(discovery) ? discovery : discovery.items ? [discovery] : Object.values(discovery)
const clusterScoped = lists
  .flatMap((list) => list.items)
  .flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources
        .filter(({ scope }) => scope === 'Cluster')
        .map(({ responseKind }) => `${metadata?.name ? `${metadata.name}/` : ''}${version} ${responseKind.kind}`),
    ),
  )

const json = JSON.stringify({ kinds, nodes, clusterScoped })
  .replaceAll('io.k8s.apimachinery.pkg.', '~m.')
  .replaceAll('io.k8s.api.', '~a.')
mkdirSync(target, { recursive: true })
writeFileSync(
  path.join(target, 'schemas.ts'),
  `// Written by tools/generate-kube-tables.mjs from Kubernetes 1.34's OpenAPI document. Do not edit.\n/** JSON: \`{kinds: {'apps/v1 Deployment': NAME}, nodes: {NAME: SchemaNode with \`ref\`}}\`. One string, so that importing it costs nothing. */\nexport const SCHEMAS_JSON =\n  ${JSON.stringify(json).replaceAll("'", "\\'").replace(/^"|"$/g, "'").replaceAll('\\"', '"')}\n`,
)
console.log(`${Object.keys(kinds).length} kinds, ${Object.keys(nodes).length} schemas, ${json.length} bytes`)
