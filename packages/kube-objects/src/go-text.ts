import { isObject, withSortedKeys } from './json.ts'

/** A value as fmt's %v shows it. */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isObject(value)) return value === null ? '<nil>' : String(value)
  const fields = Object.keys(value)
    .toSorted()
    .map((field) => `${field}:${goText(value[field])}`)
  return `map[${fields.join(' ')}]`
}

/** A value as encoding/json writes maps: keys in order; <, >, & and the line separators escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(withSortedKeys(value)).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
