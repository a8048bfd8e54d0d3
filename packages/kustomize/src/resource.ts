import { groupVersionOf, isNamespaced, type KubeObject } from '@slipway/kube-objects'

/** Where an object was at some stage of the build. */
export interface Identity {
  kind: string
  group: string
  name: string
  namespace: string | undefined
}

/** An object on its way through a build. Transformers change `object` in place: it is this build's own copy. */
export interface Resource {
  object: KubeObject
  /** The file that it came from; for a generated object the kustomization file. */
  readonly file: string
  readonly line: number
  /** What it was called before each change of name or namespace, oldest first. */
  readonly previous: Identity[]
  readonly prefixes: string[]
  readonly suffixes: string[]
  /** Its name gets a suffix that tells its content. */
  needsHash: boolean
}

export function newResource(object: KubeObject, file: string, line: number): Resource {
  return { object, file, line, previous: [], prefixes: [], suffixes: [], needsHash: false }
}

/** A namespace of an object that lives in none says nothing. */
export function identityOf(resource: Resource): Identity {
  const { kind, apiVersion, metadata } = resource.object
  const namespace = isClusterScoped(resource) ? undefined : metadata.namespace
  return { kind, group: groupVersionOf(apiVersion).group, name: metadata.name, namespace }
}

/** What it is called now and was called before. */
export function identitiesOf(resource: Resource): Identity[] {
  return [...resource.previous, identityOf(resource)]
}

/** Kinds that are not known count as namespaced, as in kustomize. */
export function isClusterScoped({ object }: Resource): boolean {
  return isNamespaced(object) === false
}

const spaceOf = (namespace: string | undefined): string => namespace || 'default'

export function sameNamespace(a: string | undefined, b: string | undefined): boolean {
  return spaceOf(a) === spaceOf(b)
}

/** One text for all identities that are one object to kustomize, see {@link sameIdentity}. */
export function identityKey({ kind, group, name, namespace }: Identity): string {
  return JSON.stringify([kind, group, name, spaceOf(namespace)])
}

/** Whether two identities are one object to kustomize. */
export function sameIdentity(a: Identity, b: Identity): boolean {
  return a.kind === b.kind && a.group === b.group && a.name === b.name && sameNamespace(a.namespace, b.namespace)
}
