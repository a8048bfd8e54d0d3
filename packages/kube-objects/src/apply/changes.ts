import type { SchemaNode } from '../schema/node.ts'
import { type FieldSet, union } from './field-set.ts'
import { withoutServerFields } from './managed-fields.ts'
import { compareValues } from './typed.ts'

/** The schema of a version; undefined when there is no other than that of the object. */
export type SchemaOf = (apiVersion: string) => SchemaNode | undefined

/** What a write did to the fields that managers have. */
export interface Changes {
  /** Added or modified. */
  changed: FieldSet
  removed: FieldSet
  /** Nobody's any more but the writer's. */
  lost: FieldSet
}

/** What changed between two objects, as each version sees it: a list that merges in one may be atomic in another. */
export function changesBetween(
  before: unknown,
  after: unknown,
  schemas: (apiVersion: string) => SchemaNode,
): (apiVersion: string) => Changes {
  const bySchema = new Map<SchemaNode, Changes>()
  return (apiVersion) => {
    const schema = schemas(apiVersion)
    const changes = bySchema.get(schema) ?? compared(before, after, schema)
    bySchema.set(schema, changes)
    return changes
  }
}

function compared(before: unknown, after: unknown, schema: SchemaNode): Changes {
  const comparison = compareValues(before, after, schema)
  const changed = union(withoutServerFields(comparison.added), withoutServerFields(comparison.modified))
  const removed = withoutServerFields(comparison.removed)
  return { changed, removed, lost: union(changed, removed) }
}
