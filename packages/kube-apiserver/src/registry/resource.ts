import type { KubeObject, SchemaNode } from '@slipway/kube-objects'

/** A subresource as discovery names it. */
export interface Subresource {
  name: string
  /** Of the object that the subresource reads or writes; group and version empty = those of the resource. */
  kind: { group: string; version: string; kind: string }
  verbs: string[]
}

/** One type of objects in one version of its group: what a URL names. */
export interface Resource {
  group: string
  version: string
  plural: string
  singular: string
  kind: string
  namespaced: boolean
  verbs: string[]
  shortNames: string[]
  categories: string[]
  subresources: Subresource[]
  /** In which version objects are stored; the other versions are made of it. */
  storageVersion: string
  /** What a CustomResourceDefinition says about this version; absent for Kubernetes' own kinds. */
  custom?: CustomVersion
}

export interface CustomVersion {
  /** As the engine for merging, defaults and validation reads it. */
  schema: SchemaNode | undefined
  /** The same of all versions of the definition, in which objects may be stored. */
  schemas: ReadonlyMap<string, SchemaNode>
  /** As the author wrote it, for OpenAPI. */
  openApi: unknown
  columns: PrinterColumn[]
  hasStatus: boolean
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string }
  selectableFields: string[]
  /** Told to everyone who asks for this version. */
  deprecation?: string
  /** The store's revision when the definition was last changed: older objects are defaulted and pruned as they are read. */
  definedAt: number
  /** The apiVersions that the definition has, served or not. */
  apiVersions: string[]
  /** The definition is to go: nothing is created any more. */
  isTerminating: boolean
  /** Turns objects into another version; absent = versions differ in name only. */
  convert?: ConvertObjects
}

/** Turns custom resources of one type into another of its versions, in order. */
export type ConvertObjects = (objects: KubeObject[], apiVersion: string) => Promise<KubeObject[]>

export interface PrinterColumn {
  name: string
  type: string
  jsonPath: string
  format?: string
  description?: string
  priority?: number
}

/** The type of what a subresource reads or writes: a Scale, an Eviction; of most, the resource itself. */
export function partOf(resource: Resource, subresource: string | undefined): Resource {
  const part = resource.subresources.find(({ name }) => name === subresource)?.kind
  if (!part || part.kind === resource.kind) return resource
  const { custom: _, ...own } = resource
  const { group, version } = part.group || part.version ? part : resource
  return { ...own, group, version, kind: part.kind, subresources: [] }
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version
}

/** `deployments.apps`-like key for tables by resource: `apps/deployments`, `/pods`. */
export function resourceKey(resource: { group: string; plural: string }): string {
  return `${resource.group}/${resource.plural}`
}
