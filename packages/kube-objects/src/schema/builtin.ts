import { SCHEMAS_JSON } from '../generated/schemas.ts'
import type { GroupVersionKind } from '../object.ts'
import { ANY, type SchemaNode } from './node.ts'

type Linkable = SchemaNode & { ref?: string; linked?: boolean }

interface Tables {
  kinds: Record<string, string>
  nodes: Record<string, Linkable>
  clusterScoped: ReadonlySet<string>
}

let tables: Tables | undefined

function load(): Tables {
  if (tables) return tables
  const { clusterScoped, ...rest } = JSON.parse(
    SCHEMAS_JSON.replaceAll('~m.', 'io.k8s.apimachinery.pkg.')
      .replaceAll('~a.', 'io.k8s.api.')
      .replaceAll('~e', '"omitEmpty":true'),
  ) as Omit<Tables, 'clusterScoped'> & { clusterScoped: string[] }
  tables = { ...rest, clusterScoped: new Set(clusterScoped) }
  return tables
}

/** The schema of a kind of Kubernetes 1.34; undefined for any other kind. Nodes are shared: never change one. */
export function schemaFor({ apiVersion, kind }: GroupVersionKind): SchemaNode | undefined {
  const { kinds, nodes } = load()
  const name = kinds[`${apiVersion} ${kind}`]
  return name === undefined ? undefined : definition(nodes, name)
}

/** Every kind that {@link schemaFor} knows. */
export function builtinKinds(): GroupVersionKind[] {
  return Object.keys(load().kinds).map((key) => {
    const [apiVersion = '', kind = ''] = key.split(' ')
    return { apiVersion, kind }
  })
}

/** Whether a built-in kind lives in namespaces; undefined for a kind that Kubernetes itself does not have. */
export function isNamespaced({ apiVersion, kind }: GroupVersionKind): boolean | undefined {
  const { kinds, clusterScoped } = load()
  const key = `${apiVersion} ${kind}`
  if (clusterScoped.has(key)) return false
  return key in kinds ? true : undefined
}

/** metav1.ObjectMeta, the same for all kinds. */
export function objectMetaSchema(): SchemaNode {
  return definition(load().nodes, 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
}

/** Where a schema may stand, or something else. */
const OR_SCHEMA = /JSONSchemaPropsOr(Array|Bool|StringArray)$/

/** References are replaced in place, once, so that a recursive definition becomes a cyclic graph. */
function definition(nodes: Tables['nodes'], name: string): SchemaNode {
  const node = nodes[name]
  if (!node) return ANY
  if (!node.linked) {
    node.linked = true
    node.typeName = goTypeName(name)
    // What has no structure is owned as a whole (structured-merge-diff's __untyped_atomic_).
    if (node.typeName === 'RawExtension') node.mapType = 'atomic'
    linkChildren(nodes, node)
    if (OR_SCHEMA.test(name)) node.objectForm = definition(nodes, name.replace(OR_SCHEMA, 'JSONSchemaProps'))
  }
  return node
}

/** `io.k8s.api.core.v1.Pod` is `core/v1.Pod`, `io.k8s.apimachinery.pkg.api.resource.Quantity` is `Quantity`. */
function goTypeName(name: string): string {
  const [, group, version, type] = /([^.]+)\.(v[^.]+)\.([^.]+)$/.exec(name) ?? []
  return type === undefined ? name.slice(name.lastIndexOf('.') + 1) : `${group}/${version}.${type}`
}

function linkChildren(nodes: Tables['nodes'], node: SchemaNode): void {
  if (node.items) node.items = link(nodes, node.items)
  if (node.additional) node.additional = link(nodes, node.additional)
  for (const [field, child] of Object.entries(node.properties ?? {})) {
    if (node.properties) node.properties[field] = link(nodes, child)
  }
}

function link(nodes: Tables['nodes'], node: Linkable): SchemaNode {
  const { ref, ...own } = node
  if (ref === undefined) {
    linkChildren(nodes, node)
    return node
  }
  const base = definition(nodes, ref)
  // A struct never holds itself by value, so what is copied here is complete.
  return Object.keys(own).length === 0 ? base : { ...base, ...own }
}
