export type { ApplyOptions, ListQuery, ObjectRef, PatchType, ResourceInfo, WatchEvent } from './types.ts'
