import type { FieldError } from '../../api/status.ts'
import { duplicate, tooMany } from '../field-errors.ts'
import { repeats } from '../repeats.ts'

/** What is wrong with each item, and that there are too many. */
export function listErrors<T>(
  items: readonly T[],
  at: string,
  most: number,
  check: (item: T, at: string) => FieldError[],
): FieldError[] {
  const faults = items.flatMap((item, index) => check(item, `${at}[${index}]`))
  return items.length > most ? [...faults, tooMany(at, items.length, most)] : faults
}

/** The same of items that differ in a key: the item itself, unless `of` names a field. */
export function setErrors<T>(
  items: readonly T[],
  at: string,
  most: number,
  { check, key, of }: { check: (item: T, at: string) => FieldError[]; key: (item: T) => string; of?: string },
): FieldError[] {
  const field = of === undefined ? '' : `.${of}`
  const repeated = repeats(items, key)
  return [
    ...listErrors(items, at, most, check),
    ...items.flatMap((item, index) => (repeated[index] ? [duplicate(`${at}[${index}]${field}`, key(item))] : [])),
  ]
}
