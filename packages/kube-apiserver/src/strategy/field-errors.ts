import type { FieldError } from '../api/status.ts'

// The words of apimachinery's field package, which clients and users know.

/** field.Required, as Kubernetes words it. */
export function required(field: string, why = ''): FieldError {
  return { reason: 'FieldValueRequired', field, message: why ? `Required value: ${why}` : 'Required value' }
}

/** field.Invalid; objects and lists are shown as JSON, as Kubernetes does. */
export function invalidValue(field: string, value: unknown, why: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value ?? null)}: ${why}` }
}

/** field.Duplicate. */
export function duplicateValue(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${JSON.stringify(value)}` }
}

/** field.Forbidden. */
export function forbiddenField(field: string, why: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` }
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
