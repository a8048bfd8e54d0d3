import { GoInteger, isMap, isTemplateObject, spend, typeOf, underlyingOf } from '@slipway/go-template'
import { checkDepth } from './depth.ts'

/** What the work of comparing two collections is worth. */
const bytesPerComparison = 64

/** Texts are compared much faster than they are made. */
const longText = 1000
const charactersPerByte = 16

/** Go's reflect.DeepEqual: also the types must be the same, so that int 1 and float 1 differ. */
export function deepEqual(a: unknown, b: unknown, depth = 0): boolean {
  if (typeof a === 'string' && a.length > longText) spend(a.length / charactersPerByte)
  if (Object.is(a, b) || ((a ?? null) === null && (b ?? null) === null)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  spend(bytesPerComparison)
  checkDepth(depth)
  if (typeOf(a) !== typeOf(b)) return false
  if (a instanceof GoInteger) return a.value === (b as GoInteger).value
  if (isTemplateObject(a)) {
    const inner = underlyingOf(a)
    return inner !== a && deepEqual(inner, underlyingOf(b), depth + 1)
  }
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => deepEqual(item, b[i], depth + 1))
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, i) => byte === b[i])
  return isMap(a) && isMap(b) && equalMaps(a, b, depth + 1)
}

function equalMaps(a: Record<string, unknown>, b: Record<string, unknown>, depth: number): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key], depth))
}
