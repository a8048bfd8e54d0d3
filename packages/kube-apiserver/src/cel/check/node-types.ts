import type { SchemaNode } from '@slipway/kube-objects'
import { escapedField } from '../values.ts'
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  objectType,
  STRING,
  TIMESTAMP,
  type Type,
} from './types.ts'

/** The type of the objects of a kind, as policies see them. What can be of several types is of any. */
export function nodeType(node: SchemaNode, name: string): Type {
  return typeOfNode(node, name, [])
}

const TEXTS: Record<string, Type> = {
  byte: BYTES,
  duration: DURATION,
  date: TIMESTAMP,
  'date-time': TIMESTAMP,
}
const SIMPLE: Partial<Record<SchemaNode['type'], Type>> = { boolean: BOOL, integer: INT, number: DOUBLE }

/** Schemas that are inside of themselves end there. */
function typeOfNode(node: SchemaNode, name: string, around: SchemaNode[]): Type {
  if (around.includes(node)) return DYN
  const inside = [...around, node]
  switch (node.type) {
    case 'string':
      return TEXTS[node.format ?? ''] ?? STRING
    case 'array':
      return node.items ? listOf(typeOfNode(node.items, `${name}.@idx`, inside)) : DYN
    case 'object': {
      if (node.additional) return mapOf(STRING, typeOfNode(node.additional, `${name}.@elem`, inside))
      const fields = Object.entries(node.properties ?? {}).map(([field, child]) => {
        const escaped = escapedField(field)
        return [escaped, typeOfNode(child, `${name}.${escaped}`, inside)] as const
      })
      return objectType(name, new Map(fields))
    }
    default:
      return SIMPLE[node.type] ?? DYN
  }
}
