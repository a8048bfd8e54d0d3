import { equalJson, isObject } from '../json.ts'
import { parseQuantity } from '../quantity.ts'
import { fieldNode, type SchemaConstraints, type SchemaNode } from './node.ts'

/** One fault, as `details.causes` of the API server's 422 names it. */
export interface FieldError {
  /** `spec.containers[0].name`; empty for the value itself. */
  field: string
  reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueTypeInvalid'
    | 'FieldValueDuplicate'
  /** Without the field: `Required value`. */
  message: string
}

/** `spec.replicas: Required value`, the line in which the API server tells a fault. */
export function fieldErrorText({ field, message }: FieldError): string {
  return `${field || '<nil>'}: ${message}`
}

/** Checks types, required fields, enums, list keys and a CRD's constraints. Unknown fields are the business of `prune`. */
export function validate(value: unknown, schema: SchemaNode): FieldError[] {
  const errors: FieldError[] = []
  check(value, schema, '', errors)
  return errors
}

function check(value: unknown, schema: SchemaNode, path: string, errors: FieldError[]): void {
  if (value === null && (schema.nullable || schema.type === 'any')) return
  if (!hasType(value, schema)) {
    const expected = schema.type === 'int-or-string' ? 'integer,string' : schema.type
    errors.push({
      field: path,
      reason: 'FieldValueTypeInvalid',
      message: `Invalid value: ${JSON.stringify(typeName(value))}: ${path} in body must be of type ${expected}: ${JSON.stringify(typeName(value))}`,
    })
    return
  }
  if (schema.enum && !schema.enum.some((allowed) => equalJson(allowed, value)) && value !== '') {
    const supported = schema.enum.map((allowed) => JSON.stringify(allowed)).join(', ')
    errors.push({
      field: path,
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
    })
  }
  if (schema.constraints) checkConstraints(value, schema.constraints, path, errors)
  if (Array.isArray(value)) checkList(value, schema, path, errors)
  else if (isObject(value)) {
    for (const field of schema.required ?? []) {
      if (value[field] === undefined) {
        errors.push({
          field: path ? `${path}.${field}` : field,
          reason: 'FieldValueRequired',
          message: 'Required value',
        })
      }
    }
    for (const [field, child] of Object.entries(value)) {
      check(
        child,
        fieldNode(schema, field),
        schema.additional && !schema.properties?.[field] ? `${path}[${field}]` : path ? `${path}.${field}` : field,
        errors,
      )
    }
  }
}

function checkList(list: unknown[], schema: SchemaNode, path: string, errors: FieldError[]): void {
  const seen = new Set<string>()
  for (const [index, item] of list.entries()) {
    const at = `${path}[${index}]`
    if (schema.items) check(item, schema.items, at, errors)
    if (schema.listType !== 'map' && schema.listType !== 'set') continue
    const key =
      schema.listType === 'map' && isObject(item)
        ? Object.fromEntries((schema.listMapKeys ?? []).map((name) => [name, item[name] ?? keyDefault(schema, name)]))
        : item
    const text = JSON.stringify(key)
    if (seen.has(text)) errors.push({ field: at, reason: 'FieldValueDuplicate', message: `Duplicate value: ${text}` })
    seen.add(text)
  }
}

function keyDefault({ items }: SchemaNode, key: string): unknown {
  const node = items?.properties?.[key]
  return node?.default ?? node?.zero
}

function hasType(value: unknown, { type }: SchemaNode): boolean {
  switch (type) {
    case 'any':
      return true
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'int-or-string':
      return typeof value === 'string' || Number.isInteger(value)
    case 'quantity':
      return (typeof value === 'string' || typeof value === 'number') && isQuantity(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
  }
}

function isQuantity(value: string | number): boolean {
  try {
    parseQuantity(value)
    return true
  } catch {
    return false
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function checkConstraints(value: unknown, constraints: SchemaConstraints, path: string, errors: FieldError[]): void {
  const fault = (text: string): void => {
    const shown = JSON.stringify(value)
    errors.push({
      field: path,
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${shown}: ${path} in body ${text}`,
    })
  }
  if (typeof value === 'string') {
    const { pattern, minLength, maxLength } = constraints
    const length = [...value].length
    if (pattern !== undefined && !matches(pattern, value)) fault(`should match '${pattern}'`)
    if (minLength !== undefined && length < minLength) fault(`should be at least ${minLength} chars long`)
    if (maxLength !== undefined && length > maxLength) fault(`should be at most ${maxLength} chars long`)
  } else if (typeof value === 'number') {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = constraints
    if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
      fault(`should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)
    }
    if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
      fault(`should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)
    }
    if (multipleOf !== undefined && value % multipleOf !== 0) fault(`should be a multiple of ${multipleOf}`)
  } else if (Array.isArray(value)) {
    const { minItems, maxItems } = constraints
    if (minItems !== undefined && value.length < minItems) fault(`should have at least ${minItems} items`)
    if (maxItems !== undefined && value.length > maxItems) fault(`should have at most ${maxItems} items`)
  } else if (isObject(value)) {
    const { minProperties, maxProperties } = constraints
    const size = Object.keys(value).length
    if (minProperties !== undefined && size < minProperties) fault(`should have at least ${minProperties} properties`)
    if (maxProperties !== undefined && size > maxProperties) fault(`should have at most ${maxProperties} properties`)
  }
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    // RE2 syntax that JavaScript does not have: the CRD's author can't be blamed by refusing objects.
    return true
  }
}
