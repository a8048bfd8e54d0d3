import type { KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { invalidValue, required } from './field-errors.ts'
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
    else if (subresource === 'status') keepApproval(next, current)
    for (const condition of (next.status?.conditions ?? []) as Spec[]) {
      condition.lastUpdateTime ??= now
      condition.lastTransitionTime ??= now
    }
    if (next.status?.conditions === undefined) delete next.status?.conditions
  },
  validate: ({ spec = {} }) => checkSpec(spec),
}

const DECISIONS = new Set(['Approved', 'Denied'])

/** Only the approval subresource approves and denies. */
function keepApproval(next: KubeObject, current: KubeObject): void {
  const decided = ((current.status?.conditions ?? []) as Spec[]).filter(({ type }) => DECISIONS.has(type))
  const others = ((next.status?.conditions ?? []) as Spec[]).filter(({ type }) => !DECISIONS.has(type))
  const conditions = [...decided, ...others]
  next.status = { ...next.status, ...(conditions.length > 0 && { conditions }) }
}

function checkSpec({ request, signerName, usages }: Spec): FieldError[] {
  const errors: FieldError[] = []
  const text = request ? Buffer.from(request, 'base64').toString() : ''
  if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(text)) {
    errors.push(invalidValue('spec.request', request ?? '', 'PEM block type must be CERTIFICATE REQUEST'))
  }
  if (!usages?.length) errors.push(required('spec.usages', 'usages must be provided'))
  if (!signerName) errors.push(required('spec.signerName', ''))
  else if (!/^[a-z0-9.-]+\/[A-Za-z0-9._/-]+$/.test(signerName)) {
    errors.push(
      invalidValue(
        'spec.signerName',
        signerName,
        'must be a fully qualified domain and path of the form "example.com/signer-name"',
      ),
    )
  }
  return errors
}
