import { isIP } from 'node:net'
import { type KubeObject, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { ChangeRule } from './changes.ts'
import { CONDITION_STATUSES, conditionErrors } from './conditions.ts'
import { quotaAmounts } from './config.ts'
import { claimStatus as deviceClaimStatus } from './devices/claim-status.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { jobStatus } from './job-status.ts'
import { podStatus } from './pod-status.ts'
import { repeats } from './repeats.ts'
import { amount } from './resources.ts'
import { ipAddress, notNegative, qualified } from './values.ts'

const statusOf = ({ status }: KubeObject): Spec => status ?? {}

/** Numbers that count something. */
const counts =
  (...fields: string[]): ChangeRule =>
  (next) =>
    fields.flatMap((field) => notNegative(`status.${field}`, statusOf(next)[field]))

const atMost =
  (most: string, why: string, ...fields: string[]): ChangeRule =>
  (next) => {
    const status = statusOf(next)
    return fields
      .filter((field) => (status[field] ?? 0) > (status[most] ?? 0))
      .map((field) => invalidValue(`status.${field}`, status[field], `cannot be greater than ${why}`))
  }

/** Names of what was made before are not taken again. */
const collisions: ChangeRule = (next, current) => {
  const [after, before] = [statusOf(next).collisionCount, statusOf(current).collisionCount]
  const fewer = before !== undefined && (after === undefined || after < before)
  return fewer ? [invalidValue('status.collisionCount', after ?? 0, 'cannot be decremented')] : []
}

const all =
  (...rules: ChangeRule[]): ChangeRule =>
  (next, current) =>
    rules.flatMap((rule) => rule(next, current))

const replicas = all(
  counts('replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'),
  atMost('replicas', 'status.replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'),
  atMost('readyReplicas', 'readyReplicas', 'availableReplicas'),
)

/** What a status may say and become, by `group/plural` (`Validate…StatusUpdate`). */
export const statusRules: ReadonlyMap<string, ChangeRule> = new Map<string, ChangeRule>([
  [
    'apps/deployments',
    all(
      counts('observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'),
      counts('unavailableReplicas', 'collisionCount'),
      atMost('replicas', 'status.replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'),
      atMost('readyReplicas', 'readyReplicas', 'availableReplicas'),
      collisions,
    ),
  ],
  ['apps/replicasets', replicas],
  ['/replicationcontrollers', replicas],
  [
    'apps/statefulsets',
    all(
      counts('replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'),
      counts('observedGeneration', 'collisionCount'),
      atMost(
        'replicas',
        'status.replicas',
        ...['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
      ),
      atMost('readyReplicas', 'status.readyReplicas', 'availableReplicas'),
      collisions,
    ),
  ],
  [
    'apps/daemonsets',
    all(
      counts('currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady'),
      counts('observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable', 'collisionCount'),
      collisions,
    ),
  ],
  ['batch/jobs', jobStatus],
  ['autoscaling/horizontalpodautoscalers', counts('currentReplicas', 'desiredReplicas')],
  [
    'policy/poddisruptionbudgets',
    all(
      (next) => conditionErrors(statusOf(next).conditions ?? [], 'status.conditions'),
      counts('disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'),
    ),
  ],
  ['/pods', podStatus],
  ['/nodes', (next) => nodeStatus(statusOf(next))],
  ['/namespaces', namespacePhase],
  ['/persistentvolumeclaims', (next) => claimStatus(statusOf(next))],
  [
    '/resourcequotas',
    (next) => ['hard', 'used'].flatMap((field) => quotaAmounts(statusOf(next)[field] ?? {}, `status.${field}`)),
  ],
  ['/services', (next) => serviceStatus(next)],
  ['networking.k8s.io/ingresses', (next) => ingressPoints(statusOf(next), 'status.loadBalancer.ingress')],
  ['resource.k8s.io/resourceclaims', deviceClaimStatus],
  ['flowcontrol.apiserver.k8s.io/flowschemas', (next) => typedConditions(statusOf(next))],
  ['flowcontrol.apiserver.k8s.io/prioritylevelconfigurations', (next) => typedConditions(statusOf(next))],
  ['admissionregistration.k8s.io/validatingadmissionpolicies', (next) => policyStatus(statusOf(next))],
  [
    'apiregistration.k8s.io/apiservices',
    (next) =>
      ((statusOf(next).conditions ?? []) as Spec[]).flatMap(({ status = '' }, index) =>
        CONDITION_STATUSES.includes(status)
          ? []
          : [notSupported(`status.conditions[${index}].status`, status, CONDITION_STATUSES)],
      ),
  ],
])

/** Of flow control, where all but the type may be missing. */
function typedConditions({ conditions = [] }: Spec): FieldError[] {
  const repeated = repeats(conditions as Spec[], ({ type = '' }) => type)
  return (conditions as Spec[]).flatMap(({ type = '' }, index) => {
    const field = `status.conditions[${index}].type`
    return [...(repeated[index] ? [duplicate(field, type)] : []), ...(type ? [] : [required(field)])]
  })
}

function nodeStatus({ capacity = {}, allocatable = {}, addresses = [] }: Spec): FieldError[] {
  const amounts = (field: string, map: Spec) =>
    // The path is Kubernetes'.
    Object.entries(map).flatMap(([name, quantity]) => amount(`status.${field}.${name}`, name, quantity))
  return [...amounts('capacity', capacity), ...amounts('allocatable', allocatable), ...repeatedAddresses(addresses)]
}

function repeatedAddresses(addresses: Spec[]): FieldError[] {
  const repeated = repeats(addresses, ({ type, address }) => `${type} ${address}`)
  return addresses.flatMap((address, index) =>
    repeated[index]
      ? [duplicate(`status.addresses[${index}]`, { Type: address.type ?? '', Address: address.address ?? '' })]
      : [],
  )
}

function namespacePhase({ metadata, status }: KubeObject): FieldError[] {
  const phase: string = status?.phase ?? ''
  const [wanted, when] = metadata.deletionTimestamp ? ['Terminating', 'is not empty'] : ['Active', 'is empty']
  if (phase === wanted) return []
  return [invalidValue('status.Phase', phase, `may only be '${wanted}' if \`deletionTimestamp\` ${when}`)]
}

const RESIZES = [
  ...['ControllerResizeInProgress', 'ControllerResizeInfeasible'],
  ...['NodeResizeInProgress', 'NodeResizeInfeasible', 'NodeResizePending'],
]

function claimStatus({ capacity = {}, allocatedResourceStatuses: resizes = {}, allocatedResources = {} }: Spec) {
  const resizing = 'status.allocatedResourceStatuses'
  return [
    ...Object.entries(capacity as Spec).flatMap(([name, quantity]) => amount(`status.capacity[${name}]`, '', quantity)),
    ...Object.entries(resizes as Spec).flatMap(([name, resize]) => [
      ...claimResource(resizing, name),
      ...(RESIZES.includes(resize) ? [] : [notSupported(resizing, name, RESIZES)]),
    ]),
    ...Object.entries(allocatedResources as Spec).flatMap(([name, quantity]) => {
      const misnamed = claimResource('status.allocatedResources', name)
      return misnamed.length > 0 ? misnamed : amount(`status.allocatedResources[${name}]`, 'storage', quantity)
    }),
  ]
}

function claimResource(field: string, name: string): FieldError[] {
  const errors = qualified(field, name)
  if (errors.length > 0) return errors
  const native = !name.includes('/') || name.includes('kubernetes.io/')
  return native && name !== 'storage' ? [notSupported(field, name, ['storage'])] : []
}

const MODES = ['Proxy', 'VIP']

function serviceStatus({ spec, status }: KubeObject): FieldError[] {
  const at = 'status.loadBalancer.ingress'
  const points: Spec[] = status?.loadBalancer?.ingress ?? []
  if (spec?.type !== 'LoadBalancer' && points.length > 0) {
    return [forbiddenField(at, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  const mode = ({ ip, ipMode }: Spec, field: string): FieldError[] => {
    if (ipMode === undefined) return ip ? [required(field, 'must be specified when `ip` is set')] : []
    if (!ip) return [forbiddenField(field, 'may not be specified when `ip` is not set')]
    return MODES.includes(ipMode) ? [] : [notSupported(field, ipMode, MODES)]
  }
  return [
    ...ingressPoints(status ?? {}, at),
    ...points.flatMap((point, index) => mode(point, `${at}[${index}].ipMode`)),
  ]
}

/** Where traffic from outside comes in. */
function ingressPoints({ loadBalancer }: Spec, at: string): FieldError[] {
  return ((loadBalancer?.ingress ?? []) as Spec[]).flatMap(({ ip, hostname }, index) => {
    const field = `${at}[${index}].hostname`
    return [
      ...(ip ? ipAddress(`${at}[${index}].ip`, ip) : []),
      ...(hostname ? subdomainNameErrors(hostname).map((why) => invalidValue(field, hostname, why)) : []),
      ...(isIP(hostname ?? '') > 0 ? [invalidValue(field, hostname, 'must be a DNS name, not an IP address')] : []),
    ]
  })
}

function policyStatus({ typeChecking, conditions = [] }: Spec): FieldError[] {
  const at = 'status.typeChecking.expressionWarnings'
  return [
    ...((typeChecking?.expressionWarnings ?? []) as Spec[]).flatMap(({ warning, fieldRef }, index) => [
      ...(warning ? [] : [required(`${at}[${index}].warning`)]),
      ...(fieldRef?.trim() ? [] : [required(`${at}[${index}].fieldRef`)]),
    ]),
    ...conditionErrors(conditions, 'status.conditions'),
  ]
}
