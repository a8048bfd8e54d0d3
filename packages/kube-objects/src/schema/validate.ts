import { equalJson, isObject, type JsonObject, withSortedKeys } from '../json.ts'
import { parseQuantity } from '../quantity.ts'
import { earlierItems } from './earlier-items.ts'
import { hasFormat, isKnownFormat } from './formats.ts'
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

/** Where a value is, and which one it replaces, if that is known. */
interface Place {
  path: string
  old?: { value: unknown } | undefined
}

/**
 * Checks types, required fields, enums and a CRD's constraints. Unknown fields are the business of `prune`. What is wrong with a
 * part that is as it was in `old` is let be (KEP-4008, ratcheting).
 */
export function validate(value: unknown, schema: SchemaNode, old?: { value: unknown }): FieldError[] {
  const errors: FieldError[] = []
  check(value, schema, { path: '', old }, errors)
  return errors
}

function check(value: unknown, schema: SchemaNode, place: Place, errors: FieldError[]): void {
  const before = errors.length
  checkValue(value, schema, place, errors)
  if (errors.length > before && place.old && equalJson(place.old.value, value)) errors.length = before
}

/** Each check looks at the values that it is for, of the right type or not (kube-openapi's SchemaValidator). */
function checkValue(value: unknown, schema: SchemaNode, place: Place, errors: FieldError[]): void {
  const { path } = place
  const { combined, constraints, format } = schema
  const wrong = typeFault(value, schema, path)
  if (wrong) errors.push(wrong)
  if (value === null) {
    if (schema.enum) errors.push(enumFault(value, schema.enum, path))
    return
  }
  if (combined) checkCombined(value, combined, place, errors)
  if (typeof value === 'string') {
    if (constraints) checkText(value, constraints, path, errors)
    if (format && isText(schema) && !hasFormat(value, format)) errors.push(wrongType(path, value, format))
  } else if (typeof value === 'number' && constraints) checkNumber(value, constraints, path, errors)
  else if (Array.isArray(value)) checkItems(value, schema, place, errors)
  if (schema.enum && !schema.enum.some((allowed) => allowed !== null && equalJson(allowed, value))) {
    errors.push(enumFault(value, schema.enum, path))
  }
  if (isObject(value)) checkFields(value, schema, place, errors)
}

/** Formats of numbers say nothing that JSON does not; a schema inside another has the type of that one. */
const isText = ({ type }: SchemaNode): boolean => type === 'string' || type === 'any'

/** A format that is known says more than the type: a number is told of it, and a list is let be. */
function typeFault(value: unknown, schema: SchemaNode, path: string): FieldError | undefined {
  const { type, format } = schema
  const isFormatted = format !== undefined && isText(schema) && isKnownFormat(format)
  if (value === null) return schema.nullable || type === 'any' ? undefined : wrongType(path, 'null', typeNames(type))
  if (isFormatted && Array.isArray(value)) return undefined
  if (isFormatted && typeof value !== 'string') return wrongType(path, numberFormat(value), format)
  return hasType(value, schema) ? undefined : wrongType(path, typeName(value), typeNames(type))
}

const typeNames = (type: SchemaNode['type']): string => (type === 'int-or-string' ? 'integer,string' : type)

/** The format that a value of Go has by itself. */
function numberFormat(value: unknown): string {
  if (typeof value !== 'number') return ''
  return isInteger(value) ? 'int64' : 'float64'
}

/** A path begins with a dot where the key of a map comes first. */
const fieldOf = (path: string): string => path.replace(/^\./, '')

function wrongType(path: string, shown: string, type: string): FieldError {
  const value = JSON.stringify(shown)
  const message = `Invalid value: ${value}: ${path} in body must be of type ${type}: ${value}`
  return { field: fieldOf(path), reason: 'FieldValueTypeInvalid', message }
}

function enumFault(value: unknown, allowed: unknown[], path: string): FieldError {
  const supported = allowed.map((one) => JSON.stringify(typeof one === 'string' ? one : JSON.stringify(one)))
  const shown = JSON.stringify(withSortedKeys(value))
  const message = `Unsupported value: ${shown}: supported values: ${supported.join(', ')}`
  return { field: fieldOf(path), reason: 'FieldValueNotSupported', message }
}

function checkFields(value: JsonObject, schema: SchemaNode, { path, old }: Place, errors: FieldError[]): void {
  const within = (field: string): string => (path ? `${path}.${field}` : field)
  if (schema.constraints) checkCount(Object.keys(value).length, 'Properties', { ...schema.constraints, path }, errors)
  for (const [field, child] of Object.entries(value)) {
    const isKey = schema.additional && !schema.properties?.[field]
    const before = isObject(old?.value) && Object.hasOwn(old.value, field) ? { value: old.value[field] } : undefined
    check(child, fieldNode(schema, field), { path: isKey ? `${path}.${field}` : within(field), old: before }, errors)
  }
  for (const field of schema.required ?? []) {
    if (value[field] !== undefined) continue
    errors.push({ field: fieldOf(within(field)), reason: 'FieldValueRequired', message: 'Required value' })
  }
}

/** In the words and the order of kube-openapi's validate/schema_props.go, which names no field for them. */
function checkCombined(
  value: unknown,
  { allOf, anyOf, oneOf, not }: CombinedSchemas,
  place: Place,
  errors: FieldError[],
): void {
  const { path } = place
  const faultsOf = (schema: SchemaNode): FieldError[] => {
    const faults: FieldError[] = []
    check(value, schema, place, faults)
    return faults
  }
  const must = (what: string): void => {
    errors.push({
      field: '',
      reason: 'FieldValueInvalid',
      message: `Invalid value: "": ${JSON.stringify(path)} must ${what}`,
    })
  }
  const closest = (schemas: SchemaNode[], tried: FieldError[][]): FieldError[] => {
    const known = schemas.map((schema) => seenParts(value, schema))
    return tried[known.indexOf(Math.max(...known))] ?? []
  }
  if (anyOf) {
    const tried = anyOf.map(faultsOf)
    if (tried.every((faults) => faults.length > 0)) {
      must('validate at least one schema (anyOf)')
      errors.push(...closest(anyOf, tried))
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
    if (valid === 0) errors.push(...closest(oneOf, tried))
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

/** How much of a value a schema looks at, by which the alternative is chosen that is told of; of several the first. */
function seenParts(value: unknown, schema: SchemaNode): number {
  const { items, properties = {}, additional } = schema
  const partsOf = (part: unknown, node: SchemaNode | undefined): number => (node ? seenParts(part, node) : 0)
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + partsOf(item, items), 1)
  if (!isObject(value)) return 1
  return Object.entries(value).reduce(
    (sum, [field, child]) => sum + partsOf(child, Object.hasOwn(properties, field) ? properties[field] : additional),
    1,
  )
}

function checkItems(list: unknown[], schema: SchemaNode, { path, old }: Place, errors: FieldError[]): void {
  const { items, constraints } = schema
  const before = earlierItems(old?.value, schema)
  for (const [index, item] of items ? list.entries() : []) {
    const was = before(item)
    check(item, items as SchemaNode, { path: `${path}[${index}]`, old: was && { value: was } }, errors)
  }
  if (constraints) checkCount(list.length, 'Items', { ...constraints, path }, errors)
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
      return isInteger(value)
    case 'int-or-string':
      return typeof value === 'string' || isInteger(value)
    case 'quantity':
      return (typeof value === 'string' || typeof value === 'number') && isQuantity(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
  }
}

/** What does not fit into 64 bits is a float to Go. */
function isInteger(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 63
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
  if (typeof value === 'number') return isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function invalid(path: string, shown: unknown, text: string): FieldError {
  const message = `Invalid value: ${JSON.stringify(shown)}: ${path} in body ${text}`
  return { field: fieldOf(path), reason: 'FieldValueInvalid', message }
}

/** Of a text only the first fault is told. */
function checkText(value: string, constraints: SchemaConstraints, path: string, errors: FieldError[]): void {
  const { pattern, minLength, maxLength } = constraints
  const length = [...value].length
  if (maxLength !== undefined && length > maxLength) {
    const most = maxLength < 0 ? 'value is too long' : `may not be more than ${counted(maxLength, 'byte')}`
    errors.push({ field: fieldOf(path), reason: 'FieldValueTooLong', message: `Too long: ${most}` })
  } else if (minLength !== undefined && length < minLength) {
    errors.push(invalid(path, value, `should be at least ${minLength} chars long`))
  } else if (pattern !== undefined && !matches(pattern, value)) {
    errors.push(invalid(path, value, `should match '${pattern}'`))
  }
}

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`

/** How many items or fields there are. */
function checkCount(
  size: number,
  things: 'Items' | 'Properties',
  { path, ...constraints }: SchemaConstraints & { path: string },
  errors: FieldError[],
): void {
  const [least, most] = [constraints[`min${things}`], constraints[`max${things}`]]
  if (least !== undefined && size < least) {
    errors.push(invalid(path, size, `should have at least ${least} ${things.toLowerCase()}`))
  }
  if (most === undefined || size <= most) return
  const text = most < 0 ? 'has too many items' : `must have at most ${counted(most, 'item')}`
  errors.push({ field: fieldOf(path), reason: 'FieldValueTooMany', message: `Too many: ${size}: ${text}` })
}

function checkNumber(value: number, constraints: SchemaConstraints, path: string, errors: FieldError[]): void {
  const { exclusiveMinimum, exclusiveMaximum } = constraints
  // Go compares whole numbers with whole numbers only.
  const bound = (given: number | undefined): number | undefined =>
    given !== undefined && Number.isInteger(value) ? Math.trunc(given) : given
  const [minimum, maximum, factor] = [constraints.minimum, constraints.maximum, constraints.multipleOf].map(bound)
  if (factor !== undefined && factor <= 0) {
    const message = `Invalid value: ${factor}: factor MultipleOf declared for ${path} must be positive: ${factor}`
    errors.push({ field: fieldOf(path), reason: 'FieldValueInvalid', message })
  } else if (factor !== undefined && !isMultiple(value, factor)) {
    errors.push(invalid(path, value, `should be a multiple of ${factor}`))
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    errors.push(invalid(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`))
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    errors.push(invalid(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`))
  }
}

/** With the tolerance that go-openapi's IsFloat64AJSONInteger has. */
function isMultiple(value: number, factor: number): boolean {
  const times = factor < 1 ? (1 / factor) * value : value / factor
  const whole = Math.trunc(times)
  return times === whole || Math.abs(times - whole) / (Math.abs(times) + Math.abs(whole)) < 1e-9
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    // RE2 syntax that JavaScript does not have: the CRD's author can't be blamed by refusing objects.
    return true
  }
}
