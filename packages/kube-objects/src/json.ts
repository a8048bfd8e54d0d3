/** An object with unknown fields. */
export type JsonObject = Record<string, unknown>

/** Whether a value is a JSON object (no array, no null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether an object has any field. */
export function hasFields(value: JsonObject): boolean {
  for (const _field in value) return true
  return false
}

/** Whether two JSON values are the same; the order of keys does not count. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key], b[key]))
  )
}

/** What equal values have in common and others have not, where a Map or a Set is to compare as {@link equalJson} does. */
export function identityOf(value: unknown): unknown {
  if (typeof value === 'string') return `"${value}`
  return typeof value === 'object' && value !== null ? JSON.stringify(withSortedKeys(value)) : value
}

/** Sets a field, also one named `__proto__`, which plain assignment would not. */
export function setField(object: JsonObject, field: string, value: unknown): void {
  if (field === '__proto__') {
    Object.defineProperty(object, field, { value, enumerable: true, configurable: true, writable: true })
  } else object[field] = value
}

/** A value without the fields of objects that are null, at any depth below objects; itself, when there are none. */
export function withoutNulls<T>(value: T): T {
  return hasNulls(value) ? strippedOfNulls(value) : value
}

function hasNulls(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasNulls)
  if (!isObject(value)) return false
  for (const field in value) if (value[field] === null || hasNulls(value[field])) return true
  return false
}

function strippedOfNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map(strippedOfNulls) as T
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const [field, child] of Object.entries(value))
    if (child !== null) setField(result, field, strippedOfNulls(child))
  return result as T
}

/** A value whose objects have their keys in order, at any depth, as Go writes maps. */
export function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys)
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const field of Object.keys(value).toSorted()) setField(result, field, withSortedKeys(value[field]))
  return result
}
