import { equalJson, labelNameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { FLOW_SCHEMAS, PRIORITY_LEVELS } from '../flow-control/defaults.ts'
import type { TypeRules } from './check-types.ts'
import { forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { requiredText } from './values.ts'

/** Priority and fairness (flowcontrol/validation). */
export const flowControlRules: TypeRules = {
  'flowcontrol/v1.FlowSchema': ({ metadata, spec = {} }) => [
    ...(spec.matchingPrecedence === 1 && metadata.name !== 'exempt'
      ? [invalidValue('spec.matchingPrecedence', 1, "only the schema named 'exempt' may have matchingPrecedence 1")]
      : []),
    ...mandatory(metadata.name, spec),
  ],
  'flowcontrol/v1.FlowSchemaSpec': ({ matchingPrecedence = 0, priorityLevelConfiguration: level }, at) => [
    ...positive(`${at}.matchingPrecedence`, matchingPrecedence, 'must be a positive value'),
    ...(matchingPrecedence > 10_000
      ? [invalidValue(`${at}.matchingPrecedence`, matchingPrecedence, 'must not be greater than 10000')]
      : []),
    ...(level?.name
      ? subdomainNameErrors(level.name).map((why) =>
          invalidValue(`${at}.priorityLevelConfiguration.name`, level.name, why),
        )
      : [required(`${at}.priorityLevelConfiguration.name`, 'must reference a priority level')]),
  ],
  'flowcontrol/v1.FlowDistinguisherMethod': ({ type = '' }, at) =>
    METHODS.includes(type) ? [] : [notSupported(`${at}.type`, { Type: type }, METHODS)],
  'flowcontrol/v1.PolicyRulesWithSubjects': ({ subjects = [], resourceRules = [], nonResourceRules = [] }, at) => [
    ...(subjects.length > 0 ? [] : [required(`${at}.subjects`, 'subjects must contain at least one value')]),
    ...(resourceRules.length + nonResourceRules.length > 0
      ? []
      : [required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty')]),
  ],
  'flowcontrol/v1.Subject': subject,
  'flowcontrol/v1.ResourcePolicyRule': resourceRule,
  'flowcontrol/v1.NonResourcePolicyRule': ({ verbs = [], nonResourceURLs: urls = [] }, at) => [
    ...verbErrors(verbs, `${at}.verbs`),
    ...(urls.length > 0
      ? urls.includes('*')
        ? alone(urls, `${at}.nonResourceURLs`, 'non-resource URLs')
        : urls.flatMap((url: string, index: number) => pathErrors(url, `${at}.nonResourceURLs[${index}]`))
      : [required(`${at}.nonResourceURLs`, 'nonResourceURLs must contain at least one value')]),
  ],
  'flowcontrol/v1.PriorityLevelConfiguration': ({ metadata, spec = {} }) =>
    (metadata.name === 'exempt') === (spec.type === 'Exempt')
      ? mandatoryLevel(metadata.name, spec)
      : [
          invalidValue('spec.type', spec.type ?? '', "must be 'Exempt' if and only if `name` is 'exempt'"),
          ...mandatoryLevel(metadata.name, spec),
        ],
  'flowcontrol/v1.PriorityLevelConfigurationSpec': level,
  'flowcontrol/v1.LimitedPriorityLevelConfiguration': (limited, at) => [
    ...shares(limited, at),
    ...(limited.borrowingLimitPercent < 0
      ? [
          invalidValue(
            `${at}.borrowingLimitPercent`,
            limited.borrowingLimitPercent,
            'if specified, must be a non-negative integer',
          ),
        ]
      : []),
  ],
  'flowcontrol/v1.ExemptPriorityLevelConfiguration': shares,
  'flowcontrol/v1.LimitResponse': ({ type = '', queuing }, at) => {
    const field = `${at}.queuing`
    if (type === 'Reject') {
      return queuing ? [forbiddenField(field, 'must be nil if limited.limitResponse.type is not Limited')] : []
    }
    if (type !== 'Queue') return [notSupported(`${at}.type`, type, ['Queue', 'Reject'])]
    return queuing ? [] : [required(field, 'must not be empty if limited.limitResponse.type is Limited')]
  },
  'flowcontrol/v1.QueuingConfiguration': queues,
}

const METHODS = ['ByNamespace', 'ByUser']

const positive = (field: string, value: number, why = 'must be positive'): FieldError[] =>
  value > 0 ? [] : [invalidValue(field, value, why)]

/** The schemas and levels without which the server would not work stay as they are. */
function mandatory(name: string, spec: Spec): FieldError[] {
  if (!MANDATORY.includes(name) || equalJson(spec, FLOW_SCHEMAS[name] ?? {})) return []
  return [invalidValue('spec', spec, `spec of '${name}' must equal the fixed value`)]
}

function mandatoryLevel(name: string, spec: Spec): FieldError[] {
  if (!MANDATORY.includes(name)) return []
  const { exempt: _, ...fixed } = PRIORITY_LEVELS[name] ?? {}
  const { exempt: __, ...own } = spec
  const isSame = name === 'exempt' ? equalJson(own, fixed) : equalJson(spec, PRIORITY_LEVELS[name] ?? {})
  const but = name === 'exempt' ? " except the 'spec.exempt' field" : ''
  return isSame ? [] : [invalidValue('spec', spec, `spec of '${name}'${but} must equal the fixed value`)]
}

const MANDATORY = ['exempt', 'catch-all']

const WHO: Record<string, string> = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' }

/** One of a user, a group or a ServiceAccount, as its kind says. */
function subject({ kind = '', ...given }: Spec, at: string): FieldError[] {
  const own = WHO[kind]
  if (!own) return [notSupported(`${at}.kind`, kind, ['Group', 'ServiceAccount', 'User'])]
  const others = Object.entries(WHO).filter(([other, field]) => other !== kind && given[field])
  return [
    ...(given[own]
      ? identity(kind, given[own], `${at}.${own}`)
      : [required(`${at}.${own}`, `${own} is required when subject kind is '${kind}'`)]),
    ...others.map(([other, field]) =>
      forbiddenField(`${at}.${field}`, `${field} is forbidden when subject kind is not '${other}'`),
    ),
  ]
}

function identity(kind: string, { name = '', namespace }: Spec, at: string): FieldError[] {
  if (kind !== 'ServiceAccount') return name ? [] : [required(`${at}.name`)]
  return [
    ...(name === '*' ? [] : requiredText(`${at}.name`, name, subdomainNameErrors)),
    ...(namespace
      ? labelNameErrors(namespace).map((why) => invalidValue(`${at}.namespace`, namespace, why))
      : [required(`${at}.namespace`, 'must specify namespace for service account')]),
  ]
}

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

function verbErrors(verbs: string[], at: string): FieldError[] {
  if (verbs.length === 0) return [required(at, 'verbs must contain at least one value')]
  if (verbs.includes('*')) return alone(verbs, at, 'verbs')
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(at, verbs, VERBS)]
}

/** What means everything stands alone. */
const alone = (list: string[], at: string, others: string): FieldError[] =>
  list.includes('*') && list.length > 1
    ? [invalidValue(at, list, `if '*' is present, must not specify other ${others}`)]
    : []

function resourceRule({ verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope }: Spec, at: string) {
  const some = (list: string[], field: string, one: string, others: string): FieldError[] =>
    list.length > 0
      ? alone(list, `${at}.${field}`, others)
      : [required(`${at}.${field}`, `resource rules must supply at least one ${one}`)]
  const nowhere = 'resource rules that are not cluster scoped must supply at least one namespace'
  return [
    ...verbErrors(verbs, `${at}.verbs`),
    ...some(apiGroups, 'apiGroups', 'api group', 'api groups'),
    ...some(resources, 'resources', 'resource', 'resources'),
    ...(namespaces.length === 0 && !clusterScope ? [required(`${at}.namespaces`, nowhere)] : []),
    ...(namespaces.includes('*')
      ? alone(namespaces, `${at}.namespaces`, 'namespaces')
      : namespaces.flatMap((name: string, index: number) =>
          labelNameErrors(name).map((why) => invalidValue(`${at}.namespaces[${index}]`, name, MEMBER + why)),
        )),
  ]
}

const MEMBER = "each member of this list must be '*' or a DNS-1123 label; "

function pathErrors(path: string, at: string): FieldError[] {
  if (path === '') return [invalidValue(at, path, 'must not be empty')]
  if (path === '/') return []
  const [, ...wildcards] = path.split('*')
  const why = !path.startsWith('/')
    ? 'must start with slash'
    : path.includes(' ')
      ? 'must not contain white-space'
      : path.includes('//')
        ? 'must not contain double slash'
        : wildcards.length > 1 || (wildcards.length === 1 && !path.endsWith('/*'))
          ? 'wildcard can only do suffix matching'
          : undefined
  return why ? [invalidValue(at, path, why)] : []
}

function level({ type = '', limited, exempt }: Spec, at: string): FieldError[] {
  if (type === 'Exempt') {
    return limited ? [forbiddenField(`${at}.limited`, 'must be nil if the type is not Limited')] : []
  }
  if (type !== 'Limited') return [notSupported(`${at}.type`, type, ['Exempt', 'Limited'])]
  return [
    ...(exempt ? [forbiddenField(`${at}.exempt`, 'must be nil if the type is Limited')] : []),
    ...(limited ? [] : [required(`${at}.limited`, 'must not be empty when type is Limited')]),
  ]
}

function shares({ nominalConcurrencyShares: own = 0, lendablePercent: lent = 0 }: Spec, at: string): FieldError[] {
  return [
    ...(own < 0 ? [invalidValue(`${at}.nominalConcurrencyShares`, own, 'must be a non-negative integer')] : []),
    ...(lent < 0 || lent > 100
      ? [invalidValue(`${at}.lendablePercent`, lent, 'must be between 0 and 100, inclusive')]
      : []),
  ]
}

const MOST_QUEUES = 10_000_000
const HASH_BITS = 60

function queues({ queueLengthLimit = 0, queues: count = 0, handSize = 0 }: Spec, at: string): FieldError[] {
  const field = `${at}.handSize`
  // A quick and slightly conservative estimate, which is shufflesharding's.
  const needed = Math.ceil(Math.log2(count) * handSize)
  const entropy = `required entropy bits of deckSize ${count} and handSize ${handSize} should not be greater than ${HASH_BITS}`
  const hand =
    handSize <= 0
      ? positive(field, handSize)
      : handSize > count
        ? [invalidValue(field, handSize, `should not be greater than queues (${count})`)]
        : needed > HASH_BITS
          ? [invalidValue(field, handSize, entropy)]
          : []
  return [
    ...positive(`${at}.queueLengthLimit`, queueLengthLimit),
    ...positive(`${at}.queues`, count),
    ...(count > MOST_QUEUES ? [invalidValue(`${at}.queues`, count, `must not be greater than ${MOST_QUEUES}`)] : []),
    ...hand,
  ]
}
