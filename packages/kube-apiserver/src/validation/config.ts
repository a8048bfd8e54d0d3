import { parseQuantity, qualifiedNameErrors } from '@slipway/kube-objects'
import { jsonFault } from '../api/json-fault.ts'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { duplicate, forbiddenField, invalidValue, required, tooLong } from './field-errors.ts'
import { repeats } from './repeats.ts'
import { amount, containerResourceName, mayOvercommit, resourceName } from './resources.ts'
import { taintErrors } from './scheduling.ts'
import { cidr, finalizerDomainErrors, keyErrors, parsedCidr, qualified } from './values.ts'

/** Configuration of programs, namespaces and nodes. */
export const configRules: TypeRules = {
  'core/v1.ConfigMap': ({ data = {}, binaryData = {} }) => {
    const keys = Object.keys(data)
    const bytes = size(Object.values(data)) + decodedSize(Object.values(binaryData))
    return [
      ...keyFaults('data', keys),
      ...keys
        .filter((key) => Object.hasOwn(binaryData, key))
        .map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')),
      ...keyFaults('binaryData', Object.keys(binaryData)),
      ...(bytes > MOST_BYTES ? [tooLong('', MOST_BYTES)] : []),
    ]
  },
  'core/v1.Secret': (secret) => {
    const { data = {} } = secret
    const bytes = decodedSize(Object.values(data))
    return [
      ...keyFaults('data', Object.keys(data)),
      ...(bytes > MOST_BYTES ? [tooLong('data', MOST_BYTES)] : []),
      ...secretType(secret, data),
    ]
  },
  'core/v1.LimitRangeSpec'({ limits = [] }, at) {
    const repeated = repeats(limits as Spec[], ({ type }) => type)
    return limits.flatMap((limit: Spec, index: number) => [
      ...limitErrors(limit, `${at}.limits[${index}]`),
      ...(repeated[index] ? [duplicate(`${at}.limits[${index}].type`, limit.type)] : []),
    ])
  },
  'core/v1.NamespaceSpec': ({ finalizers = [] }, at) =>
    finalizers.flatMap((name: string) =>
      [...qualifiedNameErrors(name), ...finalizerDomainErrors(name)].map((why) =>
        invalidValue(`${at}.finalizers`, name, why),
      ),
    ),
  'core/v1.ResourceQuotaSpec': quota,
  'core/v1.Node': ({ spec = {} }) => [
    // The path is Kubernetes'.
    ...taintErrors(spec.taints ?? [], 'metadata.taints'),
    ...podRanges(spec.podCIDRs ?? [], 'spec.podCIDRs'),
  ],
}

function podRanges(ranges: string[], at: string): FieldError[] {
  const families = ranges.map((range) => parsedCidr(range)?.family)
  const repeated = new Set(families).size < families.length || ranges.length > 2
  return [
    ...ranges.flatMap((range, index) => cidr(`${at}[${index}]`, range)),
    ...(repeated ? [invalidValue(at, ranges, 'may specify no more than one CIDR for each IP family')] : []),
  ]
}

const MOST_BYTES = 1024 * 1024

const size = (texts: unknown[]): number =>
  texts.reduce<number>((sum, text) => sum + Buffer.byteLength(text as string), 0)
const decodedSize = (texts: unknown[]): number =>
  texts.reduce<number>((sum, text) => sum + Buffer.byteLength(text as string, 'base64'), 0)

function keyFaults(field: string, keys: string[]): FieldError[] {
  return keys.flatMap((key) => keyErrors(key).map((why) => invalidValue(`${field}[${key}]`, key, why)))
}

/** What a Secret of a well-known type must hold. */
function secretType({ type, metadata }: Spec, data: Record<string, string>): FieldError[] {
  const need = (...keys: string[]) =>
    keys.filter((key) => data[key] === undefined).map((key) => required(`data[${key}]`))
  switch (type) {
    case 'kubernetes.io/service-account-token': {
      const name = 'kubernetes.io/service-account.name'
      return metadata.annotations?.[name] ? [] : [required(`metadata.annotations[${name}]`)]
    }
    case 'kubernetes.io/dockercfg':
      return dockerConfig(data, '.dockercfg')
    case 'kubernetes.io/dockerconfigjson':
      return dockerConfig(data, '.dockerconfigjson')
    case 'kubernetes.io/basic-auth':
      return data.username === undefined && data.password === undefined ? need('username', 'password') : []
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')]
    case 'kubernetes.io/tls':
      return need('tls.crt', 'tls.key')
    default:
      return []
  }
}

function dockerConfig(data: Record<string, string>, key: string): FieldError[] {
  const field = `data[${key}]`
  if (data[key] === undefined) return [required(field)]
  const fault = jsonFault(Buffer.from(data[key], 'base64').toString())
  return fault === undefined ? [] : [invalidValue(field, '<secret contents redacted>', fault)]
}

const LIMIT_TYPES = ['Pod', 'Container', 'PersistentVolumeClaim']
const PARTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio']

function limitErrors(limit: Spec, at: string): FieldError[] {
  const { type = '' } = limit
  const nameOf = type === 'Pod' || type === 'Container' ? containerResourceName : resourceName
  const misnamed = qualified(`${at}.type`, type)
  const unknown = !type.includes('/') && !LIMIT_TYPES.includes(type)
  const parts = PARTS.filter((part) => type !== 'Pod' || !part.startsWith('default'))
  const names = new Set(parts.flatMap((part) => Object.keys(limit[part] ?? {})))
  const forPods = (part: string) =>
    type === 'Pod' && Object.keys(limit[part] ?? {}).length > 0
      ? [forbiddenField(`${at}.${part}`, "may not be specified when `type` is 'Pod'")]
      : []
  return [
    ...misnamed,
    ...(misnamed.length === 0 && unknown
      ? [invalidValue(`${at}.type`, type, 'must be a standard limit type or fully qualified')]
      : []),
    ...parts.flatMap((part) =>
      Object.keys(limit[part] ?? {}).flatMap((name) => nameOf(`${at}.${part}[${name}]`, name)),
    ),
    ...forPods('default'),
    ...forPods('defaultRequest'),
    ...(type === 'PersistentVolumeClaim' && !limit.min?.storage && !limit.max?.storage
      ? [required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided')]
      : []),
    ...[...names].flatMap((name) => boundErrors(limit, name, at)),
  ]
}

/** The names of a limit's parts in messages; the least first. */
const ORDER = [
  { lower: 'min', upper: 'max', at: 'min', shown: 'min', why: ['min value', 'max value'] },
  {
    lower: 'min',
    upper: 'defaultRequest',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    why: ['min value', 'default request value'],
  },
  {
    lower: 'defaultRequest',
    upper: 'max',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    why: ['default request value', 'max value'],
  },
  {
    lower: 'defaultRequest',
    upper: 'default',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    why: ['default request value', 'default limit value'],
  },
  { lower: 'min', upper: 'default', at: 'default', shown: 'min', why: ['min value', 'default value'] },
  { lower: 'default', upper: 'max', at: 'default', shown: 'max', why: ['default value', 'max value'] },
] as const

function boundErrors(limit: Spec, name: string, at: string): FieldError[] {
  const errors = ORDER.flatMap(({ lower, upper, at: part, shown, why }) => {
    const [low, high] = [limit[lower]?.[name], limit[upper]?.[name]]
    if (low === undefined || high === undefined || parseQuantity(low) <= parseQuantity(high)) return []
    const text = `${why[0]} ${low} is greater than ${why[1]} ${high}`
    return [invalidValue(`${at}.${part}[${name}]`, limit[shown][name], text)]
  })
  const ratio = limit.maxLimitRequestRatio?.[name]
  if (ratio !== undefined && parseQuantity(ratio) < 1_000_000_000n) {
    errors.push(invalidValue(`${at}.maxLimitRequestRatio[${name}]`, ratio, `ratio ${ratio} is less than 1`))
  }
  const [low, high] = [limit.min?.[name], limit.max?.[name]]
  if (ratio !== undefined && low !== undefined && high !== undefined) {
    const most = milli(high) / milli(low)
    const why = `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`
    if (milli(ratio) / 1000 > most) errors.push(invalidValue(`${at}.maxLimitRequestRatio[${name}]`, ratio, why))
  }
  const [fallback, request] = [limit.default?.[name], limit.defaultRequest?.[name]]
  if (!mayOvercommit(name) && fallback !== undefined && request !== undefined && fallback !== request) {
    const why = `default value ${fallback} must equal to defaultRequest value ${request} in ${name}`
    errors.push(invalidValue(`${at}.defaultRequest[${name}]`, request, why))
  }
  return errors
}

/** Thousandths, the finest that Kubernetes calculates with. */
const milli = (quantity: string): number => Number((parseQuantity(quantity) + 999_999n) / 1_000_000n)

const SCOPES = [
  ...['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity'],
  'VolumeAttributesClass',
]
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]
const QUOTA_NAMES =
  /^(cpu|memory|ephemeral-storage|pods|resourcequotas|services|replicationcontrollers|secrets|configmaps|persistentvolumeclaims|services\.(nodeports|loadbalancers)|requests\.(cpu|memory|storage|ephemeral-storage)|limits\.(cpu|memory|ephemeral-storage)|(requests\.)?hugepages-.*)$/

/** Amounts of what a quota counts. */
export function quotaAmounts(amounts: Record<string, string>, at: string): FieldError[] {
  return Object.entries(amounts).flatMap(([name, quantity]) => {
    const field = `${at}[${name}]`
    const standard = name.includes('/') || QUOTA_NAMES.test(name)
    return [
      ...resourceName(field, name),
      ...(standard ? [] : [invalidValue(field, name, 'must be a standard resource for quota')]),
      ...amount(field, name, quantity),
    ]
  })
}

const UNCOUNTED = 'unsupported scope applied to resource'

/** A selector of scopes as Go has it. */
const shownSelector = ({ matchExpressions = [] }: Spec): Spec => ({
  MatchExpressions: (matchExpressions as Spec[]).map(({ scopeName = '', operator = '', values = null }) => ({
    ScopeName: scopeName,
    Operator: operator,
    Values: values,
  })),
})

function quota({ hard = {}, scopes = [], scopeSelector }: Spec, at: string): FieldError[] {
  const uncounted = (scope: string): string[] =>
    Object.keys(hard).filter((name) => QUOTA_NAMES.test(name) && !counts(scope, name))
  return [
    ...quotaAmounts(hard, `${at}.hard`),
    ...scopes.flatMap((scope: string) => [
      ...(SCOPES.includes(scope) ? [] : [invalidValue(`${at}.scopes`, scopes, 'unsupported scope')]),
      ...uncounted(scope).map(() => invalidValue(`${at}.scopes`, scopes, UNCOUNTED)),
    ]),
    ...OPPOSITES.filter((pair) => pair.every((one) => scopes.includes(one))).map(() =>
      invalidValue(`${at}.scopes`, scopes, 'conflicting scopes'),
    ),
    ...((scopeSelector?.matchExpressions ?? []) as Spec[]).flatMap((one) => [
      ...scopeRequirement(one, `${at}.scopeSelector.matchExpressions`),
      ...uncounted(one.scopeName).map(() =>
        invalidValue(`${at}.scopeSelector.matchExpressions`, shownSelector(scopeSelector), UNCOUNTED),
      ),
    ]),
  ]
}

const OF_PODS = /^(pods|((requests|limits)\.)?(cpu|memory))$/

/** Whether what a scope selects uses a resource at all (IsResourceQuotaScopeValidForResource). */
function counts(scope: string, name: string): boolean {
  if (scope === 'BestEffort') return name === 'pods'
  if (scope === 'VolumeAttributesClass') return name === 'persistentvolumeclaims' || name === 'requests.storage'
  return !SCOPES.includes(scope) || OF_PODS.test(name)
}

function scopeRequirement({ scopeName, operator, values = [] }: Spec, at: string): FieldError[] {
  const mustExist = scopeName !== 'PriorityClass' && scopeName !== 'VolumeAttributesClass'
  const exists =
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
  const listed = operator === 'In' || operator === 'NotIn'
  const known = listed || operator === 'Exists' || operator === 'DoesNotExist'
  const some = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
  const none = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
  return [
    ...(SCOPES.includes(scopeName) ? [] : [invalidValue(`${at}.scopeName`, scopeName ?? '', 'unsupported scope')]),
    ...(mustExist && SCOPES.includes(scopeName) && operator !== 'Exists'
      ? [invalidValue(`${at}.operator`, operator ?? '', exists)]
      : []),
    ...(listed && values.length === 0 ? [required(`${at}.values`, some)] : []),
    ...(known && !listed && values.length > 0 ? [invalidValue(`${at}.values`, values, none)] : []),
    ...(known ? [] : [invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator')]),
  ]
}
