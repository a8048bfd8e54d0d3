import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { Rbac } from '../access/rbac.ts'
import { describeRules, EVERY_RIGHT, type PolicyRule, quotedList, uncoveredRights } from '../access/rbac-rules.ts'
import { notFound } from '../api/status.ts'
import { type AdmissionPlugin, type AdmissionRequest, refused } from './admission.ts'

const GROUP = 'rbac.authorization.k8s.io'

/**
 * Nobody gives what they do not have: roles and bindings may only hold rights of their author (the RBAC escalation check of
 * pkg/registry/rbac, policybased). An object that has more already is not touched either, except by the garbage collector.
 */
export function roleEscalation(rbac: Rbac): AdmissionPlugin {
  return {
    validate(request) {
      const { resource, operation, object, old, user } = request
      if (resource.group !== GROUP || !object || operation === 'DELETE') return
      if (user.groups.includes('system:masters') || (old && equalJson(substance(object), substance(old)))) return
      if (resource.plural.endsWith('roles')) checkRole(request, object)
      else checkBinding(request, object)
    },
  }

  function checkRole(request: AdmissionRequest, role: KubeObject): void {
    const { resource, old, user, namespace, name, named } = request
    const where = { group: GROUP, resource: resource.plural, ...(named && { name }), ...placeOf(namespace) }
    if (rbac.allows({ user, verb: 'escalate', ...where })) return
    checkRules(request, (role.rules ?? []) as PolicyRule[])
    if (!aggregates(role) && !aggregates(old)) return
    // Whatever others write into a role that matches comes along.
    if (uncoveredRights(EVERY_RIGHT, rbac.rulesOf(user, namespace)).length === 0) return
    throw refused(request, 'must have cluster-admin privileges to use the aggregationRule')
  }

  function checkBinding(request: AdmissionRequest, { roleRef }: KubeObject): void {
    const { resource, user, namespace } = request
    const role = { resource: roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles', name: roleRef.name }
    if (rbac.allows({ user, verb: 'bind', group: GROUP, ...role, ...placeOf(namespace) })) return
    const rules = rbac.rulesOfRole(roleRef, namespace)
    // The role's name with the binding's type is what Kubernetes says.
    if (!rules) throw notFound(resource, roleRef.name)
    checkRules(request, rules)
  }

  function checkRules(request: AdmissionRequest, rules: PolicyRule[]): void {
    const { user, namespace } = request
    const missing = uncoveredRights(rules, rbac.rulesOf(user, namespace))
    if (missing.length === 0) return
    const who = `user "${user.name}" (groups=${quotedList(user.groups)})`
    throw refused(
      request,
      `${who} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing)}`,
    )
  }
}

const placeOf = (namespace: string | undefined) => (namespace ? { namespace } : {})

const aggregates = (role: Readonly<KubeObject> | undefined): boolean =>
  (role?.aggregationRule?.clusterRoleSelectors ?? []).length > 0

/** An object without what the garbage collector writes (IsOnlyMutatingGCFields). */
function substance(object: Readonly<KubeObject>): object {
  const { ownerReferences: _, finalizers: __, managedFields: ___, ...metadata } = object.metadata
  return { ...object, metadata }
}
