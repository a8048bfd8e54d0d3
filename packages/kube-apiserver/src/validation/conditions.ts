import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { duplicate, invalidValue, notSupported, required, tooLong } from './field-errors.ts'
import { repeats } from './repeats.ts'
import { qualified } from './values.ts'

export const CONDITION_STATUSES = ['False', 'True', 'Unknown']
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/
const REASON_TEXT = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')`

/** Conditions of the kind that all newer types have (meta/v1/validation.ValidateConditions). */
export function conditionErrors(conditions: Spec[], at: string): FieldError[] {
  const repeated = repeats(conditions, ({ type }) => type)
  return conditions.flatMap(
    ({ type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' }, index) => {
      const field = `${at}[${index}]`
      return [
        ...(repeated[index] ? [duplicate(`${field}.type`, type)] : []),
        ...qualified(`${field}.type`, type),
        ...(CONDITION_STATUSES.includes(status) ? [] : [notSupported(`${field}.status`, status, CONDITION_STATUSES)]),
        ...(observedGeneration < 0
          ? [invalidValue(`${field}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero')]
          : []),
        ...(lastTransitionTime ? [] : [required(`${field}.lastTransitionTime`)]),
        ...(reason ? [] : [required(`${field}.reason`)]),
        ...(reason && !REASON.test(reason) ? [invalidValue(`${field}.reason`, reason, REASON_TEXT)] : []),
        ...(Buffer.byteLength(reason) > 1024 ? [tooLong(`${field}.reason`, 1024)] : []),
        ...(Buffer.byteLength(message) > 32_768 ? [tooLong(`${field}.message`, 32_768)] : []),
      ]
    },
  )
}
