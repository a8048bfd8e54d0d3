import type { KubeObject } from '@slipway/kube-objects'
import type { User } from '../api/request.ts'
import type { FieldError } from '../api/status.ts'
import type { Resource } from '../registry/resource.ts'

/** What a rule may know besides the objects. */
export interface WriteContext {
  resource: Resource
  user: User
  /** RFC 3339, to the second. */
  now: string
  dryRun: boolean
  /** `status`, or another part that alone is written. */
  subresource?: string
  /** Tells the client what is valid and better were not. */
  warn(text: string): void
}

/** What one type of objects adds to the rules that all objects share. Every rule is optional. */
export interface Strategy {
  /** Counts changes of everything but metadata and status in metadata.generation. */
  hasGeneration?: boolean
  /** What of the metadata counts as well. */
  countedMetadata?: 'annotations' | 'labels'
  /** A PUT of an object that is not there makes it. */
  createsOnUpdate?: boolean
  /** A PUT must name the version that it replaces. */
  needsVersion?: boolean
  /** Fills in what the server decides: defaults in code, allocations, first status. */
  prepareCreate?(object: KubeObject, context: WriteContext): void
  /** Puts back what a client may not change, before validation. */
  prepareUpdate?(next: KubeObject, current: KubeObject, context: WriteContext): void
  validate?(object: KubeObject, context: WriteContext): FieldError[]
  /** Rules for new objects only. */
  validateNew?(object: KubeObject, context: WriteContext): FieldError[]
  validateUpdate?(next: KubeObject, current: KubeObject, context: WriteContext): FieldError[]
  /** Gives back what a write took and the object, as it is stored after it, does not hold. */
  settled?(stored: Readonly<KubeObject>): void
  /** Gives back what prepareCreate took, when the object is gone. */
  released?(object: KubeObject): void
  /** Seconds between the request to delete and the end; undefined or 0 = at once. */
  gracePeriod?(object: KubeObject, requested: number | undefined): number
  /** Its dependents stay when a delete names no propagation policy. */
  orphansByDefault?: boolean
  /** Finalizers that a delete adds: what the server itself has to do before the object goes. */
  finalizersOfDelete?: string[]
  /** Says in the object that it is to go. */
  prepareDelete?(object: KubeObject, now: string): void
  /** What a client that names no propagation policy should know. */
  deleteWarning?: string
  /** Deleting answers with the object instead of a Status. */
  returnsDeleted?: boolean
}

/** Rules by `group/plural`. */
export type Strategies = ReadonlyMap<string, Strategy>
