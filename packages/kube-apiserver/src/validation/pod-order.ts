import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { notFoundValue } from './field-errors.ts'

/** In which order Kubernetes looks at the fields of a pod (ValidatePodSpec) and of a container (validateContainerCommon and its callers). */
const POD = `
terminationGracePeriodSeconds volumes resourceClaims containers initContainers ephemeralContainers resources hostNetwork
restartPolicy dnsPolicy nodeSelector securityContext imagePullSecrets affinity dnsConfig readinessGates schedulingGates
topologySpreadConstraints hostUsers HostPID HostIPC setHostnameAsFQDN serviceAccountName nodeName
activeDeadlineSeconds hostname subdomain tolerations hostAliases priorityClassName runtimeClassName preemptionPolicy overhead os
`
const CONTAINER = `
name image terminationMessagePolicy ports env envFrom volumeMounts volumeDevices imagePullPolicy resources resizePolicy
securityContext lifecycle livenessProbe readinessProbe startupProbe restartPolicy
`

const ranksOf = (fields: string): Map<string, number> =>
  new Map(
    fields
      .trim()
      .split(/\s+/)
      .map((field, index) => [field, index]),
  )
const podRanks = ranksOf(POD)
const containerRanks = ranksOf(CONTAINER)

/** The faults below a pod's spec at `at`, in the order in which Kubernetes tells them. */
export function inPodOrder(errors: FieldError[], at: string, spec: Spec): FieldError[] {
  const keyed = [...errors, ...mountsOfFaulty(errors, at, spec)].map((error) => ({
    error,
    key: keyOf(error.field.slice(at.length + 1)),
  }))
  return keyed.sort((a, b) => compare(a.key, b.key)).map(({ error }) => error)
}

/** A volume with a fault is none to the containers that mount it (ValidateVolumes). */
function mountsOfFaulty(errors: FieldError[], at: string, spec: Spec): FieldError[] {
  const start = `${at}.volumes[`
  const faulty = new Set(
    errors
      .filter(({ field }) => field.startsWith(start))
      .map(({ field }) => spec.volumes?.[Number.parseInt(field.slice(start.length), 10)]?.name as string | undefined),
  )
  if (faulty.size === 0) return []
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) =>
    ((spec[list] ?? []) as Spec[]).flatMap((container, index) =>
      ['volumeMounts', 'volumeDevices'].flatMap((uses) =>
        ((container[uses] ?? []) as Spec[]).flatMap(({ name }, place) =>
          name && faulty.has(name) ? [notFoundValue(`${at}.${list}[${index}].${uses}[${place}].name`, name)] : [],
        ),
      ),
    ),
  )
}

function keyOf(path: string): number[] {
  const [, field = '', index = '-1', inner = ''] = /^(\w*)(?:\[(\d+)\])?(?:\.(\w+))?/.exec(path) ?? []
  const rank = podRanks.get(field) ?? podRanks.size
  if (!field.toLowerCase().endsWith('containers')) return [rank]
  return [rank, Number(index), containerRanks.get(inner) ?? containerRanks.size]
}

function compare(a: number[], b: number[]): number {
  const index = a.findIndex((number, position) => number !== b[position])
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}
