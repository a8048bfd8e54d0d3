import {
  equalJson,
  fillDefaults,
  type KubeObject,
  type FieldError as SchemaError,
  type SchemaNode,
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

function check(object: KubeObject, old: KubeObject | undefined, context: WriteContext): FieldError[] {
  const { schema, openApi } = context.resource.custom ?? {}
  if (!schema) return []
  const errors =
    context.subresource === 'status'
      ? faults(object.status, old?.status, schema.properties?.status, 'status')
      : faults(object, old, schema)
  if (!hasRules(openApi)) return errors
  if (errors.some(({ reason }) => BLOCKING.has(reason))) return [...errors, invalidValue('<nil>', null, UNCHECKED)]
  return [...errors, ...checkRules(openApi, schema, { value: object, old })]
}

/** What the schema has against a value. A status that is written alone is checked alone: messages name its fields from there. */
function faults(value: unknown, old: unknown, schema: SchemaNode | undefined, part = ''): FieldError[] {
  if (value === undefined || !schema) return []
  return validate(value, schema)
    .filter((error) => old === undefined || !isOld(error, value, old))
    .map(({ field, reason, message }) => ({
      field: [part, field].filter(Boolean).join('.') || '<nil>',
      reason,
      message,
    }))
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

function isOld({ field, reason }: SchemaError, object: unknown, old: unknown): boolean {
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
