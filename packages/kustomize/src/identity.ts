/** Group, version and kind; an empty part of a selector stands for any. */
export interface Gvk {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** What an object is called, or was before (kyaml/resid). */
export interface ResId extends Gvk {
  readonly name: string
  readonly namespace: string
  readonly isClusterScoped: boolean
}

const NO_NAMESPACE = '_non_namespaceable_'

/** Where an object is when its namespace is not said. */
export function effectiveNamespace({
  isClusterScoped,
  namespace,
}: Pick<ResId, 'isClusterScoped' | 'namespace'>): string {
  return isClusterScoped ? NO_NAMESPACE : namespace || 'default'
}

/** One text for all that are one object to kustomize (ResId.Equals). */
export function idKey(id: ResId): string {
  return `${id.group}\0${id.version}\0${id.kind}\0${id.name}\0${effectiveNamespace(id)}`
}

/** One text for all that differ in nothing but the namespace (ResId.GvknEquals). */
export function gvknKey({ group, version, kind, name }: Omit<ResId, 'namespace' | 'isClusterScoped'>): string {
  return `${group}\0${version}\0${kind}\0${name}`
}

/** Whether a kind is one that a selector's parts name. */
export function isSelected(gvk: Gvk, { group, version, kind }: Partial<Gvk>): boolean {
  return (!group || gvk.group === group) && (!version || gvk.version === version) && (!kind || gvk.kind === kind)
}

export function describeGvk({ group, version, kind }: Partial<Gvk>): string {
  return `${kind || '[noKind]'}.${version || '[noVer]'}.${group || '[noGrp]'}`
}

/** As kustomize's messages name an object: `Deployment.v1.apps/web.[noNs]`. */
export function describeId(id: Partial<ResId>): string {
  return `${describeGvk(id)}/${id.name || '[noName]'}.${id.namespace || '[noNs]'}`
}

/** Group and version of an apiVersion; only the first slash counts. */
export function parseGroupVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

/** Go's `%#v` of an id, which some messages have. */
export function goSyntaxOf({ group, version, kind, name, namespace, isClusterScoped }: ResId): string {
  const [g, v, k, n, ns] = [group, version, kind, name, namespace].map((part) => JSON.stringify(part))
  return `resid.ResId{Gvk:resid.Gvk{Group:${g}, Version:${v}, Kind:${k}, isClusterScoped:${isClusterScoped}}, Name:${n}, Namespace:${ns}}`
}
