import { stringify } from '@slipway/go-yaml'
import { KustomizeError, prefixed } from '../fault.ts'
import { changeField } from '../field-spec.ts'
import { describeId, effectiveNamespace, type Gvk, isSelected } from '../identity.ts'
import type { Resource } from '../resource.ts'
import type { NameReference } from '../transformer-config.ts'
import { isMap, isNull, isScalar, stringOf, textOf } from '../values.ts'
import { nearest } from './same-layers.ts'
import type { Transformer } from './transformer.ts'

/** Gives references the present names of what they refer to (api/filters/nameref). */
export function nameReferenceTransformer(references: readonly NameReference[]): Transformer {
  return ({ resources }) => {
    const known = new Known(resources)
    for (const resource of resources) {
      const referrer = new Referrer(resource)
      const id = resource.previous.length > 0 ? resource.originalId : resource.id
      for (const reference of references) {
        for (const spec of reference.fieldSpecs ?? []) {
          if (isSelected(id, spec)) new Reference(referrer, reference, spec.path, known).fix()
        }
      }
    }
  }
}

/** The objects of a build by what they were called. */
class Known {
  readonly #byName = new Map<string, Resource[]>()
  readonly #byNamespace = new Map<string, Resource[]>()

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      for (const name of new Set(resource.previous.map((id) => id.name))) add(this.#byName, name, resource)
      add(this.#byNamespace, effectiveNamespace(resource.originalId), resource)
    }
  }

  /** The objects that once had a name. */
  named(name: string): readonly Resource[] {
    return this.#byName.get(name) ?? []
  }

  /** The objects that were in a namespace at first. */
  inNamespace(namespace: string): readonly Resource[] {
    return this.#byNamespace.get(namespace) ?? []
  }
}

function add(map: Map<string, Resource[]>, key: string, resource: Resource): void {
  const same = map.get(key)
  if (same) same.push(resource)
  else map.set(key, [resource])
}

/** An object that may refer to others, and which others it sees. */
class Referrer {
  readonly resource: Resource
  readonly #isClusterScoped: boolean
  readonly #namespace: string
  readonly #bound: ReadonlySet<string>

  constructor(resource: Resource) {
    this.resource = resource
    this.#isClusterScoped = resource.isClusterScoped
    this.#namespace = effectiveNamespace(resource)
    this.#bound = boundNamespaces(resource)
  }

  /** Objects in namespaces see those of their own, and of accounts that they bind (SubsetThatCouldBeReferencedByResource). */
  sees(other: Resource): boolean {
    if (this.#isClusterScoped || other.isClusterScoped) return true
    return effectiveNamespace(other) === this.#namespace || this.#bound.has(other.namespace)
  }

  /** Of these they may refer to accounts only. */
  mayReferTo(other: Resource): boolean {
    if (this.#isClusterScoped || other.isClusterScoped || other.kind === 'ServiceAccount') return true
    return effectiveNamespace(other) === this.#namespace
  }
}

/** One field of one object that may hold names of a kind. */
class Reference {
  readonly #referrer: Referrer
  readonly #target: NameReference
  readonly #path: string
  readonly #known: Known

  constructor(referrer: Referrer, target: NameReference, path: string, known: Known) {
    this.#referrer = referrer
    this.#target = target
    this.#path = path
    this.#known = known
  }

  fix(): void {
    const referrer = this.#referrer.resource
    prefixed(
      `updating name reference in '${this.#path}' field of '${describeId(referrer.id)}'`,
      () => changeField(referrer, { ...referrer.gvk, path: this.#path }, { set: (value) => this.#set(value) }),
      referrer.source,
    )
  }

  #set(value: unknown): unknown {
    if (isNull(value)) return value
    if (Array.isArray(value)) return value.map((item) => (isNull(item) ? item : this.#setOne(item)))
    return this.#setOne(value)
  }

  #setOne(value: unknown): unknown {
    if (isMap(value)) return this.#setMap(value)
    if (!isScalar(value))
      throw new KustomizeError('KUSTOMIZE_INVALID', 'is expected to be either a string or a map of string')
    const referral = this.#select(textOf(value), undefined)
    return referral ? referral.name : value
  }

  /** Subjects and webhooks' services are named together with their namespace. */
  #setMap(map: Record<string, unknown>): unknown {
    if (!('name' in map)) throw new KustomizeError('KUSTOMIZE_INVALID', "path config error; no 'name' field in node")
    const referral = this.#select(textOf(map.name), 'namespace' in map ? textOf(map.namespace) : undefined, true)
    if (!referral) return map
    map.name = referral.name
    if (referral.namespace !== '') map.namespace = referral.namespace
    return map
  }

  #select(name: string, namespace: string | undefined, isMapping = false): Resource | undefined {
    let candidates = this.#known.named(name).filter((resource) => this.#referrer.sees(resource))
    if (candidates.length === 0) return undefined
    if (namespace !== undefined) candidates = this.#inNamespace(candidates, namespace)
    candidates = candidates
      .filter((resource) => wasSelected(resource, this.#target))
      .filter(roleFilter(this.#referrer.resource, this.#path))
      .filter((resource) => this.#referrer.mayReferTo(resource))
    const found = nearest(candidates, this.#referrer.resource)
    const [first] = found
    if (found.length <= 1) return first
    const isSame = (other: Resource): boolean =>
      other.name === first?.name && (!isMapping || other.namespace === first.namespace)
    if (found.every(isSame)) return first
    throw ambiguous(found, this.#referrer.resource)
  }

  /** Those that were in a namespace at first, or are there now if nothing was in it. */
  #inNamespace(candidates: Resource[], namespace: string): Resource[] {
    const isOld = this.#known.inNamespace(namespace).some((resource) => this.#referrer.sees(resource))
    return candidates.filter((resource) => effectiveNamespace(isOld ? resource.originalId : resource) === namespace)
  }
}

const wasSelected = (resource: Resource, selector: Partial<Gvk>): boolean =>
  resource.previousIds.some((id) => isSelected(id, selector))

function boundNamespaces({ kind, object, id, isClusterScoped }: Resource): Set<string> {
  const subjects = kind === 'RoleBinding' && Array.isArray(object?.subjects) ? object.subjects : []
  const namespaces = new Set<string>()
  for (const subject of isClusterScoped ? [] : subjects) {
    if (!isMap(subject) || !('namespace' in subject) || textOf(subject.kind) !== 'ServiceAccount') continue
    const namespace = stringOf(subject.namespace)
    if (namespace === undefined) {
      throw new KustomizeError(
        'KUSTOMIZE_INVALID',
        `Invalid Input: namespace is blank for resource "${describeId(id)}"\n`,
      )
    }
    namespaces.add(namespace)
  }
  return namespaces
}

/** A role is one of the kind that the binding names. */
function roleFilter({ object }: Resource, path: string): (resource: Resource) => boolean {
  const roleRef = object?.roleRef
  if (!path.endsWith('roleRef/name') || !isMap(roleRef) || isNull(roleRef.apiGroup) || isNull(roleRef.kind)) {
    return () => true
  }
  const role = { group: textOf(roleRef.apiGroup), kind: textOf(roleRef.kind) }
  return (resource) => wasSelected(resource, role)
}

function ambiguous(found: readonly Resource[], referrer: Resource): KustomizeError {
  const ids = found.map(({ id }) => describeId(id)).join(', ')
  const shown = found
    .map((resource, index) => `--- possible referral ${index}:\n${stringify(resource.annotated())}\n`)
    .join('')
  const told = `found multiple possible referrals: ${ids}`
  const details = `\n**** Too many possible referral targets to referrer:\n${stringify(referrer.annotated())}\n${shown}`
  return new KustomizeError('KUSTOMIZE_INVALID', told, { told: `${told}\n${details}` })
}
