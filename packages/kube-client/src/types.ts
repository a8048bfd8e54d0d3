import type { GroupVersionKind, KubeObject, ObjectKey } from '@slipway/kube-objects'

/** Names one object of one kind: what every call of the client takes. */
export interface ObjectRef extends GroupVersionKind, ObjectKey {}

export interface ListQuery extends GroupVersionKind {
  /** Absent = all namespaces. */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
}

export interface ListResult<T extends KubeObject = KubeObject> {
  items: T[]
  resourceVersion: string
}

export type PatchType = 'json' | 'merge' | 'strategic'

export type Subresource = 'status' | 'scale' | 'resize'

/** What the server does about fields that a kind does not have: forget them, warn of them, or refuse the object. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export interface WriteOptions {
  fieldManager?: string
  /** @default 'Warn', as the server has it */
  fieldValidation?: FieldValidation
  dryRun?: boolean
  subresource?: Subresource
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string
  /** Take fields over from other managers. @default true */
  force?: boolean
}

export interface DeleteOptions {
  /** @default 'Background' */
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  preconditions?: { uid?: string; resourceVersion?: string }
  gracePeriodSeconds?: number
}

export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  object: T
}

/** Objects as `kubectl get` shows them (meta.k8s.io/v1 Table). */
export interface Table {
  columnDefinitions: { name: string; priority: number }[]
  rows: { cells: unknown[] }[]
}

/** What the API server knows of a kind. */
export interface ResourceInfo extends GroupVersionKind {
  /** Plural name in URLs, such as `deployments`. */
  plural: string
  singular: string
  shortNames: string[]
  categories: string[]
  namespaced: boolean
  verbs: string[]
}
