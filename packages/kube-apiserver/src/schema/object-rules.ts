import {
  ANY,
  applyConfiguration,
  conflictMessage,
  fillDefaults,
  type KubeObject,
  type ObjectMeta,
  objectMetaSchema,
  prune,
  type SchemaNode,
  schemaFor,
  trackUpdate,
  typedForm,
} from '@slipway/kube-objects'
import { internalError, StatusError } from '../api/status.ts'
import { readEmbedded } from '../custom/embedded-objects.ts'
import { typeDefaults } from '../defaults/type-defaults.ts'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import type { Part } from '../strategy/own-part.ts'
import { applyFault, typedFault, versionFault } from './managed-versions.ts'

/** An object that was read, and what is wrong with its text. */
export interface Read {
  /** A fresh object without the fields that its schema does not know. */
  object: KubeObject
  /** Those fields: `spec.foo`. */
  unknown: string[]
  /** What could not be read, in the words of Go's decoder; the object is of no use then. */
  fault?: string
  /** The same in the words of the conversion that reads what a strategic merge patch made. */
  conversionFault?: string
}

/** Server-side apply: who applies, and how. */
export interface ApplyHow {
  manager: string
  force: boolean
  subresource?: string
  /** What such a write may decide of an object. */
  part?: Part
}

/** Who writes without applying, and how. */
export interface TrackHow {
  manager: string
  subresource?: string | undefined
  part?: Part
}

/** What schemas say: unknown fields, types, defaults, and who manages which field. */
export class ObjectRules {
  readonly #now: () => Date

  constructor(now: () => Date) {
    this.#now = now
  }

  /** The schema of a resource; undefined = nothing is known. */
  schema(resource: Resource): SchemaNode | undefined {
    if (resource.custom) return resource.custom.schema
    return schemaFor({ apiVersion: apiVersionOf(resource), kind: resource.kind })
  }

  /** The object as its type holds it; of a built-in kind, as Go reads it. */
  read(given: KubeObject, resource: Resource): Read {
    const schema = this.schema(resource)
    if (resource.custom) return readCustom(given, schema)
    if (!schema) return { object: structuredClone(given), unknown: [] }
    const { value, ...faults } = typedForm(given, schema)
    return { object: value, ...faults }
  }

  /**
   * A configuration to apply: what its schema does not know is refused, whatever field validation says, for nobody could
   * manage it. Throws 500, as Kubernetes does, with structured-merge-diff's words.
   */
  checkConfiguration(given: KubeObject, resource: Resource): void {
    const list = typedFault(given, this.schema(resource) ?? ANY)
    if (list === undefined) return
    const { name = '', namespace = '' } = given.metadata
    const where = `${namespace}/${name}; ${resource.group}/${resource.version}, Kind=${resource.kind}`
    throw new StatusError(500, '', `failed to create typed patch object (${where}): ${list}`)
  }

  /** An object that a merge or a webhook made, read and completed as one that a client sent. Throws 500. */
  completed(given: KubeObject, resource: Resource): KubeObject {
    const { object, fault } = this.read(given, resource)
    if (fault !== undefined) throw internalError(fault)
    return this.complete(object, resource)
  }

  /** Fills in defaults, in place. Strategies check the whole, for they know what was there before. */
  complete(object: KubeObject, resource: Resource): KubeObject {
    const schema = this.schema(resource)
    if (!schema) return object
    if (resource.custom) {
      fillDefaults(object, schema)
      return object
    }
    fillDefaults(object, schema, typeDefaults)
    return object
  }

  /** Who writes what, for every write that is no apply. */
  tracker(resource: Resource, { manager, subresource, part }: TrackHow) {
    const schema = this.schema(resource)
    return (after: KubeObject, before: KubeObject | undefined): KubeObject => {
      const tracked = after.metadata.managedFields?.length ? after : before
      if (versionFault(tracked, [before, after], resource)) return withoutManagers(after)
      const how = { manager, now: this.#time(), schema, schemaOf: schemasOf(resource) }
      return trackUpdate({ before, after, ...how, ...(subresource && { subresource }), ...(part && { part }) })
    }
  }

  /** The live object with the applied configuration, completed. Throws 409 with every field that someone else manages. */
  apply(applied: KubeObject, live: KubeObject | undefined, resource: Resource, how: ApplyHow): KubeObject {
    const fault = versionFault(live, [live], resource) ?? applyFault(applied, live, resource, how)
    if (fault !== undefined) throw new StatusError(500, '', fault)
    const schema = this.schema(resource)
    const { object, conflicts } = applyConfiguration({
      ...how,
      live,
      applied,
      schema,
      schemaOf: schemasOf(resource),
      now: this.#time(),
    })
    if (conflicts.length > 0 && !how.force) {
      throw new StatusError(409, 'Conflict', conflictMessage(conflicts), {
        causes: conflicts.map(({ manager, field }) => ({
          reason: 'FieldManagerConflict',
          message: `conflict with ${manager}`,
          field,
        })),
      })
    }
    if (!resource.custom) return this.completed(object, resource)
    // Of a custom resource only metadata are read again: a null in its content is for validation to refuse.
    const { metadata } = typedMetadata(object)
    const content = schema ? readEmbedded(object, schema).value : object
    return this.complete({ ...content, metadata }, resource)
  }

  #time(): string {
    return `${this.#now().toISOString().slice(0, 19)}Z`
  }
}

/** Metadata is the server's own type in custom resources, too, and in the objects inside of them. */
function readCustom(given: KubeObject, schema: SchemaNode | undefined): Read {
  const own = typedMetadata(given)
  const embedded = schema ? readEmbedded(given, schema) : { value: structuredClone(given), unknown: [] }
  const typed = { ...embedded.value, metadata: own.metadata }
  const pruned = schema ? prune(typed, schema) : { value: typed, unknown: [] }
  const fault = own.fault ?? embedded.fault
  return {
    object: pruned.value,
    unknown: [...own.unknown, ...pruned.unknown.toSorted(), ...embedded.unknown.toSorted()],
    ...(fault !== undefined && { fault }),
  }
}

/** The schemas by which versions differ; a webhook's conversion is not asked, so that there all are taken for the same. */
function schemasOf({ custom, group }: Resource): ((apiVersion: string) => SchemaNode | undefined) | undefined {
  if (!custom || custom.convert) return undefined
  return (apiVersion) => custom.schemas.get(apiVersion.slice(group.length + 1))
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function typedMetadata({ metadata }: KubeObject) {
  const { value, unknown, ...faults } = typedForm(metadata ?? {}, objectMetaSchema())
  return { metadata: value as ObjectMeta, unknown: unknown.map((field) => `metadata.${field}`), ...faults }
}
