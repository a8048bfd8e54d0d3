import type { FieldError } from '../api/status.ts'

// The words of apimachinery's field package, which clients and users know.

/** field.Required, as Kubernetes words it. */
export function required(field: string, why = ''): FieldError {
  return { reason: 'FieldValueRequired', field, message: why ? `Required value: ${why}` : 'Required value' }
}

const ESCAPED: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' }

/** A value as Kubernetes shows it; objects and lists are JSON as Go writes it. */
function shown(value: unknown): string {
  const text = JSON.stringify(value ?? null)
  return typeof value === 'object' ? escaped(text) : text
}

/** JSON as Go writes it, which may stand in a page of HTML. */
export const escaped = (json: string): string => json.replaceAll(/[<>&]/g, (character) => ESCAPED[character] ?? '')

/** field.Invalid. */
export function invalidValue(field: string, value: unknown, why: string): FieldError {
  return {
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${shown(value)}${why && `: ${why}`}`,
  }
}

/** field.Forbidden. */
export function forbiddenField(field: string, why: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` }
}

/** field.InternalError. */
export function internalFault(field: string, why: string): FieldError {
  return { reason: 'InternalError', field, message: `Internal error: ${why}` }
}

/** field.NotSupported. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((one) => JSON.stringify(one)).join(', ')
  return {
    reason: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
  }
}

/** field.Duplicate. */
export function duplicate(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${JSON.stringify(value)}` }
}

/** field.NotFound. */
export function notFoundValue(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueNotFound', field, message: `Not found: ${JSON.stringify(value ?? '')}` }
}

/** field.TooLong. */
export function tooLong(field: string, bytes: number): FieldError {
  return {
    reason: 'FieldValueTooLong',
    field,
    message: `Too long: may not be more than ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`,
  }
}

/** field.TooMany. */
export function tooMany(field: string, count: number, most: number): FieldError {
  const message = `Too many: ${count}: must have at most ${most} ${most === 1 ? 'item' : 'items'}`
  return { reason: 'FieldValueTooMany', field, message }
}
