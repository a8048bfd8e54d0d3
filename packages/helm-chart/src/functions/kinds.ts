import { GoInteger, isMap, isTemplateObject, underlyingOf } from '@slipway/go-template'
import type { Values } from '../values/value.ts'
import { nilDereference } from './table.ts'

/** Go's reflect.Kind of a value, by name. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'invalid'
  const inner = underlyingOf(value)
  if (isTemplateObject(inner)) return inner.typeName.startsWith('*') ? 'ptr' : 'struct'
  if (Array.isArray(inner) || inner instanceof Uint8Array) return 'slice'
  if (inner instanceof GoInteger) return inner.typeName
  switch (typeof inner) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float64'
    case 'bigint':
      return 'int'
    case 'function':
      return 'func'
    default:
      return 'map'
  }
}

/** The items of a list of any type; undefined for what is no list. Throws Go's panic on nil. */
export function itemsOf(value: unknown): unknown[] | undefined {
  if (value === null || value === undefined) throw new Error(nilDereference)
  const inner = underlyingOf(value)
  if (Array.isArray(inner)) return inner
  if (inner instanceof Uint8Array) return Array.from(inner, (byte) => new GoInteger('uint8', BigInt(byte)))
  return undefined
}

/** The items of a list, or Sprig's error `Cannot <verb> type <kind>`. */
export function listOf(value: unknown, complaint: string): unknown[] {
  const items = itemsOf(value)
  if (!items) throw new Error(`${complaint} ${kindOf(value)}`)
  return items
}

/** The table behind a map argument, which the template engine has checked. A nil map is an empty one. */
export function tableOf(value: unknown): Values {
  const inner = underlyingOf(value)
  return isMap(inner) ? inner : (Object.create(null) as Values)
}

/** Sprig's `empty`: nil, false, zero and whatever has no items. */
export function isEmpty(value: unknown): boolean {
  const inner = underlyingOf(value)
  switch (typeof inner) {
    case 'undefined':
      return true
    case 'string':
      return inner === ''
    case 'boolean':
      return !inner
    case 'number':
      return inner === 0
    case 'bigint':
      return inner === 0n
    case 'object':
      return inner === null || isEmptyObject(inner)
    default:
      return false
  }
}

function isEmptyObject(value: object): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0
  if (value instanceof GoInteger) return value.value === 0n
  if (isTemplateObject(value)) return false
  for (const key in value) if (Object.hasOwn(value, key)) return false
  return true
}
