import { goText } from '../go-text.ts'
import { isObject } from '../json.ts'
import { ANY, type SchemaNode } from '../schema/node.ts'
import { itemElement } from './elements.ts'
import { formatElement } from './field-set.ts'

/** What keeps a configuration from being applied: fields that its schema does not have, wrong types and keys that are there twice (structured-merge-diff's typed/validate.go). */
export function typedFaults(value: unknown, schema: SchemaNode): string[] {
  const faults: string[] = []
  walk(value, schema, '', faults)
  return faults
}

function walk(value: unknown, schema: SchemaNode, path: string, faults: string[]): void {
  if (value === null || value === undefined) return
  const wrong = wrongType(value, schema)
  if (wrong !== undefined) faults.push(path ? `${path}: ${wrong}` : wrong)
  else if (Array.isArray(value)) walkList(value, schema, path, faults)
  else if (isObject(value)) walkMap(value, schema, path, faults)
}

function walkMap(value: object, schema: SchemaNode, path: string, faults: string[]): void {
  const { properties = {}, additional } = schema
  const open = schema.preserveUnknown || schema.type === 'any'
  for (const [field, child] of Object.entries(value)) {
    const node = Object.hasOwn(properties, field) ? properties[field] : additional
    if (node) walk(child, node, `${path}.${field}`, faults)
    else if (!open) {
      faults.push(`${path}.${field}: field not declared in schema`)
      return
    }
  }
}

function walkList(list: unknown[], schema: SchemaNode, path: string, faults: string[]): void {
  const keyed = schema.listType === 'map' || schema.listType === 'set'
  const seen = new Set<string>()
  for (const [index, item] of list.entries()) {
    const element = keyed ? itemElement(item, schema) : `i:${index}`
    const shown = formatElement(element)
    if (keyed && seen.has(element)) faults.push(`${path}: duplicate entries for key ${shown}`)
    seen.add(element)
    walk(item, schema.items ?? ANY, `${path}${shown}`, faults)
  }
}

function wrongType(value: unknown, { type }: SchemaNode): string | undefined {
  switch (type) {
    case 'integer':
    case 'number':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goText(value)}}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goText(value)}}`
    case 'quantity':
    case 'int-or-string':
      return typeof value === 'object' ? `expected any scalar, got &{${goText(value)}}` : undefined
    case 'array':
      return Array.isArray(value) ? undefined : `expected list, got &{${goText(value)}}`
    case 'object':
      return isObject(value) ? undefined : `expected map, got &{${goText(value)}}`
    default:
      return undefined
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
