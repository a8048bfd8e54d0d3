import type { GroupVersionKind, KubeObject, ObjectKey } from '@slipway/kube-objects'

/** Names one object of one kind: what every call of the client takes. */
export interface ObjectRef extends GroupVersionKind, ObjectKey {}

export interface ListQuery extends GroupVersionKind {
  /** Absent = all namespaces. */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
}

export type PatchType = 'json' | 'merge' | 'strategic'

export interface ApplyOptions {
  fieldManager: string
  /** Take fields over from other managers. @default true */
  force?: boolean
  dryRun?: boolean
  subresource?: 'status'
}

export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  object: T
}

/** What the API server knows of a kind. */
export interface ResourceInfo extends GroupVersionKind {
  /** Plural name in URLs, such as `deployments`. */
  plural: string
  namespaced: boolean
  verbs: string[]
}
