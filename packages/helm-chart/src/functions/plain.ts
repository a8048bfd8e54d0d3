import {
  formatValue,
  GoComplex,
  GoInteger,
  isMap,
  isNilCollection,
  isTemplateObject,
  spend,
  type TemplateObject,
  typeOf,
  underlyingOf,
} from '@slipway/go-template'
import { toBase64 } from '../encoding.ts'
import { emptyValues } from '../values/value.ts'

const serialForms = new WeakMap<TemplateObject, () => unknown>()

/** Says what a struct looks like to toYaml and toJson. */
export function withSerialForm(object: TemplateObject, form: () => unknown): TemplateObject {
  serialForms.set(object, form)
  return object
}

/** The text that an object is in JSON, undefined when it is something else there. */
export function textForm(object: TemplateObject): string | undefined {
  const form = serialForms.get(object)?.()
  return typeof form === 'string' ? form : undefined
}

const structs = new WeakSet<object>()

/** Says that these are the fields of a struct, which encoding/json writes in their order and not by name. */
export function inStructOrder<T extends object>(fields: T): T {
  structs.add(fields)
  return fields
}

/** Whether inStructOrder was said of the object, or of the one that plain made it from. */
export function isInStructOrder(fields: object): boolean {
  return structs.has(fields)
}

/** What the copy of a value takes, roughly, and the text that is made of it. */
export const bytesPerValue = 64

/** What a character of YAML, JSON or TOML may become part of. */
export const bytesPerCharacterRead = 16

/** From so many levels on, Go looks for cycles; data that is no cycle is not so deep. */
const maxDepth = 1000

/** A value as encoding/json sees it: bytes as base64, structs as maps, integers as bigint. Throws an Error for a cycle. */
export function plain(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value === undefined ? null : plainScalar(value)
  spend(bytesPerValue)
  if (isNilCollection(value)) return null
  if (depth > maxDepth) throw new Error(`json: unsupported value: encountered a cycle via ${typeOf(value)}`)
  if (Array.isArray(value)) {
    spend(value.length * bytesPerValue)
    return value.map((item) => plain(item, depth + 1))
  }
  if (value instanceof Uint8Array) return toBase64(value)
  if (value instanceof GoInteger) return value.value
  if (value instanceof GoComplex) throw new Error('json: unsupported type: complex128')
  if (isTemplateObject(value)) {
    const form = serialForms.get(value)
    return plain(form ? form() : underlyingOrEmpty(value), depth + 1)
  }
  const table = isInStructOrder(value) ? inStructOrder(emptyValues()) : emptyValues()
  if (!isMap(value)) return table
  for (const key of Object.keys(value)) {
    spend(key.length)
    table[key] = plain(value[key], depth + 1)
  }
  return table
}

function underlyingOrEmpty(value: TemplateObject): unknown {
  const inner = underlyingOf(value)
  return inner === value ? emptyValues() : inner
}

function plainScalar(value: unknown): unknown {
  if (typeof value === 'string') spend(value.length)
  if (typeof value === 'function') throw new Error('json: unsupported type: func()')
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`json: unsupported value: ${formatValue(value)}`)
  }
  return value
}
