import { equalJson } from '@slipway/kube-objects'
import type { Rbac } from '../access/rbac.ts'
import { describeRule, type PolicyRule, uncoveredRights } from '../access/rbac-rules.ts'
import { forbidden } from '../api/status.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

const GROUP = 'rbac.authorization.k8s.io'

/** Nobody gives what they do not have: roles and bindings may only hold rights of their author (RBAC escalation check). */
export function roleEscalation(rbac: Rbac): AdmissionPlugin {
  return {
    validate(request) {
      const { resource, operation, object, old, user } = request
      if (resource.group !== GROUP || !object || operation === 'DELETE') return
      if (user.groups.includes('system:masters')) return
      if (resource.plural.endsWith('roles')) {
        if (old && equalJson(old.rules ?? [], object.rules ?? [])) return
        check(request, (object.rules ?? []) as PolicyRule[], 'escalate')
        return
      }
      if (old && equalJson(old.subjects ?? [], object.subjects ?? [])) return
      check(request, rbac.rulesOfRole(object.roleRef, request.namespace), 'bind')
    },
  }

  function check(request: AdmissionRequest, rules: PolicyRule[], verb: 'escalate' | 'bind'): void {
    const { resource, object, user, namespace, name } = request
    const role =
      verb === 'escalate'
        ? { resource: resource.plural, name }
        : { resource: object?.roleRef?.kind === 'ClusterRole' ? 'clusterroles' : 'roles', name: object?.roleRef?.name }
    if (rbac.allows({ user, verb, group: GROUP, ...role, ...(namespace && { namespace }) })) return
    const missing = uncoveredRights(rules, rbac.rulesOf(user, namespace))
    if (missing.length === 0) return
    const who = `user "${user.name}" (groups=${JSON.stringify(user.groups)})`
    throw forbidden(
      resource,
      name,
      `${who} is attempting to grant RBAC permissions not currently held:\n${missing.map(describeRule).join('\n')}`,
    )
  }
}
