import { fieldNode, type SchemaNode } from '../schema/node.ts'
import type { SchemaOf } from './changes.ts'
import { type FieldSet, LEAF } from './field-set.ts'
import type { Manager } from './managed-fields.ts'

/** A manager with its fields as the schema has them now: who had parts of what has become atomic has the whole (typed/reconcile_schema.go). */
export function reconciled(manager: Manager, schemaOf: SchemaOf | undefined): Manager {
  const schema = schemaOf?.(manager.apiVersion)
  if (!schema) return manager
  const fields = reconcile(manager.fields, schema)
  return fields === manager.fields ? manager : { ...manager, fields }
}

function reconcile(set: FieldSet, schema: SchemaNode): FieldSet {
  if (set.children.size === 0 || (schema.type !== 'array' && schema.type !== 'object')) return set
  if (isAtomic(schema)) return LEAF
  let children: Map<string, FieldSet> | undefined
  for (const [element, child] of set.children) {
    const node = element.startsWith('f:') ? fieldNode(schema, element.slice(2)) : schema.items
    const next = node ? reconcile(child, node) : child
    if (next === child) continue
    children ??= new Map(set.children)
    children.set(element, next)
  }
  return children ? { member: set.member, children } : set
}

function isAtomic({ type, listType, mapType }: SchemaNode): boolean {
  return type === 'array' ? listType !== 'map' && listType !== 'set' : mapType === 'atomic'
}
