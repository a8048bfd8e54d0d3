import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { User } from '../api/request.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf, prefixOf } from '../storage/keys.ts'
import type { AccessAttributes } from './authorize.ts'
import { type PolicyRule, ruleAllows } from './rbac-rules.ts'

const GROUP = 'rbac.authorization.k8s.io'
const CLUSTER_ROLES = { group: GROUP, plural: 'clusterroles', namespaced: false }
const CLUSTER_BINDINGS = { group: GROUP, plural: 'clusterrolebindings', namespaced: false }
const ROLES = { group: GROUP, plural: 'roles', namespaced: true }
const BINDINGS = { group: GROUP, plural: 'rolebindings', namespaced: true }

interface RoleRef {
  kind: string
  name: string
}

interface Subject {
  kind: string
  name: string
  namespace?: string
}

/** Role-based access control over the roles and bindings that are stored. */
export class Rbac {
  readonly #store: RevisionStore

  constructor(store: RevisionStore) {
    this.#store = store
  }

  /** Whether someone may do something. `system:masters` may do everything. */
  allows(attributes: AccessAttributes): boolean {
    const { user, namespace } = attributes
    if (user.groups.includes('system:masters')) return true
    for (const rule of this.#rules(user, namespace)) if (ruleAllows(rule, attributes)) return true
    return false
  }

  /** All rules for someone in a namespace, those for the whole cluster among them. */
  rulesOf(user: User, namespace: string | undefined): PolicyRule[] {
    return [...this.#rules(user, namespace)]
  }

  /** The rules of the role that a binding refers to; undefined when it does not exist. */
  rulesOfRole({ kind, name }: RoleRef, namespace: string | undefined): PolicyRule[] | undefined {
    const entry = this.#store.get(
      kind === 'ClusterRole' ? keyOf(CLUSTER_ROLES, undefined, name) : keyOf(ROLES, namespace, name),
    )
    return entry && ((viewEntry(entry).rules ?? []) as PolicyRule[])
  }

  /** By which binding someone may do something, in Kubernetes' words; undefined = by none. */
  reason(attributes: AccessAttributes): string | undefined {
    const { user, namespace } = attributes
    if (user.groups.includes('system:masters')) return undefined
    for (const binding of this.#bindings(user, namespace)) {
      const rules = this.rulesOfRole(binding.roleRef, namespace) ?? []
      if (rules.some((rule) => ruleAllows(rule, attributes))) return `RBAC: allowed by ${describe(binding, user)}`
    }
    return undefined
  }

  *#rules(user: User, namespace: string | undefined): Generator<PolicyRule> {
    for (const { roleRef } of this.#bindings(user, namespace)) yield* this.rulesOfRole(roleRef, namespace) ?? []
  }

  /** Those of the whole cluster, then those of the namespace. */
  *#bindings(user: User, namespace: string | undefined): Generator<Readonly<KubeObject>> {
    const prefixes = [prefixOf(CLUSTER_BINDINGS), ...(namespace ? [prefixOf(BINDINGS, namespace)] : [])]
    for (const prefix of prefixes) {
      for (const entry of this.#store.list(prefix).entries) {
        const binding = viewEntry(entry)
        if (isSubject(user, binding)) yield binding
      }
    }
  }
}

function describe({ kind, metadata, roleRef, subjects }: Readonly<KubeObject>, user: User): string {
  const named = (name: string, namespace: string | undefined) => (namespace ? `${name}/${namespace}` : name)
  const subject = ((subjects ?? []) as Subject[]).find((one) => isUser(user, one, metadata.namespace)) as Subject
  const home = subject.kind === 'ServiceAccount' ? (subject.namespace ?? metadata.namespace) : undefined
  const binding = `${kind} "${named(metadata.name, metadata.namespace)}" of ${roleRef.kind} "${roleRef.name}"`
  return `${binding} to ${subject.kind} "${named(subject.name, home)}"`
}

function isSubject(user: User, { subjects, metadata }: Readonly<KubeObject>): boolean {
  return ((subjects ?? []) as Subject[]).some((subject) => isUser(user, subject, metadata.namespace))
}

function isUser(user: User, { kind, name, namespace }: Subject, own: string | undefined): boolean {
  if (kind === 'User') return user.name === name
  if (kind === 'Group') return user.groups.includes(name)
  return kind === 'ServiceAccount' && user.name === `system:serviceaccount:${namespace ?? own}:${name}`
}
