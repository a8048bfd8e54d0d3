import { type KubeObject, type LabelSelector, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf } from '../storage/keys.ts'
import type { AdmissionRequest } from './admission.ts'

const NAMESPACES = { group: '', plural: 'namespaces', namespaced: false }

/** Which requests a webhook or a policy wants to see. */
export interface Interest {
  rules: Spec[]
  excluded?: Spec[]
  /** Equivalent = a rule for another version of the same type counts, too. */
  matchPolicy?: string
  namespaceSelector?: LabelSelector
  objectSelector?: LabelSelector
}

export interface MatchDeps {
  store: RevisionStore
  registry: ResourceRegistry
}

/** The type in the version in which the interested party wants to see the request; undefined = it does not. */
export function matchRequest(interest: Interest, request: AdmissionRequest, deps: MatchDeps): Resource | undefined {
  if (!namespaceMatches(interest.namespaceSelector, request, deps.store)) return undefined
  if (!objectMatches(interest.objectSelector, request)) return undefined
  if (interest.excluded?.some((rule) => ruleMatches(rule, request, request.resource))) return undefined
  const { resource } = request
  if (interest.rules.some((rule) => ruleMatches(rule, request, resource))) return resource
  if (interest.matchPolicy === 'Exact') return undefined
  const others = deps.registry
    .all()
    .filter(
      ({ group, plural, version }) =>
        group === resource.group && plural === resource.plural && version !== resource.version,
    )
  return others.find((other) => interest.rules.some((rule) => ruleMatches(rule, request, other)))
}

function ruleMatches(rule: Spec, { operation, subresource, resource, name }: AdmissionRequest, as: Resource): boolean {
  const has = (list: string[] | undefined, value: string) => list?.includes('*') || list?.includes(value) || false
  if (!has(rule.operations, operation) || !has(rule.apiGroups, as.group) || !has(rule.apiVersions, as.version))
    return false
  if (rule.scope === 'Cluster' && resource.namespaced) return false
  if (rule.scope === 'Namespaced' && !resource.namespaced) return false
  if (rule.resourceNames?.length > 0 && !rule.resourceNames.includes(name)) return false
  return (rule.resources ?? []).some((pattern: string) => {
    const [wanted, part] = pattern.split('/')
    if (wanted !== '*' && wanted !== resource.plural) return false
    return part === undefined ? subresource === undefined : part === '*' || part === subresource
  })
}

/** The namespace of a request; of a Namespace that is written, itself. */
export function namespaceOf(
  { resource, namespace, object, old }: AdmissionRequest,
  store: RevisionStore,
): Readonly<KubeObject> | undefined {
  if (resource.group === '' && resource.plural === 'namespaces') return object ?? old
  if (!resource.namespaced || namespace === undefined) return undefined
  const entry = store.get(keyOf(NAMESPACES, undefined, namespace))
  return entry && viewEntry(entry)
}

function namespaceMatches(
  selector: LabelSelector | undefined,
  request: AdmissionRequest,
  store: RevisionStore,
): boolean {
  if (isEverything(selector)) return true
  const namespace = namespaceOf(request, store)
  // Selectors of namespaces have no say in what is in none.
  return namespace === undefined || selects(selector, namespace)
}

function objectMatches(selector: LabelSelector | undefined, { object, old }: AdmissionRequest): boolean {
  if (isEverything(selector)) return true
  return [object, old].some((one) => one !== undefined && selects(selector, one))
}

function isEverything(selector: LabelSelector | undefined): selector is undefined {
  return !selector || (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length)
}

function selects(selector: LabelSelector, { metadata }: Readonly<KubeObject>): boolean {
  return matchesLabels(metadata.labels, labelRequirements(selector))
}
