import { fillDefaults, type KubeObject, listTypeFaults, validate } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Strategy, WriteContext } from '../strategy/strategy.ts'
import { invalidValue } from '../validation/field-errors.ts'
import { embeddedFaults } from './embedded-objects.ts'
import { scaleSpecFaults, scaleStatusFaults } from './scale-rules.ts'
import { checkRules, hasRules } from './validation-rules.ts'

/** Custom resources: their schema and its rules. A fault that was there before and is not touched is let be (ratcheting). */
export const customStrategy: Strategy = {
  statusMetadata: [],
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
  const errors = context.subresource === 'status' ? statusFaults(object, old, context) : faultsOf(object, old, context)
  // A list that was wrong before may stay so.
  if (schema && !(old && listTypeFaults(old, schema).length > 0)) errors.push(...listTypeFaults(object, schema))
  if (!schema || !hasRules(openApi)) return errors
  if (errors.some(({ reason }) => BLOCKING.has(reason))) return [...errors, invalidValue('<nil>', null, UNCHECKED)]
  return [...errors, ...checkRules(openApi, schema, { value: object, old })]
}

function faultsOf(object: KubeObject, old: KubeObject | undefined, { resource }: WriteContext): FieldError[] {
  const { schema, scale } = resource.custom ?? {}
  return [
    ...(schema ? named(validate(object, schema, old && { value: old })) : []),
    ...(scale ? [...scaleSpecFaults(object, scale), ...scaleStatusFaults(object, scale)] : []),
    ...(schema ? embeddedFaults(object, schema) : []),
  ]
}

/** Of a status only the status is looked at. */
function statusFaults(
  { status, ...object }: KubeObject,
  old: KubeObject | undefined,
  { resource }: WriteContext,
): FieldError[] {
  const { schema, scale } = resource.custom ?? {}
  const node = schema?.properties?.status
  const before = old?.status === undefined ? undefined : { value: old.status }
  const faults = node && status !== undefined ? validate(status, node, before) : []
  return [
    ...faults.map((fault) => ({ ...fault, field: fault.field ? `status.${fault.field}` : 'status' })),
    ...(scale ? scaleStatusFaults({ ...object, status }, scale) : []),
  ]
}

/** Kubernetes calls the object itself so. */
const named = (faults: FieldError[]): FieldError[] =>
  faults.map((fault) => ({ ...fault, field: fault.field || '<nil>' }))

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
