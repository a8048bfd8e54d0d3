import {
  equalJson,
  fillDefaults,
  type KubeObject,
  type FieldError as SchemaError,
  validate,
} from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Strategy, WriteContext } from '../strategy/strategy.ts'
import { invalidValue } from '../validation/field-errors.ts'
import { checkRules, hasRules } from './validation-rules.ts'

/** Custom resources: their schema and its rules. A fault that was there before and is not touched is let be (ratcheting). */
export const customStrategy: Strategy = {
  prepareCreate(object, { resource }) {
    // What a client sent as its status is gone by now; what the schema says of it is nobody's.
    const { status } = resource.custom?.schema?.properties ?? {}
    if (status?.default !== undefined) fillDefaults(object, { type: 'object', properties: { status } })
  },
  validateNew: (object, context) => check(object, undefined, context),
  validateUpdate: (next, current, context) => check(next, current, context),
}

function check(object: KubeObject, old: KubeObject | undefined, { resource }: WriteContext): FieldError[] {
  const { schema, openApi } = resource.custom ?? {}
  if (!schema) return []
  const found = validate(object, schema).filter((error) => !old || !isOld(error, object, old))
  const errors = found.map(({ field, reason, message }) => ({ field: field || '<nil>', reason, message }))
  if (!hasRules(openApi)) return errors
  if (errors.some(({ reason }) => BLOCKING.has(reason))) return [...errors, invalidValue('<nil>', null, UNCHECKED)]
  return [...errors, ...checkRules(openApi, schema, { value: object, old })]
}

/** After which the rules are not asked: they count on the shape and the size of what they see (hasBlockingErr). */
const BLOCKING = new Set<FieldError['reason']>([
  'FieldValueRequired',
  'FieldValueTypeInvalid',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
])
const UNCHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

function isOld({ field, reason }: SchemaError, object: KubeObject, old: KubeObject): boolean {
  const path = partsOf(field)
  // A missing field is a fault of what should hold it.
  const at = reason === 'FieldValueRequired' ? path.slice(0, -1) : path
  const before = valueAt(old, at)
  return before !== undefined && equalJson(before, valueAt(object, at))
}

function partsOf(field: string): string[] {
  return field.split(/[.[\]]+/).filter(Boolean)
}

function valueAt(value: unknown, path: string[]): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<string, unknown> | null | undefined)?.[part], value)
}
