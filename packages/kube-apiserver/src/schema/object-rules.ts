import {
  conflictMessage,
  type FieldError,
  fillDefaults,
  type KubeObject,
  prune,
  type SchemaNode,
  schemaFor,
  serverSideApply,
  trackUpdate,
  typedForm,
  unknownFieldText,
  validate,
  withoutNulls,
} from '@slipway/kube-objects'
import { badRequest, invalid, StatusError } from '../api/status.ts'
import { typeDefaults } from '../defaults/type-defaults.ts'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import type { FieldValidation } from '../rest/options.ts'

/** An object as the server understands it, and what its author should know. */
export interface Decoded {
  object: KubeObject
  warnings: string[]
}

/** Server-side apply: who applies, and how. */
export interface ApplyHow {
  manager: string
  force: boolean
  subresource?: string
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

  /** The object without unknown fields and with defaults. Throws 400 for wrong types, 422 for what its schema forbids. */
  decode(given: KubeObject, resource: Resource, validation: FieldValidation, duplicates: string[] = []): Decoded {
    const { object, unknown } = this.#read(given, resource)
    const faults = [...unknown.map(unknownFieldText), ...duplicates]
    if (faults.length > 0 && validation === 'Strict') throw badRequest(`strict decoding error: ${faults.join(', ')}`)
    return { object: this.#complete(object, resource), warnings: validation === 'Warn' ? faults : [] }
  }

  /** A fresh object without the fields that its schema does not know; of a built-in kind, as Go reads it. */
  #read(given: KubeObject, resource: Resource): { object: KubeObject; unknown: string[] } {
    const schema = this.schema(resource)
    if (!schema) return { object: structuredClone(given), unknown: [] }
    if (resource.custom) {
      const { value, unknown } = prune(given, schema)
      return { object: value, unknown }
    }
    const { value, unknown, fault } = typedForm(given, schema)
    if (fault === undefined) return { object: value, unknown }
    const { kind, version } = resource
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${fault}`)
  }

  /**
   * A configuration to apply: what its schema does not know is refused, whatever field validation says, for nobody could
   * manage it. Throws 500, as Kubernetes does, with structured-merge-diff's words.
   */
  configuration(given: KubeObject, resource: Resource): KubeObject {
    const schema = this.schema(resource)
    const object = resource.custom ? given : withoutNulls(given)
    if (!schema) return object
    const { value, unknown } = prune(object, schema)
    if (unknown.length === 0) return value
    const { name, namespace } = given.metadata
    const faults = unknown.map((path) => `.${path}: field not declared in schema`)
    const list = faults.length === 1 ? faults[0] : `errors:\n${faults.map((fault) => `  ${fault}`).join('\n')}`
    const kind = `${resource.group}/${resource.version}, Kind=${resource.kind}`
    const where = `${namespace ? `${namespace}/` : '/'}${name}; ${kind}`
    throw new StatusError(500, '', `failed to create typed patch object (${where}): ${list}`)
  }

  /** An object that a merge made, read and completed as one that a client sent. */
  completed(object: KubeObject, resource: Resource): KubeObject {
    return this.#complete(this.#read(object, resource).object, resource)
  }

  /** Fills in defaults, in place, then checks the whole. Custom resources are checked by their strategy, which knows what was there before. */
  #complete(object: KubeObject, resource: Resource): KubeObject {
    const schema = this.schema(resource)
    if (!schema) return object
    if (resource.custom) {
      fillDefaults(object, schema)
      return object
    }
    fillDefaults(object, schema, typeDefaults)
    const errors = validate(object, schema).filter(concernsBuiltin)
    if (errors.length > 0) throw invalid(resource, object.metadata.name ?? object.metadata.generateName ?? '', errors)
    return object
  }

  /** Who writes what, for every write that is no apply. */
  tracker(resource: Resource, manager: string, subresource?: string) {
    const schema = this.schema(resource)
    return (after: KubeObject, before: KubeObject | undefined): KubeObject =>
      trackUpdate({ before, after, manager, now: this.#time(), schema, ...(subresource && { subresource }) })
  }

  /** The live object with the applied configuration. Throws 409 with every field that someone else manages. */
  apply(applied: KubeObject, live: KubeObject | undefined, resource: Resource, how: ApplyHow): KubeObject {
    const intent = onlyOwnPart(applied, resource, how.subresource)
    const { object, conflicts } = serverSideApply({
      ...how,
      live,
      applied: intent,
      schema: this.schema(resource),
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
    return object
  }

  #time(): string {
    return `${this.#now().toISOString().slice(0, 19)}Z`
  }
}

/** An apply of the object leaves its status alone, an apply of the status everything else (resetFields). */
function onlyOwnPart(applied: KubeObject, resource: Resource, subresource: string | undefined): KubeObject {
  if (subresource === 'status') {
    const { apiVersion, kind, metadata, status } = applied
    const { name, namespace, resourceVersion, uid } = metadata
    const identity = {
      name,
      ...(namespace && { namespace }),
      ...(resourceVersion && { resourceVersion }),
      ...(uid && { uid }),
    }
    return { apiVersion, kind, metadata: identity, ...(status !== undefined && { status }) }
  }
  if (!resource.subresources.some(({ name }) => name === 'status')) return applied
  const { status: _, ...rest } = applied
  return rest as KubeObject
}

/**
 * Kubernetes checks its own kinds in code, where a missing number, list or status field often is a valid zero.
 * So only absent names and the like, and values outside an enumeration, count.
 */
function concernsBuiltin({ reason, field }: FieldError): boolean {
  if (field.startsWith('status') || field.startsWith('metadata')) return false
  if (reason === 'FieldValueNotSupported' || reason === 'FieldValueDuplicate') return true
  return reason === 'FieldValueRequired' && /^spec\./.test(field) && !/endpoints|conditions|subsets/.test(field)
}
