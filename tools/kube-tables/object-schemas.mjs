// packages/kube-objects/src/generated/schemas.ts: the schemas of Kubernetes' kinds, from what an API server says of itself
// and from what its Go types say of zero values.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTable } from './read-table.mjs'

const TARGET = join(import.meta.dirname, '../../packages/kube-objects/src/generated')

const refName = (schema) => (schema.$ref ?? schema.allOf?.[0]?.$ref)?.replace('#/components/schemas/', '')

// The document's 0, "", false and {} are zero values of Go types, not defaults of the API.
const isZero = (value) =>
  value === 0 || value === '' || value === false || (typeof value === 'object' && Object.keys(value).length === 0)

/** The schema with our names (SchemaNode); a reference stays `ref`. `goFields`: what Go knows of the struct's fields. */
function compact(schema, goFields = new Map()) {
  const node = {}
  const ref = refName(schema)
  if (ref) node.ref = ref
  else if (schema.oneOf) node.type = schema.format === 'int-or-string' ? 'int-or-string' : 'quantity'
  else if (schema.type) node.type = schema.type
  else node.type = 'any'
  if (schema.format && node.type !== 'int-or-string') node.format = schema.format
  if (schema.properties) {
    node.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, field]) => [
        name,
        { ...compact(field), ...zeroOf(field, goFields.get(name)) },
      ]),
    )
  }
  if (schema.items) node.items = compact(schema.items)
  if (schema.additionalProperties) node.additional = compact(schema.additionalProperties)
  if (schema.required) node.required = schema.required
  if (schema.enum) node.enum = schema.enum
  if ('default' in schema && !isZero(schema.default)) node.default = schema.default
  const listType = schema['x-kubernetes-list-type']
  if (listType) node.listType = listType
  if (schema['x-kubernetes-list-map-keys']) node.listMapKeys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-map-type']) node.mapType = schema['x-kubernetes-map-type']
  if (schema['x-kubernetes-patch-strategy']) node.patchStrategy = schema['x-kubernetes-patch-strategy'].split(',')
  if (schema['x-kubernetes-patch-merge-key']) node.patchMergeKey = schema['x-kubernetes-patch-merge-key']
  if (node.type === 'object' && !node.properties && !node.additional) node.preserveUnknown = true
  return node
}

/** Go's structs that are written as something else. */
const SPECIAL_ZEROS = {
  'meta/v1.Time': null,
  'meta/v1.MicroTime': null,
  'meta/v1.Duration': '0s',
  'resource.Quantity': '0',
  'intstr.IntOrString': 0,
  'runtime.RawExtension': null,
  'apiextensions/v1.JSON': null,
}

/** How encoding/json writes a field that was not set (`zero`, `zeroStruct`), or that holds its zero value (`omitEmpty`). */
function zeroOf(schema, go) {
  if (!go) return {}
  const omitted = go.options.includes('omitempty')
  if (go.pointer && !go.list && !go.map) return omitted ? {} : { zero: null }
  if (go.options.includes('omitzero')) return {}
  if (go.type in SPECIAL_ZEROS && !go.list && !go.map) return { zero: SPECIAL_ZEROS[go.type] }
  if (schema.type === 'array' || schema.additionalProperties || go.type === '[]byte') {
    return omitted ? { omitEmpty: true } : { zero: null }
  }
  const zero = { string: '', integer: 0, number: 0, boolean: false }[schema.type]
  if (zero === undefined) return refName(schema) ? { zeroStruct: true } : {}
  return omitted ? { omitEmpty: true } : { zero }
}

/** What Go knows of a struct's fields, by their names in JSON. */
function goFieldsOf(name, { structs, aliases }) {
  const fields = structs[name] ?? (aliases[name] && structs[aliases[name].type]) ?? []
  return new Map(
    fields.flatMap((field) =>
      field.json === '' ? [...goFieldsOf(field.type, { structs, aliases })] : [[field.json, field]],
    ),
  )
}

/** `io.k8s.api.core.v1.Pod` is `core/v1.Pod`. */
const goName = (name) => name.replace(/^.*?([^.]+)\.(v[^.]+)\.([^.]+)$/, '$1/$2.$3')

function kindsOf(definitions) {
  const kinds = {}
  for (const [name, schema] of Object.entries(definitions)) {
    const gvks = schema['x-kubernetes-group-version-kind'] ?? []
    // DeleteOptions, WatchEvent and Status carry one entry for each group: they are no kinds to store.
    if (gvks.length > 1 && !name.endsWith('.meta.v1.Status')) continue
    for (const { group, version, kind } of gvks) kinds[`${group ? `${group}/` : ''}${version} ${kind}`] = name
  }
  return kinds
}

function clusterScopedOf(discovery) {
  const lists = Array.isArray(discovery) ? discovery : discovery.items ? [discovery] : Object.values(discovery)
  return lists
    .flatMap((list) => list.items)
    .flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources = [] }) =>
        resources
          .filter(({ scope }) => scope === 'Cluster')
          .map(({ responseKind }) => `${metadata?.name ? `${metadata.name}/` : ''}${version} ${responseKind.kind}`),
      ),
    )
}

export function writeObjectSchemas(folder, go) {
  const definitions = readTable(folder, 'openapi-v3-schemas')
  const nodes = Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [name, compact(schema, goFieldsOf(goName(name), go))]),
  )
  // Bookkeeping of the server, opaque to schemas.
  nodes['io.k8s.apimachinery.pkg.apis.meta.v1.Time'] = { type: 'string', format: 'date-time' }
  const json = JSON.stringify({
    kinds: kindsOf(definitions),
    nodes,
    clusterScoped: clusterScopedOf(readTable(folder, 'discovery-aggregated')),
  })
    .replaceAll('io.k8s.apimachinery.pkg.', '~m.')
    .replaceAll('io.k8s.api.', '~a.')
    .replaceAll('"omitEmpty":true', '~e')
  mkdirSync(TARGET, { recursive: true })
  const text = JSON.stringify(json).replaceAll("'", "\\'").replace(/^"|"$/g, "'").replaceAll('\\"', '"')
  writeFileSync(
    join(TARGET, 'schemas.ts'),
    `// Written by tools/kube-tables/generate.mjs from Kubernetes 1.34's OpenAPI document and Go types. Do not edit.\n/** JSON: \`{kinds: {'apps/v1 Deployment': NAME}, nodes: {NAME: SchemaNode with \`ref\`}}\`. One string, so that importing it costs nothing. */\nexport const SCHEMAS_JSON =\n  ${text}\n`,
  )
}
