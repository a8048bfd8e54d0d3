import {
  applyDefaults,
  conflictMessage,
  type FieldError,
  fieldNode,
  type KubeObject,
  prune,
  type SchemaNode,
  schemaFor,
  serverSideApply,
  trackUpdate,
  unknownFieldText,
  validate,
  withoutNulls,
} from '@slipway/kube-objects'
import { badRequest, invalid, StatusError } from '../api/status.ts'
import { codeDefaults } from '../defaults/code-defaults.ts'
import { apiVersionOf, type Resource, resourceKey } from '../registry/resource.ts'
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
    const { object, warnings } = this.known(given, resource, validation, duplicates)
    return { object: this.defaulted(object, resource), warnings }
  }

  /** The object without the fields that its schema does not know. Throws 400 when validation is strict. */
  known(given: KubeObject, resource: Resource, validation: FieldValidation, duplicates: string[]): Decoded {
    const schema = this.schema(resource)
    // Go reads null as absent; custom resources may have nullable fields.
    const object = resource.custom ? given : withoutNulls(given)
    const { value, unknown } = schema ? prune(object, schema) : { value: object, unknown: [] }
    const faults = [...unknown.map(unknownFieldText), ...duplicates]
    if (faults.length > 0 && validation === 'Strict') throw badRequest(`strict decoding error: ${faults.join(', ')}`)
    return { object: value, warnings: validation === 'Warn' ? faults : [] }
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

  /** Fills in defaults, then checks the whole. */
  defaulted(object: KubeObject, resource: Resource): KubeObject {
    const schema = this.schema(resource)
    if (!schema) return object
    // Custom resources are checked by their strategy, which knows what was there before.
    if (resource.custom) return applyDefaults(object, schema)
    const found = validate(object, schema)
    checkTypes(found, resource, schema)
    const full = applyDefaults(object, schema)
    codeDefaults[resourceKey(resource)]?.(full)
    // Most objects are right as they come; only of the others must be known what defaults mend.
    const left = found.length > 0 ? validate(full, schema) : []
    const errors = left.filter(concernsBuiltin)
    if (errors.length > 0) throw invalid(resource, object.metadata.name ?? object.metadata.generateName ?? '', errors)
    return full
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

/** A value of the wrong type cannot even be read into Kubernetes' Go types: 400, not 422. */
function checkTypes(errors: FieldError[], resource: Resource, schema: SchemaNode): void {
  const wrong = errors.find(({ reason }) => reason === 'FieldValueTypeInvalid')
  if (!wrong) return
  const [, expected = '', got = ''] = /must be of type ([^:]+): "([^"]*)"/.exec(wrong.message) ?? []
  const { struct, field, format } = goField(wrong.field, resource, schema)
  const given = { integer: 'number', boolean: 'bool' }[got] ?? got
  const wanted = { integer: format ?? 'int32', boolean: 'bool' }[expected] ?? expected
  throw badRequest(
    `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: json: cannot unmarshal ${given} into Go struct field ${struct}.${field} of type ${wanted}`,
  )
}

/** A field as Go's decoder names it: the struct it is in, then the path without indexes and keys of maps. */
function goField(
  path: string,
  { kind }: Resource,
  schema: SchemaNode,
): { struct: string; field: string; format?: string } {
  let node = schema
  let struct = kind
  const names: string[] = []
  for (const [, name, inside] of path.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    if (name === undefined) {
      node = (/^\d+$/.test(inside ?? '') && node.items) || fieldNode(node, inside ?? '')
      continue
    }
    if (node.typeName && node.properties) struct = node.typeName
    names.push(name)
    node = fieldNode(node, name)
  }
  return { struct, field: names.join('.'), ...(node.format && { format: node.format }) }
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
