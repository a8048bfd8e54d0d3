import { isIP } from 'node:net'
import { type KubeObject, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { duplicate, forbiddenField, internalFault, invalidValue } from './field-errors.ts'
import { repeats } from './repeats.ts'
import { ipAddress, qualified, subdomain } from './values.ts'

/** What a pod's status may say and become (ValidatePodStatusUpdate). */
export function podStatus(next: KubeObject, current: KubeObject): FieldError[] {
  const [status, before]: Spec[] = [next.status ?? {}, current.status ?? {}]
  if (!status || !before) return []
  const { nominatedNodeName: nominated, observedGeneration } = status
  return [
    ...conditions(status.conditions ?? [], 'status.conditions'),
    ...(nominated && nominated !== before.nominatedNodeName ? subdomain('status.nominatedNodeName', nominated) : []),
    ...generation(observedGeneration, 'status.observedGeneration'),
    ...((status.qosClass ?? '') === (before.qosClass ?? '')
      ? []
      : [invalidValue('status.qosClass', status.qosClass ?? '', 'field is immutable')]),
    ...restarts(status, before, current.spec ?? {}),
    ...claims(status.resourceClaimStatuses ?? [], next.spec ?? {}, 'status.resourceClaimStatuses'),
    ...addresses(status, before, 'podIPs'),
    ...hostAddresses(status, before),
  ]
}

const SYSTEM = ['PodScheduled', 'Ready', 'Initialized']

function conditions(list: Spec[], at: string): FieldError[] {
  return list.flatMap(({ type = '', observedGeneration }, index) => [
    ...generation(observedGeneration, `${at}[${index}].observedGeneration`),
    // The field's name is Kubernetes'.
    ...(SYSTEM.includes(type) ? [] : qualified(`${at}[${index}].Type`, type)),
  ])
}

function generation(observed: number | undefined, field: string): FieldError[] {
  return observed !== undefined && observed < 0 ? [invalidValue(field, observed, 'must be a non-negative integer')] : []
}

/** A container that has ended for good does not run again. */
function restarts(status: Spec, before: Spec, { restartPolicy, initContainers = [] }: Spec): FieldError[] {
  const sidecars = (initContainers as Spec[]).filter((one) => one.restartPolicy === 'Always').map(({ name }) => name)
  const restartable = ({ name, state }: Spec, field: string): boolean => {
    if (field === 'ephemeralContainerStatuses') return false
    if (restartPolicy === 'Always') return true
    if (restartPolicy === 'OnFailure' && state.terminated.exitCode !== 0) return true
    return field === 'initContainerStatuses' && sidecars.includes(name)
  }
  return ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'].flatMap((field) =>
    ((before[field] ?? []) as Spec[]).flatMap((old, index) => {
      if (!old.state?.terminated || restartable(old, field)) return []
      return ((status[field] ?? []) as Spec[])
        .filter(({ name, state }) => name === old.name && !state?.terminated)
        .map(() => forbiddenField(`status.${field}[${index}].state`, 'may not be transitioned to non-terminated state'))
    }),
  )
}

function claims(statuses: Spec[], { resourceClaims = [] }: Spec, at: string): FieldError[] {
  const repeated = repeats(statuses, ({ name }) => name)
  const known = new Set((resourceClaims as Spec[]).map(({ name }) => name))
  return statuses.flatMap(({ name, resourceClaimName }, index) => {
    const field = `${at}[${index}].name`
    return [
      ...(known.has(name)
        ? []
        : [invalidValue(field, name, 'must match the name of an entry in `spec.resourceClaims`')]),
      ...(repeated[index] ? [duplicate(field, name)] : []),
      ...(resourceClaimName === undefined
        ? []
        : subdomainNameErrors(resourceClaimName).map((why) => invalidValue(field, resourceClaimName, why))),
    ]
  })
}

/** Addresses of a pod or its host: one of each family; what was there may stay. */
function addresses(status: Spec, before: Spec, field: 'podIPs' | 'hostIPs'): FieldError[] {
  const at = `status.${field}`
  const ips = ((status[field] ?? []) as Spec[]).map(({ ip = '' }) => ip as string)
  const known = new Set(((before[field] ?? []) as Spec[]).map(({ ip }) => ip))
  const malformed = ips.flatMap((ip, index) => (known.has(ip) ? [] : ipAddress(`${at}[${index}]`, ip)))
  if (ips.length < 2) return malformed
  const families = ips.map((ip) => isIP(ip))
  const broken = families.indexOf(0)
  const dual = broken < 0 && families.includes(4) && families.includes(6)
  const why = 'may specify no more than one IP for each IP family'
  const shown = ips.map((ip) => ({ IP: ip }))
  const unread = `failed to check for dual stack with error:invalid IP ${ips[broken]} at index ${broken}`
  return [
    ...malformed,
    ...(broken < 0 ? [] : [internalFault(at, unread)]),
    ...(dual && ips.length === 2 ? [] : [invalidValue(at, shown, why)]),
  ]
}

function hostAddresses(status: Spec, before: Spec): FieldError[] {
  const first = (status.hostIPs as Spec[] | undefined)?.[0]
  if (!first) return []
  const differs = (status.hostIP ?? '') !== (first.ip ?? '')
  return [
    ...(differs ? [invalidValue('status.hostIPs[0].ip', first.ip ?? '', 'must be equal to `hostIP`')] : []),
    ...addresses(status, before, 'hostIPs'),
  ]
}
