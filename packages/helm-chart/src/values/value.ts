/** A table of values: an object without prototype, so that `__proto__` and `constructor` are plain keys. */
export type Values = Record<string, unknown>

/** An empty table. */
export function emptyValues(): Values {
  return Object.create(null) as Values
}

/** Whether a value is a table, as opposed to a scalar or list. */
export function isTable(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

/** A copy that shares no table or list with the original; plain JSON objects become tables. */
export function copyValue<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyValue) as T
  if (!isPlainTable(value)) return value
  const copy = emptyValues()
  for (const key of Object.keys(value)) copy[key] = copyValue(value[key])
  return copy as T
}

function isPlainTable(value: unknown): value is Values {
  if (!isTable(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** Whether the table has this key, null or not. */
export function hasKey(table: Values, key: string): boolean {
  return Object.hasOwn(table, key)
}

/** The table at a dotted path, undefined when there is none. */
export function tableAt(values: Values, path: string): Values | undefined {
  let table: unknown = values
  for (const key of path.split('.')) {
    if (!isTable(table) || !hasKey(table, key)) return undefined
    table = table[key]
  }
  return isTable(table) ? table : undefined
}

/** The scalar or list at a dotted path; undefined when it is absent or a table. */
export function scalarAt(values: Values, path: string): unknown {
  const at = path.lastIndexOf('.')
  const table = at < 0 ? values : tableAt(values, path.slice(0, at))
  const key = path.slice(at + 1)
  if (!table || !hasKey(table, key) || isTable(table[key])) return undefined
  return table[key]
}

/** Both tables as one; the second wins, and tables inside are merged likewise. */
export function mergeValues(base: Values, over: Values): Values {
  const merged = Object.assign(emptyValues(), base)
  for (const key in over) {
    const value = over[key]
    const existing = merged[key]
    merged[key] = isTable(value) && isTable(existing) ? mergeValues(existing, value) : value
  }
  return merged
}

/** Plain JSON data (objects with a prototype) as values. */
export function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson)
  if (!isTable(value)) return value
  const table = emptyValues()
  for (const key of Object.keys(value)) table[key] = fromJson(value[key])
  return table
}
