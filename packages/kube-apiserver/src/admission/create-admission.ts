import type { Rbac } from '../access/rbac.ts'
import type { QuotaLedger } from '../quota/quota-ledger.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { AdmissionChain } from './admission.ts'
import { certificateSigners } from './certificate-signers.ts'
import { defaultClasses } from './default-classes.ts'
import { defaultTolerations } from './default-tolerations.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction/node-restriction.ts'
import { nodeTaint } from './node-taint.ts'
import { podPriorities, runtimeClasses } from './pod-classes.ts'
import { podSecurity } from './pod-security/pod-security.ts'
import { validatingPolicies } from './policies/validating-policies.ts'
import { resourceQuota } from './resource-quota.ts'
import { roleEscalation } from './role-escalation.ts'
import { serviceAccount } from './service-account.ts'
import { storageProtection } from './storage-protection.ts'
import { volumeResize } from './volume-resize.ts'
import { mutatingWebhooks } from './webhooks/mutating-webhooks.ts'
import { validatingWebhooks } from './webhooks/validating-webhooks.ts'
import type { WebhookDeps } from './webhooks/webhook.ts'

/** Kubernetes' admission in its order: own rules, webhooks that change, policies and webhooks that refuse, quota last. */
export function createAdmission(
  deps: WebhookDeps & {
    rules: ObjectRules
    rbac: Rbac
    objects: () => ObjectService
    ledger: QuotaLedger
    now: () => Date
  },
): AdmissionChain {
  return new AdmissionChain([
    namespaceLifecycle(deps.store),
    serviceAccount(deps.store),
    limitRanger(deps.store),
    nodeRestriction(deps),
    nodeTaint,
    podSecurity(deps.store),
    podPriorities(deps.store),
    defaultTolerations,
    runtimeClasses(deps.store),
    roleEscalation(deps.rbac),
    defaultClasses(deps.store),
    storageProtection,
    volumeResize(deps.store),
    certificateSigners(deps.authorize),
    mutatingWebhooks(deps),
    validatingPolicies(deps),
    validatingWebhooks(deps),
    resourceQuota(deps),
  ])
}
