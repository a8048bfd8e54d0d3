import { GoInteger, isMap, isTemplateObject, typeOf, underlyingOf } from '@slipway/go-template'

/** Go's reflect.DeepEqual: also the types must be the same, so that int 1 and float 1 differ. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || ((a ?? null) === null && (b ?? null) === null)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (typeOf(a) !== typeOf(b)) return false
  if (a instanceof GoInteger) return a.value === (b as GoInteger).value
  if (isTemplateObject(a)) {
    const inner = underlyingOf(a)
    return inner !== a && deepEqual(inner, underlyingOf(b))
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => deepEqual(item, b[i]))
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((byte, i) => byte === b[i])
  return isMap(a) && isMap(b) && equalMaps(a, b)
}

function equalMaps(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]))
}
