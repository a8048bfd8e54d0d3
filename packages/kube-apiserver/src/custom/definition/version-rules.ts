import type { FieldError } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { invalidValue, required } from '../../validation/field-errors.ts'

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

export function columnFaults({ name, type, format, jsonPath }: Spec, path: string): FieldError[] {
  const types = `must be one of ${COLUMN_TYPES.join(',')}`
  const faults: FieldError[] = []
  if (!name) faults.push(required(`${path}.name`))
  if (!type) faults.push(required(`${path}.type`, types))
  else if (!COLUMN_TYPES.includes(type)) faults.push(invalidValue(`${path}.type`, type, types))
  if (format && !COLUMN_FORMATS.includes(format)) {
    faults.push(invalidValue(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`))
  }
  return [...faults, ...pathFaults(jsonPath, `${path}.JSONPath`)]
}

export function subresourceFaults({ scale }: Spec, path: string): FieldError[] {
  if (!scale) return []
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale as Spec
  return [
    ...pathFaults(specReplicasPath, `${path}.scale.specReplicasPath`, ['.spec']),
    ...pathFaults(statusReplicasPath, `${path}.scale.statusReplicasPath`, ['.status']),
    ...(labelSelectorPath
      ? pathFaults(labelSelectorPath, `${path}.scale.labelSelectorPath`, ['.spec', '.status'])
      : []),
  ]
}

/** Of a path in dots, which must lead below one of some fields. */
function pathFaults(value: string | undefined, field: string, below?: readonly string[]): FieldError[] {
  if (!value) return [required(field)]
  if (!value.startsWith('.')) return [invalidValue(field, value, 'must be a simple json path starting with .')]
  if (!below || below.some((root) => value.startsWith(`${root}.`))) return []
  const where = below.length > 1 ? `either ${below.join(' or ')}` : below[0]
  return [invalidValue(field, value, `should be a json path under ${where}`)]
}

/** What `unicode.IsPrint` takes, besides the space. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u

export function deprecationFaults({ deprecated, deprecationWarning: warning }: Spec, path: string): FieldError[] {
  if (warning === undefined) return []
  const fault = (why: string): FieldError => invalidValue(`${path}.deprecationWarning`, warning, why)
  if (!deprecated) return [fault('can only be set for deprecated versions')]
  const faults: FieldError[] = []
  if (Buffer.byteLength(warning) > 256) faults.push(fault('must be <= 256 characters long'))
  if (warning === '') faults.push(fault('must not be an empty string'))
  const bad = [...warning].findIndex((char) => char !== ' ' && UNPRINTABLE.test(char))
  if (bad >= 0) {
    const at = Buffer.byteLength([...warning].slice(0, bad).join(''))
    const why = `must only contain printable UTF-8 characters; non-printable character found at index ${at}`
    faults.push(fault(why))
  }
  return faults
}
