export { type ApiErrorCode, apiError, isApiError } from './api-error.ts'
export { KubeClient } from './client.ts'
export { type ClusterConnection, type Impersonation, parseKubeconfig } from './connection.ts'
export { applyExclusively, type ManagedFieldsEntry, takeOverFields } from './exclusive-apply.ts'
export { type Change, type ChangeHandler, Informer, InformerSet } from './informer.ts'
export { ObjectIndex, type ValuesOf } from './object-index.ts'
export { retryOnConflict } from './retry-on-conflict.ts'
export type {
  ApplyOptions,
  DeleteOptions,
  ListQuery,
  ListResult,
  ObjectRef,
  PatchType,
  ResourceInfo,
  Subresource,
  Table,
  WatchEvent,
  WriteOptions,
} from './types.ts'
