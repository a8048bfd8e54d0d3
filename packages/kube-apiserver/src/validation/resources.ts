import { parseQuantity, qualifiedNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { duplicate, forbiddenField, invalidValue, notFoundValue, notSupported, required } from './field-errors.ts'
import { label } from './values.ts'

const OF_CONTAINERS = new Set(['cpu', 'memory', 'ephemeral-storage'])
const STANDARD = new Set([
  ...OF_CONTAINERS,
  ...['', 'requests.', 'limits.'].flatMap((prefix) =>
    ['cpu', 'memory', 'ephemeral-storage'].map((name) => prefix + name),
  ),
  ...['pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps'],
  ...['persistentvolumeclaims', 'storage', 'requests.storage', 'services.nodeports', 'services.loadbalancers'],
])
const WHOLE = new Set([
  ...['pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps'],
  ...['persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers'],
])
const HUGE_PAGES = /^(requests\.|limits\.)?hugepages-/

/** Anything that Kubernetes counts, or `example.com/name`. */
export function resourceName(field: string, name: string): FieldError[] {
  const errors = qualifiedNameErrors(name).map((why) => invalidValue(field, name, why))
  if (errors.length > 0 || name.includes('/') || STANDARD.has(name) || HUGE_PAGES.test(name)) return errors
  return [invalidValue(field, name, 'must be a standard resource type or fully qualified')]
}

/** What a container can ask for. */
export function containerResourceName(field: string, name: string): FieldError[] {
  const errors = resourceName(field, name)
  if (!name.includes('/')) {
    if (OF_CONTAINERS.has(name) || name.startsWith('hugepages-')) return errors
    return [...errors, invalidValue(field, name, 'must be a standard resource for containers')]
  }
  if (isNative(name) || isExtended(name)) return errors
  return [...errors, invalidValue(field, name, "doesn't follow extended resource name standard")]
}

const POD_LEVEL = ['cpu', 'memory']

function podResourceName(field: string, name: string): FieldError[] {
  const errors = resourceName(field, name)
  if (errors.length > 0 || POD_LEVEL.includes(name) || name.startsWith('hugepages-')) return errors
  return [notSupported(field, name, POD_LEVEL)]
}

const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')
const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && qualifiedNameErrors(`requests.${name}`).length === 0

/** What a node can give more of than it has. */
export const mayOvercommit = (name: string): boolean => isNative(name) && !HUGE_PAGES.test(name)

export function amount(field: string, name: string, quantity: string | number): FieldError[] {
  const nano = parseQuantity(quantity)
  return [
    ...(nano < 0n ? [invalidValue(field, quantity, 'must be greater than or equal to 0')] : []),
    ...((WHOLE.has(name) || isExtended(name)) && nano % 1_000_000_000n !== 0n
      ? [invalidValue(field, quantity, 'must be an integer')]
      : []),
  ]
}

export function positiveQuantity(field: string, quantity: string | number): FieldError[] {
  return parseQuantity(quantity) > 0n ? [] : [invalidValue(field, quantity, 'must be greater than zero')]
}

/** Requests and limits of a container; `claims` are the pod's. */
export const containerResources = (resources: Spec | undefined, at: string, claims: string[] = []): FieldError[] =>
  requirements(resources ?? {}, at, containerResourceName, claims)

/** Of a pod as a whole. */
export const podResources = (resources: Spec, at: string): FieldError[] => [
  ...(resources.claims ? [forbiddenField(`${at}.claims`, 'claims may not be set for Resources at pod-level')] : []),
  ...requirements(resources, at, podResourceName, []),
]

function requirements(
  { limits = {}, requests = {}, claims = [] }: Spec,
  at: string,
  nameOf: (field: string, name: string) => FieldError[],
  known: string[],
): FieldError[] {
  const checked = (part: string, amounts: Record<string, string>) =>
    Object.entries(amounts).flatMap(([name, quantity]) => [
      ...nameOf(`${at}.${part}[${name}]`, name),
      ...amount(`${at}.${part}[${name}]`, name, quantity),
      ...(part === 'requests' ? withinLimit(name, quantity, limits[name], at) : []),
    ])
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  const pagesOnly = names.some((name) => HUGE_PAGES.test(name)) && !names.includes('cpu') && !names.includes('memory')
  return [
    ...checked('limits', limits),
    ...checked('requests', requests),
    ...(pagesOnly ? [forbiddenField(at, 'HugePages require cpu or memory')] : []),
    ...claims.flatMap((_: Spec, index: number) => claimErrors(claims, index, `${at}.claims`, known)),
  ]
}

function withinLimit(name: string, quantity: string, limit: string | undefined, at: string): FieldError[] {
  if (limit === undefined) {
    if (mayOvercommit(name)) return []
    return [required(`${at}.limits`, 'Limit must be set for non overcommitable resources')]
  }
  const [asked, most] = [parseQuantity(quantity), parseQuantity(limit)]
  if (asked !== most && !mayOvercommit(name)) {
    return [invalidValue(`${at}.requests`, quantity, `must be equal to ${name} limit of ${limit}`)]
  }
  if (asked <= most) return []
  return [invalidValue(`${at}.requests`, quantity, `must be less than or equal to ${name} limit of ${limit}`)]
}

function claimErrors(claims: Spec[], index: number, at: string, known: string[]): FieldError[] {
  const field = `${at}[${index}]`
  const { name, request } = claims[index] as Spec
  if (!name) return [required(field)]
  const repeated = claims
    .slice(0, index)
    .some((one) => one.name === name && (!one.request || !request || one.request === request))
  const list = known.length === 0 ? ' which is empty' : `: ${known.toSorted().join(', ')}`
  const unknown = notFoundValue(field, name)
  return [
    ...(repeated ? [duplicate(field, request ? `${name}/${request}` : name)] : label(`${field}.request`, request)),
    ...(known.includes(name)
      ? []
      : [{ ...unknown, message: `${unknown.message}: must be one of the names in pod.spec.resourceClaims${list}` }]),
  ]
}
