import { equalJson } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { ANY, type SchemaNode } from '../schema/node.ts'
import { changesBetween, type SchemaOf } from './changes.ts'
import { difference, EMPTY, equalSets, type FieldSet, intersection, isEmpty, pathsOf, union } from './field-set.ts'
import {
  describeManager,
  type Manager,
  readManagers,
  sameManager,
  withManagers,
  withoutServerFields,
} from './managed-fields.ts'
import { reconciled } from './reconcile.ts'
import { compareValues, fieldSetOf, mergeValues, removeFields, withNamedFields } from './typed.ts'

/** What server-side apply works on. */
export interface ApplyInput<T extends KubeObject = KubeObject> {
  /** The stored object; undefined when there is none yet. */
  live: T | undefined
  /** The manager's whole intent; null is a value like others. Its managedFields are ignored. */
  applied: KubeObject
  manager: string
  /** Take over fields that others manage. */
  force: boolean
  /** Absent: maps merge by field and lists are atomic, as for custom resources without a schema. */
  schema?: SchemaNode | undefined
  /** The schemas of other versions, where they may differ: what is managed in one is compared by it. */
  schemaOf?: SchemaOf | undefined
  /** RFC 3339, for the manager's entry. */
  now: string
  subresource?: string
  /**
   * What such an apply decides of an object, such as all but its status; absent: all of it. The rest of the configuration is in the
   * merged object, for whoever looks at it before it is put back, but nobody's.
   */
  part?: (object: KubeObject) => KubeObject
}

/** A field that another manager holds with another value. */
export interface FieldConflict {
  /** As messages name it: `"kubectl" using apps/v1`. */
  manager: string
  /** `.spec.replicas` */
  field: string
}

/**
 * Server-side apply (structured-merge-diff): lays the configuration over the live object, removes what this manager applied before
 * and nobody else owns, and records ownership. With conflicts and without `force`, `object` is the live one (or the applied, when
 * there is none). Applying the same again gives back `live` itself.
 */
export function serverSideApply<T extends KubeObject>(input: ApplyInput<T>): { object: T; conflicts: FieldConflict[] } {
  const { live, manager, now, subresource = '', part = (object) => object } = input
  const schema = input.schema ?? ANY
  const given = withoutManagedFields(input.applied)
  const applied = part(given)
  const identity = { manager, operation: 'Apply' as const, apiVersion: applied.apiVersion, subresource }
  const before = live && withoutManagedFields(live)
  const schemas = schemasOf(input, applied.apiVersion)
  const known = managersBeforeApply(live, part, input).map((entry) => reconciled(entry, input.schemaOf))
  const previous = known.find((entry) => sameManager(entry, identity))
  const fields = withoutServerFields(fieldSetOf(applied, schema))
  const own: Manager = { ...identity, time: previous?.time, fields }
  const others = known.filter((entry) => entry !== previous)

  const merged = mergeValues(before, given, schema) as T
  const differs = (object: T): boolean => !before || !equalJson(part(before), part(object))
  const same = previous !== undefined && equalSets(previous.fields, own.fields)
  // The commonest apply of all is the same again.
  if (live && same && !differs(merged)) return { object: live, conflicts: [] }
  // A client that writes managedFields itself may name what the server writes, which goes with no manager.
  const last = previous && { ...previous, fields: withoutServerFields(previous.fields) }
  const letsGo = last && !isEmpty(difference(last.fields, own.fields))
  const object = letsGo ? pruneFields(merged, [own, ...others], last, schemas) : merged
  const changes = changesBetween(part(before ?? emptyLike(applied)), part(object), schemas)
  const conflicts = others.flatMap((entry) =>
    pathsOf(intersection(entry.fields, changes(entry.apiVersion).changed)).map((field) => ({
      manager: describeManager(entry),
      field,
    })),
  )
  if (conflicts.length > 0 && !input.force) return { object: live ?? (applied as T), conflicts }

  const remaining = others.map((entry) => ({
    ...entry,
    fields: difference(entry.fields, changes(entry.apiVersion).lost),
  }))
  // Who only came to manage what was there already has changed nothing, and no time (managedfieldsupdater.go).
  const time = differs(object) ? now : own.time
  return { object: withManagers(object, [{ ...own, time }, ...remaining]), conflicts: [] }
}

/** The text of the 409 that the API server answers with (managedfields.NewConflictError). */
export function conflictMessage(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts
  if (conflicts.length === 1 && first) {
    return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.field}`
  }
  const managers = [...new Set(conflicts.map(({ manager }) => manager))].toSorted()
  const lines = managers.flatMap((manager) => [
    `conflicts with ${manager}:`,
    ...conflicts.filter((conflict) => conflict.manager === manager).map(({ field }) => `- ${field}`),
  ])
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

/** An object that was never tracked belongs, as it stands, to `before-first-apply` (managedfields/skipnonapplied.go). */
function managersBeforeApply(
  live: KubeObject | undefined,
  part: NonNullable<ApplyInput['part']>,
  { schema = ANY, now, subresource = '' }: ApplyInput,
): Manager[] {
  const managers = readManagers(live)
  if (!live || managers.length > 0) return managers
  const { added } = compareValues(emptyLike(live), part(withoutManagedFields(live)), schema)
  return [
    {
      manager: 'before-first-apply',
      operation: 'Update',
      apiVersion: live.apiVersion,
      subresource,
      time: now,
      fields: withoutServerFields(added),
    },
  ]
}

/** Takes away what the manager applied last time and not now, unless another manager holds it. */
function pruneFields<T extends KubeObject>(
  merged: T,
  managers: readonly Manager[],
  last: Manager,
  schemas: (apiVersion: string) => SchemaNode,
): T {
  const lastSchema = schemas(last.apiVersion)
  const lastFields = withNamedFields(last.fields, lastSchema)
  let pruned = removeFields(merged, lastFields, lastSchema)
  for (const apiVersion of new Set([last.apiVersion, ...managers.map((entry) => entry.apiVersion)])) {
    const schema = schemas(apiVersion)
    const owned = managers.filter((entry) => entry.apiVersion === apiVersion).map(({ fields }) => fields)
    const kept = union(fieldSetOf(pruned, schema), owned.reduce(union, EMPTY))
    pruned = removeFields(merged, missing(fieldSetOf(merged, schema), kept, schema), schema)
  }
  // What hangs below a removed item, but was not applied by this manager, stays (addBackDanglingItems).
  const gone = missing(fieldSetOf(merged, lastSchema), fieldSetOf(pruned, lastSchema), lastSchema)
  return removeFields(merged, withMetadata(intersection(gone, lastFields)), lastSchema) as T
}

function missing(all: FieldSet, kept: FieldSet, schema: SchemaNode): FieldSet {
  return difference(withNamedFields(all, schema), withNamedFields(kept, schema))
}

/** Removing `metadata` as a whole would take the server's own fields with it, which nobody owns. */
function withMetadata(remove: FieldSet): FieldSet {
  const metadata = remove.children.get('f:metadata')
  if (!metadata) return remove
  return { member: false, children: new Map([...remove.children, ['f:metadata', { ...metadata, member: false }]]) }
}

function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _managed, ...metadata } = object.metadata
  return { ...object, metadata }
}

const emptyLike = ({ apiVersion, kind }: KubeObject): KubeObject => ({ apiVersion, kind, metadata: { name: '' } })

function schemasOf({ schema = ANY, schemaOf }: ApplyInput, own: string): (apiVersion: string) => SchemaNode {
  return (apiVersion) => (apiVersion === own ? schema : (schemaOf?.(apiVersion) ?? schema))
}
