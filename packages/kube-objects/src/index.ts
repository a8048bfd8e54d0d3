export type { Condition, GroupVersionKind, KubeObject, ObjectKey, ObjectMeta, OwnerReference } from './object.ts'
