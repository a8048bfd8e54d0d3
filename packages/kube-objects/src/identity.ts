import type { GroupVersionKind, KubeObject, ObjectKey } from './object.ts'

/** The kind of an object. */
export function gvkOf({ apiVersion, kind }: GroupVersionKind): GroupVersionKind {
  return { apiVersion, kind }
}

/** Group (empty for core) and version of an apiVersion. */
export function groupVersionOf(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

/** Name and, when it has one, namespace of an object. */
export function keyOf({ metadata }: Pick<KubeObject, 'metadata'>): ObjectKey {
  return metadata.namespace ? { namespace: metadata.namespace, name: metadata.name } : { name: metadata.name }
}

/** How people name an object: `Deployment/default/appa`, or `Namespace/prod` for one without a namespace. */
export function refString(object: { kind: string; metadata: ObjectKey } | ({ kind: string } & ObjectKey)): string {
  const { namespace, name } = 'metadata' in object ? object.metadata : object
  return [object.kind, namespace, name].filter(Boolean).join('/')
}

/** One string per object of a cluster, whatever version it is written in: `apps/Deployment/default/appa`. */
export function objectId(object: GroupVersionKind & { metadata: ObjectKey }): string {
  const { namespace = '', name } = object.metadata
  return [groupVersionOf(object.apiVersion).group, object.kind, namespace, name].join('/')
}

/** Which of two states of an object is newer: etcd's revisions are integers, which clients may compare since Kubernetes 1.35 (KEP-5504). */
export const versionOf = ({ metadata }: Pick<KubeObject, 'metadata'>): number => Number(metadata.resourceVersion ?? 0)

/** Whether a value has what every Kubernetes object has: apiVersion, kind and metadata.name (or generateName). */
export function isKubeObject(value: unknown): value is KubeObject {
  if (typeof value !== 'object' || value === null) return false
  const { apiVersion, kind, metadata } = value as Partial<KubeObject>
  if (typeof apiVersion !== 'string' || !apiVersion || typeof kind !== 'string' || !kind) return false
  if (typeof metadata !== 'object' || metadata === null) return false
  // A name such as `no`, without quotes, is a boolean in YAML 1.1.
  const isName = (name: unknown): boolean => typeof name === 'string' && name !== ''
  return isName(metadata.name) || isName(metadata.generateName)
}
