import { equalJson, isObject, type JsonObject } from '../json.ts'
import { parseQuantity } from '../quantity.ts'
import { hasFormat } from './formats.ts'
import { type CombinedSchemas, fieldNode, type SchemaConstraints, type SchemaNode } from './node.ts'

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
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
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
  const fits = hasType(value, schema)
  if (!fits)
    errors.push(typeFault(path, typeName(value), schema.type === 'int-or-string' ? 'integer,string' : schema.type))
  if (schema.combined) checkCombined(value, schema.combined, path, errors)
  if (!fits) return
  if (schema.constraints) checkConstraints(value, schema.constraints, path, errors)
  if (typeof value === 'string' && schema.format && isText(schema) && !hasFormat(value, schema.format)) {
    errors.push(typeFault(path, value, schema.format))
  }
  if (schema.enum && !schema.enum.some((allowed) => equalJson(allowed, value))) {
    const supported = schema.enum.map((allowed) =>
      JSON.stringify(typeof allowed === 'string' ? allowed : JSON.stringify(allowed)),
    )
    const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.join(', ')}`
    errors.push({ field: path, reason: 'FieldValueNotSupported', message })
  }
  if (Array.isArray(value)) checkList(value, schema, path, errors)
  else if (isObject(value)) checkFields(value, schema, path, errors)
}

/** Formats of numbers say nothing that JSON does not; a schema inside another has the type of that one. */
const isText = ({ type }: SchemaNode): boolean => type === 'string' || type === 'any'

function typeFault(path: string, shown: string, type: string): FieldError {
  const value = JSON.stringify(shown)
  const message = `Invalid value: ${value}: ${path} in body must be of type ${type}: ${value}`
  return { field: path, reason: 'FieldValueTypeInvalid', message }
}

function checkFields(value: JsonObject, schema: SchemaNode, path: string, errors: FieldError[]): void {
  const within = (field: string): string => (path ? `${path}.${field}` : field)
  for (const [field, child] of Object.entries(value)) {
    const isKey = schema.additional && !schema.properties?.[field]
    check(child, fieldNode(schema, field), isKey ? `${path}[${field}]` : within(field), errors)
  }
  for (const field of schema.required ?? []) {
    if (value[field] !== undefined) continue
    errors.push({ field: within(field), reason: 'FieldValueRequired', message: 'Required value' })
  }
}

/** In the words and the order of kube-openapi's validate/schema_props.go, which names no field for them. */
function checkCombined(
  value: unknown,
  { allOf, anyOf, oneOf, not }: CombinedSchemas,
  path: string,
  errors: FieldError[],
): void {
  const faultsOf = (schema: SchemaNode): FieldError[] => {
    const faults: FieldError[] = []
    check(value, schema, path, faults)
    return faults
  }
  const must = (what: string): void => {
    errors.push({
      field: '',
      reason: 'FieldValueInvalid',
      message: `Invalid value: "": ${JSON.stringify(path)} must ${what}`,
    })
  }
  if (anyOf) {
    const tried = anyOf.map(faultsOf)
    if (tried.every((faults) => faults.length > 0)) {
      must('validate at least one schema (anyOf)')
      errors.push(...(tried[0] ?? []))
    }
  }
  if (oneOf) {
    const tried = oneOf.map(faultsOf)
    const valid = tried.filter((faults) => faults.length === 0).length
    if (valid !== 1) {
      must(
        `validate one and only one schema (oneOf). Found ${valid === 0 ? 'none valid' : `${valid} valid alternatives`}`,
      )
    }
    if (valid === 0) errors.push(...(tried[0] ?? []))
  }
  if (allOf) {
    const tried = allOf.map(faultsOf)
    const failed = tried.filter((faults) => faults.length > 0)
    errors.push(...failed.flat())
    if (failed.length > 0)
      must(`validate all the schemas (allOf)${failed.length === tried.length ? '. None validated' : ''}`)
  }
  if (not && faultsOf(not).length === 0) must('not validate the schema (not)')
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
  const fault = (text: string, shown = value): void => {
    const message = `Invalid value: ${JSON.stringify(shown)}: ${path} in body ${text}`
    errors.push({ field: path, reason: 'FieldValueInvalid', message })
  }
  const least = (size: number, least: number | undefined, things: string): void => {
    if (least !== undefined && size < least) fault(`should have at least ${least} ${things}`, size)
  }
  const most = (size: number, most: number | undefined): void => {
    if (most === undefined || size <= most) return
    const message = `Too many: ${size}: must have at most ${most} ${most === 1 ? 'item' : 'items'}`
    errors.push({ field: path, reason: 'FieldValueTooMany', message })
  }
  if (typeof value === 'string') {
    const { pattern, minLength, maxLength } = constraints
    const length = [...value].length
    // Of a text only the first fault is told.
    if (maxLength !== undefined && length > maxLength) {
      const message = `Too long: may not be more than ${maxLength} bytes`
      errors.push({ field: path, reason: 'FieldValueTooLong', message })
    } else if (minLength !== undefined && length < minLength) fault(`should be at least ${minLength} chars long`)
    else if (pattern !== undefined && !matches(pattern, value)) fault(`should match '${pattern}'`)
  } else if (typeof value === 'number') checkNumber(value, constraints, fault)
  else if (Array.isArray(value)) {
    least(value.length, constraints.minItems, 'items')
    most(value.length, constraints.maxItems)
  } else if (isObject(value)) {
    const size = Object.keys(value).length
    least(size, constraints.minProperties, 'properties')
    most(size, constraints.maxProperties)
  }
}

function checkNumber(value: number, constraints: SchemaConstraints, fault: (text: string) => void): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = constraints
  if (multipleOf !== undefined && value % multipleOf !== 0) fault(`should be a multiple of ${multipleOf}`)
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    fault(`should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    fault(`should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)
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
