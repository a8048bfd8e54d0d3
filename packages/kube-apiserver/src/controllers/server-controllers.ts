import type { TokenIssuer } from '../access/service-account-tokens.ts'
import type { AggregatedApis } from '../aggregation/aggregated-apis.ts'
import type { DefinitionNames } from '../custom/definition/definition-names.ts'
import type { QuotaLedger } from '../quota/quota-ledger.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import { apiAvailabilityController } from './api-availability-controller.ts'
import { certificateSigningController } from './certificate-signing-controller.ts'
import { clusterIpController } from './cluster-ip-controller.ts'
import type { ControllerDeps, ServerController } from './controller.ts'
import { customResourceController } from './custom-resource-controller.ts'
import { disruptionController } from './disruption-controller.ts'
import { endpointMirror } from './endpoint-mirror.ts'
import { flowControlController } from './flow-control-controller.ts'
import { garbageCollector } from './garbage-collector.ts'
import { localApiServices } from './local-api-services.ts'
import { namespaceController } from './namespace-controller.ts'
import { policyStatusController } from './policy-status-controller.ts'
import { quotaController } from './quota-controller.ts'
import { roleAggregationController } from './role-aggregation-controller.ts'
import { storageProtectionController } from './storage-protection-controller.ts'
import { tokenSecretController } from './token-secret-controller.ts'

export interface ServerControllerDeps extends ControllerDeps {
  aggregated: AggregatedApis
  definitionNames: DefinitionNames
  issuer: TokenIssuer
  rules: ObjectRules
  ledger: QuotaLedger
  now: () => Date
  /** PEM texts: the CA that pods are told of, and with its key the one that signs certificates. */
  authority: { ca?: string; caKey?: string }
}

/** What keeps the server's own objects in step: the controllers that a cluster has even where nothing runs pods. */
export function serverControllers({ authority, ...deps }: ServerControllerDeps): ServerController[] {
  const { ca, caKey } = authority
  const signed = ca && caKey ? { cert: ca, key: caKey } : undefined
  return [
    customResourceController(deps),
    garbageCollector(deps),
    quotaController(deps),
    roleAggregationController(deps),
    endpointMirror(deps),
    clusterIpController(deps),
    storageProtectionController(deps),
    disruptionController(deps),
    namespaceController({ ...deps, rootCa: ca }),
    tokenSecretController({ ...deps, rootCa: ca }),
    policyStatusController(deps),
    apiAvailabilityController(deps),
    localApiServices(deps),
    flowControlController(deps),
    ...(signed ? [certificateSigningController({ ...deps, authority: signed })] : []),
  ]
}
