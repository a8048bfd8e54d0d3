import type { AccessAttributes } from './authorize.ts'

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

/** What `cluster-admin` may. */
export const EVERY_RIGHT: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

/** Whether a rule allows a request (rbac's RuleAllows). */
export function ruleAllows(
  rule: PolicyRule,
  { verb, path, group = '', resource, subresource, name }: AccessAttributes,
): boolean {
  if (!has(rule.verbs, verb)) return false
  if (resource === undefined || resource === '') return pathMatches(rule.nonResourceURLs ?? [], path ?? '')
  if (!has(rule.apiGroups ?? [], group)) return false
  const wanted = subresource ? `${resource}/${subresource}` : resource
  const resources = rule.resources ?? []
  if (
    !resources.includes('*') &&
    !resources.includes(wanted) &&
    !(subresource && resources.includes(`*/${subresource}`))
  )
    return false
  const names = rule.resourceNames ?? []
  return names.length === 0 || names.includes(name ?? '')
}

function has(list: string[], value: string): boolean {
  return list.includes('*') || list.includes(value)
}

function pathMatches(patterns: string[], path: string): boolean {
  return patterns.some((one) => one === '*' || one === path || (one.endsWith('*') && path.startsWith(one.slice(0, -1))))
}

/** Every single right in some rules; a right of a rule is covered when some own rule has it (rbac's Covers). */
export function uncoveredRights(wanted: PolicyRule[], own: PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(singleRights).filter((right) => !own.some((rule) => covers(rule, right)))
}

/** A rule with one verb, and one resource of one group by one name, or one path. */
function singleRights({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): PolicyRule[] {
  const names = resourceNames.length > 0 ? resourceNames.map((name) => [name]) : [[]]
  const paths = nonResourceURLs.flatMap((path) => verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [path] })))
  const objects = verbs.flatMap((verb) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        names.map((resourceNamesOfOne) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(resourceNamesOfOne.length > 0 && { resourceNames: resourceNamesOfOne }),
        })),
      ),
    ),
  )
  return [...objects, ...paths]
}

function covers(rule: PolicyRule, right: PolicyRule): boolean {
  const [verb = '', group, resource = '', path] = [
    right.verbs[0],
    right.apiGroups?.[0],
    right.resources?.[0],
    right.nonResourceURLs?.[0],
  ]
  if (!has(rule.verbs, verb)) return false
  if (path !== undefined) return pathMatches(rule.nonResourceURLs ?? [], path)
  const resources = rule.resources ?? []
  const [, part] = resource.split('/')
  const named =
    resources.includes('*') || resources.includes(resource) || (part !== undefined && resources.includes(`*/${part}`))
  if (!has(rule.apiGroups ?? [], group ?? '') || !named) return false
  const names = rule.resourceNames ?? []
  return names.length === 0 || (right.resourceNames ?? []).some((name) => names.includes(name))
}

/** Rights in the words of Kubernetes' refusal: the verbs of one resource together, in the order of their texts (CompactRules). */
export function describeRules(rights: PolicyRule[]): string {
  const rules = new Map<string, PolicyRule>()
  for (const right of rights) {
    const { verbs, ...what } = right
    const key = JSON.stringify(right.nonResourceURLs ? right : what)
    const known = rules.get(key)
    if (known) known.verbs.push(...verbs)
    else rules.set(key, { ...what, verbs: [...verbs] })
  }
  return [...new Set([...rules.values()].map(describeRule))].toSorted().join('\n')
}

/** A rule in the words of Kubernetes' refusal. */
function describeRule({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule): string {
  const part = (name: string, list: string[] | undefined) => (list?.length ? [`${name}:${quotedList(list)}`] : [])
  return `{${[
    ...part('APIGroups', apiGroups),
    ...part('Resources', resources),
    ...part('ResourceNames', resourceNames),
    ...part('NonResourceURLs', nonResourceURLs),
    ...part('Verbs', verbs),
  ].join(', ')}}`
}

/** A list of texts as Go's `%q` writes it. */
export const quotedList = (texts: string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`
