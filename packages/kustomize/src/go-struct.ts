import { isObject, type JsonObject } from '@slipway/kube-objects'
import type { KustomizeError } from './fault.ts'

/** A Go type, as far as reading JSON asks for it. */
export type GoType = 'string' | 'bool' | 'int64' | 'any' | GoList | GoMap | GoStruct

interface GoList {
  readonly kind: 'list'
  readonly items: GoType
}

interface GoMap {
  readonly kind: 'map'
  readonly values: GoType
}

export interface GoStruct {
  readonly kind: 'struct'
  readonly name: string
  /** Fields by their JSON names; those of an embedded struct with its path before it, as Go's messages have it. */
  readonly fields: Readonly<Record<string, { readonly type: GoType; readonly path: string }>>
}

export const list = (items: GoType): GoList => ({ kind: 'list', items })
export const map = (values: GoType): GoMap => ({ kind: 'map', values })

/** A struct; `embedded` are structs whose fields are its own, by the name that they have in it. */
export function struct(name: string, own: Record<string, GoType>, embedded: Record<string, GoStruct> = {}): GoStruct {
  const fields: Record<string, { type: GoType; path: string }> = {}
  for (const [inner, { fields: theirs }] of Object.entries(embedded)) {
    for (const [field, { type, path }] of Object.entries(theirs)) fields[field] = { type, path: `${inner}.${path}` }
  }
  for (const [field, type] of Object.entries(own)) fields[field] = { type, path: field }
  return { kind: 'struct', name, fields }
}

/** Says where the fault is, by the fields of the document. */
export type FaultAt = (path: readonly (string | number)[], message: string, told: string) => KustomizeError

/**
 * Reads JSON data as Go's decoder reads it into a struct that allows no unknown fields (unless it is open): names in any case, nulls left out, the
 * first fault in the order of sorted keys.
 */
export function decodeStruct<T>(data: unknown, type: GoStruct, faultAt: FaultAt, { isOpen = false } = {}): T {
  return new Decoder(type, faultAt, isOpen).decode(data, type, []) as T
}

type Path = readonly (string | number)[]

class Decoder {
  readonly #root: GoStruct
  readonly #faultAt: FaultAt
  readonly #isOpen: boolean
  /** The struct and the fields that Go's messages name. */
  #struct: string
  #fields: string[] = []

  constructor(root: GoStruct, faultAt: FaultAt, isOpen: boolean) {
    this.#isOpen = isOpen
    this.#root = root
    this.#struct = root.name
    this.#faultAt = faultAt
  }

  decode(data: unknown, type: GoType, path: Path): unknown {
    if (data === null || data === undefined) return undefined
    if (typeof type === 'string') return this.#scalar(data, type, path)
    if (type.kind === 'list') {
      if (!Array.isArray(data)) throw this.#mismatch(data, type, path)
      return data.map((item, index) => this.decode(item, type.items, [...path, index]) ?? zeroOf(type.items))
    }
    if (!isObject(data)) throw this.#mismatch(data, type, path)
    return type.kind === 'map' ? this.#map(data, type, path) : this.#structOf(data, type, path)
  }

  #scalar(data: unknown, type: string, path: Path): unknown {
    if (type === 'any') return data
    const isRight = type === 'bool' ? typeof data === 'boolean' : typeof data === (type === 'int64' ? 'number' : type)
    if (!isRight || (type === 'int64' && !Number.isInteger(data))) throw this.#mismatch(data, type as GoType, path)
    return data
  }

  #map(data: JsonObject, { values }: GoMap, path: Path): JsonObject {
    const result: JsonObject = Object.create(null)
    for (const key of Object.keys(data).toSorted()) {
      result[key] = this.decode(data[key], values, [...path, key]) ?? zeroOf(values)
    }
    return result
  }

  #structOf(data: JsonObject, type: GoStruct, path: Path): JsonObject {
    const result: JsonObject = {}
    for (const key of Object.keys(data).toSorted()) {
      const name = Object.hasOwn(type.fields, key)
        ? key
        : Object.keys(type.fields).find((field) => field.toLowerCase() === key.toLowerCase())
      const field = name === undefined ? undefined : type.fields[name]
      if (name === undefined || !field) {
        if (this.#isOpen) continue
        throw this.#faultAt([...path, key], `unknown field "${key}"`, `json: unknown field "${key}"`)
      }
      const before = this.#struct
      this.#struct = type.name
      this.#fields.push(field.path)
      const value = this.decode(data[key], field.type, [...path, key])
      this.#fields.pop()
      this.#struct = before
      if (value !== undefined) result[name] = value
    }
    return result
  }

  #mismatch(data: unknown, type: GoType, path: Path): KustomizeError {
    const found = Array.isArray(data) ? 'array' : isObject(data) ? 'object' : foundScalar(data, type)
    const field = this.#fields.join('.')
    const where = field ? `Go struct field ${this.#struct}.${field}` : 'Go value'
    const what = field ? typeName(type) : `types.${this.#root.name}`
    const name = path.filter((part) => typeof part === 'string').join('.')
    const message = name ? `field "${name}" must be ${described(type)}` : 'kustomization file is no map'
    return this.#faultAt(path, message, `json: cannot unmarshal ${found} into ${where} of type ${what}`)
  }
}

function foundScalar(data: unknown, type: GoType): string {
  if (typeof data === 'boolean') return 'bool'
  if (typeof data !== 'number') return 'string'
  return type === 'int64' ? `number ${data}` : 'number'
}

function zeroOf(type: GoType): unknown {
  if (type === 'string') return ''
  if (type === 'bool') return false
  if (type === 'int64') return 0
  return typeof type === 'object' && type.kind === 'struct' ? {} : undefined
}

function typeName(type: GoType): string {
  if (typeof type === 'string') return type === 'any' ? 'interface {}' : type
  if (type.kind === 'list') return `[]${typeName(type.items)}`
  return type.kind === 'map' ? `map[string]${typeName(type.values)}` : `types.${type.name}`
}

function described(type: GoType): string {
  if (type === 'string') return 'a string'
  if (type === 'bool') return 'true or false'
  if (typeof type === 'string') return 'a whole number'
  return type.kind === 'list' ? 'a list' : 'a map'
}
