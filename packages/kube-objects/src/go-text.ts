import { isObject } from './json.ts'

/** A value as fmt's %v shows it. */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isObject(value)) return value === null ? '<nil>' : String(value)
  const fields = Object.keys(value)
    .toSorted()
    .map((field) => `${field}:${goText(value[field])}`)
  return `map[${fields.join(' ')}]`
}
