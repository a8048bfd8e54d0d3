import { isObject, type KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { CustomVersion } from '../registry/resource.ts'
import { invalidValue } from '../validation/field-errors.ts'

const MOST = 2_147_483_647

type Scale = NonNullable<CustomVersion['scale']>

/** What the scale subresource asks of the replicas that are wanted (customresource's ValidateScaleSpec). */
export function scaleSpecFaults(object: Readonly<KubeObject>, { specReplicasPath }: Scale): FieldError[] {
  return replicaFaults(object, specReplicasPath)
}

/** And of those that there are, and how to find them. */
export function scaleStatusFaults(object: Readonly<KubeObject>, scale: Scale): FieldError[] {
  const { statusReplicasPath, labelSelectorPath } = scale
  const faults = replicaFaults(object, statusReplicasPath)
  if (labelSelectorPath === undefined) return faults
  const { value, fault } = valueAt(object, labelSelectorPath)
  const wrong =
    fault ??
    (value === undefined || typeof value === 'string' ? undefined : typeFault(labelSelectorPath, value, 'string'))
  return wrong === undefined ? faults : [...faults, invalidValue(labelSelectorPath, '', wrong)]
}

function replicaFaults(object: Readonly<KubeObject>, path: string): FieldError[] {
  const { value, fault } = valueAt(object, path)
  if (fault !== undefined) return [invalidValue(path, 0, fault)]
  if (value === undefined) return []
  if (!Number.isInteger(value)) return [invalidValue(path, 0, typeFault(path, value, 'int64'))]
  const replicas = value as number
  if (replicas < 0) return [invalidValue(path, replicas, 'should be a non-negative integer')]
  return replicas > MOST ? [invalidValue(path, replicas, `should be less than or equal to ${MOST}`)] : []
}

/** The value at a path in dots, undefined where there is none, or why there can't be one. */
function valueAt(object: Readonly<KubeObject>, path: string): { value?: unknown; fault?: string } {
  const fields = path.replace(/^\./, '').split('.')
  let value: unknown = object
  for (const [index, field] of fields.entries()) {
    if (value === null || value === undefined) return {}
    if (!isObject(value))
      return { fault: typeFault(`.${fields.slice(0, index + 1).join('.')}`, value, 'map[string]interface{}') }
    value = Object.hasOwn(value, field) ? value[field] : undefined
  }
  return { value }
}

function typeFault(path: string, value: unknown, wanted: string): string {
  return `${path} accessor error: ${goValue(value)} is of the type ${goType(value)}, expected ${wanted}`
}

/** Go's name of what JSON has been read as. */
function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'object' ? 'map[string]interface {}' : 'string'
}

/** A value as Go's `%v` shows it. */
function goValue(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (!isObject(value)) return String(value)
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `map[${fields.map(([field, child]) => `${field}:${goValue(child)}`).join(' ')}]`
}
