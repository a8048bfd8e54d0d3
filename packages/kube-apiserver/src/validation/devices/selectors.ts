import type { FieldError } from '../../api/status.ts'
import { type CheckedExpression, checkExpression } from '../../cel/check/check-expression.ts'
import { DYN, formatType, mapOf, objectType, STRING, type Type } from '../../cel/check/types.ts'
import { estimateCost } from '../../cel/cost/estimate.ts'
import type { Spec } from '../../defaults/spec.ts'
import { forbiddenField, invalidValue, required, tooLong } from '../field-errors.ts'
import { listErrors } from './sets.ts'

const sized = (type: Type, maxElements: number): Type => ({ ...type, maxElements })

/** Attributes and capacities that one device has at most. */
export const MOST_ATTRIBUTES = 32

/** Values by domain and name. */
const named = (value: Type): Type =>
  sized(mapOf(sized(STRING, 63), sized(mapOf(sized(STRING, 32), value), MOST_ATTRIBUTES)), MOST_ATTRIBUTES)

/** What a selector sees of a device (dynamic-resource-allocation/cel/compile.go). */
const VARIABLES: ReadonlyMap<string, Type> = new Map([
  [
    'device',
    objectType(
      'kubernetes.DRADevice',
      new Map([
        ['driver', sized(STRING, 63)],
        ['attributes', named(sized(DYN, 64))],
        ['capacity', named(objectType('kubernetes.Quantity'))],
      ]),
    ),
  ],
])

const MOST_SELECTORS = 32

export function selectorErrors(selectors: Spec[] = [], at: string): FieldError[] {
  return listErrors(selectors, at, MOST_SELECTORS, ({ cel }, field) =>
    cel ? expressionErrors(cel.expression ?? '', `${field}.cel.expression`) : [required(`${field}.cel`)],
  )
}

const LONGEST = 10 * 1024
const MOST_COST = 1_000_000

function expressionErrors(text: string, at: string): FieldError[] {
  if (Buffer.byteLength(text) > LONGEST) return [tooLong(at, LONGEST)]
  const checked: CheckedExpression | string = checkExpression(text, VARIABLES, { binds: true })
  if (typeof checked === 'string') return [invalidValue(at, text, `compilation failed: ${checked}`)]
  const { type } = checked
  if (type.name !== 'bool' && type.kind !== 'dyn') {
    return [invalidValue(at, text, `must evaluate to bool or the unknown type, not ${formatType(type)}`)]
  }
  return estimateCost(checked, VARIABLES) > MOST_COST ? [forbiddenField(at, 'too complex, exceeds cost limit')] : []
}
