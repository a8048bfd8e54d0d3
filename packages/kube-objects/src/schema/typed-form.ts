import { isObject, type JsonObject, setField } from '../json.ts'
import { canonicalQuantity } from '../quantity.ts'
import type { SchemaNode } from './node.ts'

/** A value as Kubernetes' Go types hold it. */
export interface Typed<T> {
  value: T
  /** Fields that the types do not have: `spec.containers[0].foo`. */
  unknown: string[]
  /** In the words of Go's decoder, the first thing that it could not read; the value is of no use then. */
  fault?: string
  /** The same in the words of Kubernetes' own conversion of maps to types, which reads what a strategic merge patch made. */
  conversionFault?: string
}

/**
 * What is left of a value of a built-in kind when Go has read it: unknown fields, nulls and zeros that Go would not write are
 * gone; quantities and times have their canonical form. The argument is not changed.
 */
export function typedForm<T>(value: T, schema: SchemaNode): Typed<T> {
  const reader = new Reader()
  const read = reader.read(value, schema) as T
  const { unknown, fault, conversionFault } = reader
  const faults = { ...(fault !== undefined && { fault }), ...(conversionFault !== undefined && { conversionFault }) }
  return { value: read, unknown, ...faults }
}

/** Lists of which Kubernetes' defaults tell an empty one from none. */
const TOLD_APART = new Set(['autoscaling/v2.HPAScalingRules.policies'])

class Reader {
  readonly unknown: string[] = []
  fault: string | undefined
  conversionFault: string | undefined
  /** Where the reader is: fields of structs, keys of maps (`[key]`) and indexes. */
  readonly #path: string[] = []
  #struct: SchemaNode | undefined

  read(value: unknown, schema: SchemaNode): unknown {
    switch (schema.type) {
      case 'any':
        return schema.objectForm ? this.#readApart(value, schema, schema.objectForm) : value
      case 'object':
        if (!isObject(value)) return this.#wrong(value, schema)
        if (schema.properties) return this.#readStruct(value, schema)
        return schema.additional ? this.#readMap(value, schema.additional) : value
      case 'array':
        if (!Array.isArray(value)) return this.#wrong(value, schema)
        return schema.items ? this.#readList(value, schema.items) : value
      case 'string':
        return typeof value === 'string' ? this.#readString(value, schema) : this.#wrong(value, schema)
      case 'integer':
        return isInteger(value, schema.format) ? value : this.#wrong(value, schema)
      case 'number':
      case 'boolean':
        return typeof value === schema.type ? value : this.#wrong(value, schema)
      case 'int-or-string':
        return typeof value === 'string' || isInteger(value, 'int32') ? value : this.#wrong(value, schema)
      case 'quantity':
        return this.#readQuantity(value)
    }
  }

  /** A type that reads itself says nothing of fields that it does not know. */
  #readApart(value: unknown, schema: SchemaNode, form: SchemaNode): unknown {
    if (schema.typeName?.endsWith('OrBool') && typeof value !== 'boolean' && !isObject(value)) {
      this.fault ??= 'boolean or JSON schema expected'
    }
    const reader = new Reader()
    const readOne = (one: unknown): unknown => (isObject(one) ? reader.read(one, form) : one)
    const read = Array.isArray(value) ? value.map(readOne) : readOne(value)
    if (reader.fault !== undefined) this.fault ??= reader.fault
    return Array.isArray(read) && read.length === 0 ? null : read
  }

  #readStruct(value: JsonObject, schema: SchemaNode): JsonObject {
    const outer = this.#struct
    if (schema.typeName) this.#struct = schema
    const result: JsonObject = {}
    for (const field in value) {
      const node = schema.properties && Object.hasOwn(schema.properties, field) ? schema.properties[field] : undefined
      this.#path.push(field)
      if (!node) this.unknown.push(this.#place())
      else if (value[field] !== null) {
        const read = nilled(this.read(value[field], node), node)
        if (!node.omitEmpty || !isEmpty(read) || TOLD_APART.has(`${schema.typeName}.${field}`))
          setField(result, field, read)
      }
      this.#path.pop()
    }
    this.#struct = outer
    return result
  }

  #readMap(value: JsonObject, additional: SchemaNode): JsonObject {
    const result: JsonObject = {}
    for (const key in value) {
      this.#path.push(`[${key}]`)
      setField(result, key, value[key] === null ? zeroOf(additional) : this.read(value[key], additional))
      this.#path.pop()
    }
    return result
  }

  #readList(value: unknown[], items: SchemaNode): unknown[] {
    return value.map((item, index) => {
      this.#path.push(`[${index}]`)
      const read = item === null ? zeroOf(items) : this.read(item, items)
      this.#path.pop()
      return read
    })
  }

  #readString(value: string, { format, typeName }: SchemaNode): string {
    if (format === 'date-time') return this.#readTime(value, typeName === 'meta/v1.MicroTime')
    if (format === 'byte') return this.#readBytes(value)
    return value
  }

  /** metav1.Time is to the second, metav1.MicroTime has six digits and is told with them; both are in UTC. */
  #readTime(value: string, micro: boolean): string {
    if (micro) this.fault ??= microFault(value)
    const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(value)
    const time = Date.parse(value)
    if (!parts || Number.isNaN(time)) {
      this.fault ??= `parsing time ${JSON.stringify(value)} as "${micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00'}": cannot parse ${JSON.stringify(value)} as "2006"`
      return value
    }
    const seconds = parts[3] === 'Z' ? parts[1] : new Date(time).toISOString().slice(0, 19)
    return micro ? `${seconds}.${(parts[2] ?? '').slice(0, 6).padEnd(6, '0')}Z` : `${seconds}Z`
  }

  #readBytes(value: string): string {
    const text = /[\r\n]/.test(value) ? value.replaceAll(/[\r\n]/g, '') : value
    if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return text
    const good = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0
    this.fault ??= `illegal base64 data at input byte ${good === text.length ? Math.floor(good / 4) * 4 : good}`
    return value
  }

  #readQuantity(value: unknown): unknown {
    if (typeof value === 'string' || typeof value === 'number') {
      try {
        return canonicalQuantity(typeof value === 'string' ? value.trim() : value)
      } catch (error) {
        this.fault ??= (error as Error).message
        return value
      }
    }
    this.fault ??= "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    return value
  }

  #wrong(value: unknown, schema: SchemaNode): unknown {
    const fields = this.#path.filter((part) => !part.startsWith('['))
    const struct = this.#struct?.typeName?.split('.').at(-1) ?? ''
    const where = fields.length > 0 ? `Go struct field ${struct}.${fields.join('.')}` : 'Go value'
    if (this.fault === undefined) this.conversionFault = conversionFault(value, schema)
    this.fault ??= `json: cannot unmarshal ${given(value, schema)} into ${where} of type ${goType(schema)}`
    return value
  }

  #place(): string {
    return this.#path.map((part, index) => (index > 0 && !part.startsWith('[') ? `.${part}` : part)).join('')
  }
}

/** Of a list that is always written Go tells none from an empty one no more, once it has been through protobuf. */
function nilled(read: unknown, { zero }: SchemaNode): unknown {
  return zero === null && Array.isArray(read) && read.length === 0 ? null : read
}

/** What Go finds of a time that must have six digits of its second, once the second is read. */
function microFault(value: string): string | undefined {
  const [, rest] = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(.*)$/s.exec(value) ?? []
  if (rest === undefined || /^\.\d{6}(?:Z|[+-]\d\d:\d\d)$/.test(rest)) return undefined
  const [left, wanted] = /^\.\d{6}/.test(rest) ? [rest.slice(7), 'Z07:00'] : [rest, '.000000']
  const layout = '2006-01-02T15:04:05.000000Z07:00'
  return `parsing time ${JSON.stringify(value)} as "${layout}": cannot parse ${JSON.stringify(left)} as "${wanted}"`
}

/** A number that is no integer of its size is named; anything else by its kind. */
function given(value: unknown, { type }: SchemaNode): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'number' && type === 'integer' ? `number ${value}` : typeof value
}

/** runtime/converter.go */
function conversionFault(value: unknown, schema: SchemaNode): string | undefined {
  const kind = goKind(value)
  switch (schema.type) {
    case 'object':
      return schema.properties ? `cannot restore struct from: ${kind}` : `cannot restore map from ${kind}`
    case 'array':
      return `cannot restore slice from ${kind}`
    case 'string':
      if (schema.format === 'date-time')
        return `json: cannot unmarshal ${given(value, schema)} into Go value of type string`
      if (schema.format === 'byte') return `cannot restore slice from ${kind}`
      // A whole number is a character to Go, which JSON does not want.
      return kind === 'int64' ? 'cannot convert int64 to string' : 'unrecognized type: string'
    case 'integer':
      return kind === 'float64' ? `cannot convert float64 to ${goType(schema)}` : `unrecognized type: ${goType(schema)}`
    case 'number':
    case 'boolean':
      return `unrecognized type: ${goType(schema)}`
    default:
      return undefined
  }
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map'
}

function goType(schema: SchemaNode): string {
  switch (schema.type) {
    case 'integer':
      return schema.format ?? 'int32'
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float64'
    case 'int-or-string':
      return 'int32'
    case 'array':
      return `[]${goType(schema.items ?? { type: 'any' })}`
    case 'object':
      if (schema.typeName) return schema.typeName.split('/').at(-1) ?? ''
      return schema.additional ? `map[string]${goType(schema.additional)}` : 'map[string]interface {}'
    case 'string':
      if (schema.format === 'byte') return '[]uint8'
      return (schema.format ? undefined : schema.typeName?.split('/').at(-1)) ?? 'string'
    default:
      return schema.type
  }
}

function isInteger(value: unknown, format: string | undefined): boolean {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false
  return format === 'int64' ? Math.abs(value) <= 2 ** 63 : value >= -(2 ** 31) && value < 2 ** 31
}

/** What Go makes of null in a list or map. */
function zeroOf({ type }: SchemaNode): unknown {
  const zeros = { string: '', integer: 0, number: 0, boolean: false, object: {}, quantity: '0', 'int-or-string': 0 }
  return type === 'array' || type === 'any' ? null : structuredClone(zeros[type])
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  if (!isObject(value)) return false
  for (const _ in value) return false
  return true
}
