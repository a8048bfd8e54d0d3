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

/** The metadata that a write of the status may change where its type has no rule of its own. */
export const STATUS_METADATA = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const
export type StatusMetadata = (typeof STATUS_METADATA)[number]

/** What one type of objects adds to the rules that all objects share. Every rule is optional. */
export interface Strategy {
  /** Counts changes of everything but metadata and status in metadata.generation. */
  hasGeneration?: boolean
  /** What of the metadata counts as well. */
  countedMetadata?: 'annotations' | 'labels'
  /** The metadata that a write of the status may change, too. @default {@link STATUS_METADATA} */
  statusMetadata?: readonly StatusMetadata[]
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
  /** Gives back what prepareCreate took for an object that was not made after all. */
  abandoned?(object: Readonly<KubeObject>): void
  /** Gives back, after an update, what it took or replaced and the object, as it is stored now, does not hold. */
  settled?(stored: Readonly<KubeObject>, update: { next: Readonly<KubeObject>; current: Readonly<KubeObject> }): void
  /** Gives back what an object that is gone had. */
  released?(object: Readonly<KubeObject>): void
  /** Seconds between the request to delete and the end; undefined or 0 = at once. */
  gracePeriod?(object: KubeObject, requested: number | undefined): number
  /** Its dependents stay when a delete names no propagation policy. */
  orphansByDefault?: boolean
  /** Finalizers that a delete adds: what the server itself has to do before the object goes. */
  finalizersOfDelete?: string[]
  /** Says in the object that it is to go, once its metadata do. */
  prepareDelete?(object: KubeObject, now: string): void
  /** What a client that names no propagation policy should know. */
  deleteWarning?: string
  /** Deleting answers with the object instead of a Status. */
  returnsDeleted?: boolean
}

/** Rules by `group/plural`. */
export type Strategies = ReadonlyMap<string, Strategy>
