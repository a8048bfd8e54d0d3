import { sortedKeys } from '@slipway/go-template'
import { formatFloat } from '@slipway/go-yaml'
import { rfc3339 } from '../time/layout.ts'
import { parseTime } from '../time/parse.ts'
import { isTable, type Values } from '../values/value.ts'

/** The type of a Go value that JSON is decoded into. */
export type GoType =
  | 'string'
  | 'bool'
  | 'any'
  | 'time'
  | { readonly list: GoType }
  | { readonly map: GoType }
  | StructType

export interface StructType {
  /** As messages name it: `v2.Dependency`; for a struct without a name, the whole type. */
  readonly struct: string
  readonly fields: Readonly<Record<string, GoType>>
  /** Lists hold pointers to it, which may be nil. */
  readonly isPointer?: true
}

/**
 * YAML data as sigs.k8s.io/yaml decodes it into a struct: field names without regard to case, numbers and bools as text
 * where the field is a string, null for what is left out. The numbers of the data are bigint where they are integers.
 * Throws an Error with Go's text of the first fault.
 */
export function decodeStruct(source: unknown, type: StructType): Values {
  const decoder = new Decoder()
  const decoded = decoder.decode(source, type, { struct: '', path: [] })
  if (decoder.fault !== undefined) throw new Error(`error unmarshaling JSON: while decoding JSON: ${decoder.fault}`)
  return (decoded ?? {}) as Values
}

/** The first field that the type does not have, in the order in which encoding/json meets them; undefined when there is none. */
export function unknownField(source: unknown, type: GoType): string | undefined {
  if (typeof type === 'string') return undefined
  if (Array.isArray(source)) {
    return 'list' in type ? firstOf(source, (item) => unknownField(item, type.list)) : undefined
  }
  if (!isTable(source) || 'list' in type) return undefined
  return firstOf(sortedKeys(source), (key) => {
    if ('map' in type) return unknownField(source[key], type.map)
    const field = Object.keys(type.fields).find((name) => name.toLowerCase() === key.toLowerCase())
    return field === undefined ? key : unknownField(source[key], type.fields[field] as GoType)
  })
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

interface Place {
  /** The name of the innermost struct. */
  readonly struct: string
  readonly path: readonly string[]
}

class Decoder {
  /** The first; encoding/json goes on after it. */
  fault: string | undefined

  /** Undefined for null. */
  decode(value: unknown, type: GoType, place: Place): unknown {
    if (value === null || value === undefined) return undefined
    if (type === 'any') return untyped(value)
    if (type === 'time') return this.time(value)
    if (type === 'bool') return typeof value === 'boolean' ? value : this.mismatch(value, type, place)
    if (type === 'string') return typeof value === 'object' ? this.mismatch(value, type, place) : scalarText(value)
    if ('list' in type) return this.list(value, type.list, place)
    if (!isTable(value)) return this.mismatch(value, type, place)
    return 'map' in type ? this.map(value, type.map, place) : this.struct(value, type, place)
  }

  private list(value: unknown, of: GoType, place: Place): unknown {
    if (!Array.isArray(value)) return this.mismatch(value, { list: of }, place)
    return value.map((item) => this.decode(item, of, place) ?? zeroOf(of))
  }

  private map(value: Values, of: GoType, place: Place): Values {
    const entries = sortedKeys(value).map((key) => [key, this.decode(value[key], of, place) ?? zeroOf(of)])
    return Object.fromEntries(entries)
  }

  private struct(value: Values, { struct, fields }: StructType, { path }: Place): Values {
    const target: Values = {}
    for (const key of sortedKeys(value)) {
      const name = Object.hasOwn(fields, key) ? key : Object.keys(fields).find((field) => isSameName(field, key))
      if (name === undefined) continue
      const place = { struct: simpleName(struct), path: [...path, name] }
      const type = fields[name] as GoType
      const decoded = this.decode(value[key], type, place)
      // Null empties lists and maps, and leaves everything else as it is.
      if (decoded !== undefined || (typeof type === 'object' && !('struct' in type))) target[name] = decoded
    }
    return target
  }

  private time(value: unknown): unknown {
    try {
      if (typeof value !== 'string') throw new Error('Time.UnmarshalJSON: input is not a JSON string')
      parseTime(rfc3339, value, 'UTC')
    } catch (error) {
      this.fault ??= (error as Error).message
    }
    return value
  }

  private mismatch(value: unknown, type: GoType, { struct, path }: Place): undefined {
    const target = path.length === 0 ? 'value' : `struct field ${struct}.${path.join('.')}`
    this.fault ??= `json: cannot unmarshal ${jsonKind(value)} into Go ${target} of type ${goName(type)}`
    return undefined
  }
}

function isSameName(field: string, key: string): boolean {
  return field.length === key.length && field.toLowerCase() === key.toLowerCase()
}

function simpleName(struct: string): string {
  return struct.startsWith('struct ') ? '' : struct.slice(struct.lastIndexOf('.') + 1)
}

function goName(type: GoType): string {
  if (type === 'any') return 'interface {}'
  if (type === 'time') return 'time.Time'
  if (typeof type === 'string') return type
  if ('map' in type) return `map[string]${goName(type.map)}`
  if ('struct' in type) return type.struct
  const isPointer = typeof type.list === 'object' && 'struct' in type.list && type.list.isPointer
  return `[]${isPointer ? '*' : ''}${goName(type.list)}`
}

function zeroOf(type: GoType): unknown {
  return type === 'string' ? '' : type === 'bool' ? false : null
}

/** What sigs.k8s.io/yaml says of data that is no Go value of a type. */
export function mismatchText(value: unknown, goType: string): string {
  return `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(value)} into Go value of type ${goType}`
}

/** What JSON calls a value. */
function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return { string: 'string', number: 'number', bigint: 'number', boolean: 'bool' }[typeof value as string] ?? 'object'
}

/** A scalar as sigs.k8s.io/yaml writes it into a string field: floats in Go's %g. */
function scalarText(value: unknown): string {
  return typeof value === 'number' ? formatFloat(value) : String(value)
}

/** The data as JSON has it, where numbers are not told apart. */
function untyped(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(untyped)
  if (!isTable(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, untyped(item)]))
}
