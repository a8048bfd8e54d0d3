import { type KubeObject, parseQuantity } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { Spec } from '../defaults/spec.ts'
import { podUsage, type Usage } from '../quota/pod-usage.ts'
import { quotaText } from '../quota/quota-status.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { type AdmissionPlugin, type AdmissionRequest, concerns, refused, resizesPod } from './admission.ts'

const LIMIT_RANGES = { group: '', plural: 'limitranges', namespaced: true }

type Amounts = Record<string, string>

interface Limit {
  type: 'Container' | 'Pod' | 'PersistentVolumeClaim'
  min?: Amounts
  max?: Amounts
  default?: Amounts
  defaultRequest?: Amounts
  maxLimitRequestRatio?: Amounts
}

/** Gives containers the requests and limits of their namespace's LimitRanges, and keeps them inside (LimitRanger). */
export function limitRanger(store: RevisionStore): AdmissionPlugin {
  const limitsOf = ({ namespace }: AdmissionRequest): Limit[][] =>
    store.list(prefixOf(LIMIT_RANGES, namespace)).entries.map((entry) => viewEntry(entry).spec?.limits ?? [])
  return {
    mutate(request) {
      const { operation, object } = request
      const isNew = operation === 'CREATE' && concerns(request, '', 'pods')
      if (!object || !(isNew || resizesPod(request)) || isLeaving(request)) return
      for (const limits of limitsOf(request)) addDefaults(object, limits)
    },
    validate(request) {
      const { object } = request
      const faultsOf = rulesFor(request)
      if (!object || !faultsOf || isLeaving(request)) return
      for (const limits of limitsOf(request)) {
        const faults = [...new Set(limits.flatMap((limit) => faultsOf(object, limit)))]
        if (faults.length > 0)
          throw refused(request, faults.length === 1 ? (faults[0] ?? '') : `[${faults.join(', ')}]`)
      }
    },
  }
}

/** A pod's resources change through its resize alone. */
function rulesFor(request: AdmissionRequest): typeof podFaults | undefined {
  const isNew = request.operation === 'CREATE'
  if (resizesPod(request) || (isNew && concerns(request, '', 'pods'))) return podFaults
  const writes = isNew || request.operation === 'UPDATE'
  return writes && concerns(request, '', 'persistentvolumeclaims') ? claimFaults : undefined
}

const isLeaving = ({ old }: AdmissionRequest): boolean => old?.metadata.deletionTimestamp !== undefined

function addDefaults(pod: KubeObject, limits: Limit[]): void {
  const notes: string[] = []
  for (const kind of ['containers', 'initContainers'] as const) {
    for (const container of (pod.spec?.[kind] ?? []) as Spec[]) {
      for (const limit of limits.filter(({ type }) => type === 'Container'))
        notes.push(...fillContainer(container, limit, kind))
    }
  }
  if (notes.length === 0) return
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${notes.join('; ')}`,
  }
}

/** A maximum is a default limit, a default limit or a minimum a default request (core/v1 defaults of LimitRangeItem). */
function fillContainer(container: Spec, limit: Limit, kind: string): string[] {
  const limits: Amounts = { ...limit.max, ...limit.default }
  const requests: Amounts = { ...limit.min, ...limits, ...limit.defaultRequest }
  const label = `${kind === 'containers' ? 'container' : 'init container'} ${container.name}`
  container.resources ??= {}
  const given = structuredClone(container.resources)
  const fill = (part: 'limits' | 'requests', amounts: Amounts) => {
    const missing = Object.keys(amounts).filter((name) => container.resources[part]?.[name] === undefined)
    for (const name of missing) {
      container.resources[part] = { ...container.resources[part], [name]: amounts[name] }
    }
    return missing.toSorted()
  }
  // What the author limited and did not request is requested as limited.
  for (const [name, amount] of Object.entries((given.limits ?? {}) as Amounts)) {
    if (given.requests?.[name] === undefined)
      container.resources.requests = { ...container.resources.requests, [name]: amount }
  }
  const requested = fill('requests', requests)
  const limited = fill('limits', limits)
  return [
    ...(requested.length > 0 ? [`${requested.join(', ')} request for ${label}`] : []),
    ...(limited.length > 0 ? [`${limited.join(', ')} limit for ${label}`] : []),
  ]
}

function podFaults({ spec }: KubeObject, limit: Limit): string[] {
  if (limit.type === 'Container') {
    const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])] as Spec[]
    return containers.flatMap(({ resources = {} }) =>
      checkAmounts(limit, resources.requests ?? {}, resources.limits ?? {}),
    )
  }
  if (limit.type !== 'Pod') return []
  // What the pod asks for counts, neither its overhead nor what it has so far.
  const { requests, limits } = podUsage({ spec: { ...spec, overhead: undefined } })
  return checkAmounts(limit, amounts(requests), amounts(limits))
}

const amounts = (totals: Usage): Amounts =>
  Object.fromEntries([...totals].map(([name, nano]) => [name, quotaText(name, nano)]))

function claimFaults({ spec }: KubeObject, limit: Limit): string[] {
  if (limit.type !== 'PersistentVolumeClaim') return []
  return checkAmounts(limit, spec?.resources?.requests ?? {}, {})
}

function checkAmounts({ type, min, max, maxLimitRequestRatio }: Limit, requests: Amounts, limits: Amounts): string[] {
  const faults: string[] = []
  const less = (a: string, b: string) => parseQuantity(a) < parseQuantity(b)
  for (const [name, least] of Object.entries(min ?? {})) {
    const [request, limit] = [requests[name], limits[name]]
    if (request === undefined) faults.push(`minimum ${name} usage per ${type} is ${least}.  No request is specified`)
    else if (less(request, least))
      faults.push(`minimum ${name} usage per ${type} is ${least}, but request is ${request}`)
    else if (limit !== undefined && less(limit, least)) {
      faults.push(`minimum ${name} usage per ${type} is ${least}, but limit is ${limit}`)
    }
  }
  for (const [name, most] of Object.entries(max ?? {})) {
    const [request, limit] = [requests[name], limits[name]]
    if (type === 'PersistentVolumeClaim') {
      if (request !== undefined && less(most, request))
        faults.push(`maximum ${name} usage per ${type} is ${most}, but request is ${request}`)
      continue
    }
    if (limit === undefined) faults.push(`maximum ${name} usage per ${type} is ${most}.  No limit is specified`)
    else if (less(most, limit)) faults.push(`maximum ${name} usage per ${type} is ${most}, but limit is ${limit}`)
    else if (request !== undefined && less(most, request)) {
      faults.push(`maximum ${name} usage per ${type} is ${most}, but request is ${request}`)
    }
  }
  for (const [name, ratio] of Object.entries(maxLimitRequestRatio ?? {})) {
    const [request, limit] = [requests[name], limits[name]]
    const isNothing = (amount: string | undefined): amount is undefined => parseQuantity(amount ?? '0') === 0n
    if (isNothing(request) || isNothing(limit)) {
      const missing = isNothing(request) ? 'request' : 'limit'
      faults.push(
        `${name} max limit to request ratio per ${type} is ${ratio}, but no ${missing} is specified or ${missing} is 0`,
      )
    } else if (parseQuantity(limit) * 1_000_000_000n > parseQuantity(ratio) * parseQuantity(request)) {
      const actual = (Number(parseQuantity(limit)) / Number(parseQuantity(request))).toFixed(6)
      faults.push(`${name} max limit to request ratio per ${type} is ${ratio}, but provided ratio is ${actual}`)
    }
  }
  return faults
}
