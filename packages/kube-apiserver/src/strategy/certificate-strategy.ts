import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { certificateChanges } from '../validation/certificates.ts'
import type { Strategy } from './strategy.ts'

/** CertificateSigningRequests: who asks is what the server knows, and approving changes nothing but conditions. */
export const certificateStrategy: Strategy = {
  prepareCreate(request, { user }) {
    const { username: _, uid: __, groups: ___, extra: ____, ...spec } = (request.spec ?? {}) as Spec
    request.spec = {
      ...spec,
      username: user.name,
      ...(user.uid && { uid: user.uid }),
      groups: user.groups,
      ...(user.extra && { extra: user.extra }),
    }
    request.status = {}
  },
  prepareUpdate(next, current, { subresource, now }) {
    next.spec = current.spec
    if (subresource === 'approval') next.status = { ...current.status, conditions: next.status?.conditions }
    else if (subresource === 'status') keepDecisions(next, current)
    stamp(next, current, now)
    if (next.status?.conditions === undefined) delete next.status?.conditions
  },
  validateUpdate: (next, current, { subresource }) => certificateChanges(next, current, subresource),
}

/** What was decided stays as it was written; a decision more or less is for validation to refuse. */
function keepDecisions(next: KubeObject, current: KubeObject): void {
  const [after, before]: Spec[][] = [next.status?.conditions ?? [], current.status?.conditions ?? []]
  for (const type of ['Approved', 'Denied']) {
    const [old, wanted] = [before, after].map((list) => (list ?? []).filter((one) => one.type === type))
    if (old?.length !== wanted?.length) continue
    for (const [index, condition] of (wanted ?? []).entries()) Object.assign(condition, old?.[index])
  }
}

function stamp(next: KubeObject, current: KubeObject, now: string): void {
  for (const condition of (next.status?.conditions ?? []) as Spec[]) {
    const { type, status } = condition
    condition.lastUpdateTime ??= now
    const same = ((current.status?.conditions ?? []) as Spec[]).find(
      (one) => one.type === type && one.status === status,
    )
    condition.lastTransitionTime ??= same?.lastTransitionTime ?? now
  }
}
