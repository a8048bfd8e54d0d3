import { equalJson, type KubeObject, parseQuantity } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField, invalidValue } from './field-errors.ts'
import { FIXED } from './fixed-structs.ts'
import { internalStruct } from './internal-struct.ts'
import { structDiff } from './struct-diff.ts'

const OF_CLAIMS =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'

/** What may change in a claim: its size and the class of its attributes, once it is bound (ValidatePersistentVolumeClaimUpdate). */
export function claimSpec(
  { spec: next, status }: KubeObject,
  { spec: current, status: before }: KubeObject,
): FieldError[] {
  const [old, fresh] = [known(current, next), wanted(next, current, status?.phase === 'Bound')]
  return [
    ...(equalJson(old, fresh) ? [] : [forbiddenField('spec', `${OF_CLAIMS}\n${structDiff(old, fresh)}`)]),
    ...shrinking(next, current, before),
    ...(next.volumeMode === current.volumeMode ? [] : [invalidValue('volumeMode', next.volumeMode, FIXED)]),
    ...appliedClass(next, before),
  ]
}

const shown = (spec: Spec): Spec => internalStruct(spec, 'core.PersistentVolumeClaimSpec') ?? {}

/** The binder names the volume, once. */
const known = (current: Spec, next: Spec): Spec =>
  shown({ ...current, volumeName: current.volumeName || next.volumeName })

function wanted(next: Spec, current: Spec, isBound: boolean): Spec {
  // So it does the class.
  const named = { ...next, ...(current.storageClassName === undefined && { storageClassName: undefined }) }
  if (!isBound) return shown(named)
  const { requests } = next.resources ?? {}
  const storage: string | undefined = current.resources?.requests?.storage
  return shown({
    ...named,
    resources: { ...next.resources, ...(requests && { requests: { ...requests, storage } }) },
    volumeAttributesClassName: current.volumeAttributesClassName,
  })
}

const sizeOf = ({ resources }: Spec): bigint => parseQuantity(resources?.requests?.storage ?? '0')

/** A claim that did not grow as it should may want less, but not less than it has. */
function shrinking(next: Spec, current: Spec, status: Spec | undefined): FieldError[] {
  const size = sizeOf(next)
  if (size >= sizeOf(current) || size > parseQuantity(status?.capacity?.storage ?? '0')) return []
  return [forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity')]
}

/** A claim whose volume has the attributes of a class keeps some. */
function appliedClass({ volumeAttributesClassName: name }: Spec, status: Spec | undefined): FieldError[] {
  if (status?.currentVolumeAttributesClassName === undefined || name) return []
  const empty = name === undefined ? 'nil' : 'empty string'
  const why = `update to ${empty} is forbidden when status.currentVolumeAttributesClassName is not nil`
  return [forbiddenField('spec.volumeAttributesClassName', why)]
}
