import { isObject } from '@slipway/kube-objects'
import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { invalidValue, required, tooLong } from '../field-errors.ts'
import { driverName } from '../volumes.ts'

/** What a driver alone understands. */
export function configuration({ opaque }: Spec, at: string): FieldError[] {
  if (!opaque) return [required(`${at}.opaque`)]
  return [
    ...driverName(`${at}.opaque.driver`, opaque.driver),
    ...(opaque.parameters === undefined
      ? [required(`${at}.opaque.parameters`)]
      : document(opaque.parameters, `${at}.opaque.parameters`)),
  ]
}

const LONGEST = 10 * 1024

/** JSON of somebody else's. */
export function document(value: unknown, at: string): FieldError[] {
  if (Buffer.byteLength(JSON.stringify(value)) > LONGEST) return [tooLong(at, LONGEST)]
  return isObject(value) ? [] : [invalidValue(at, '<value omitted>', 'must be a valid JSON object')]
}
