import { admissionRules } from './admission.ts'
import { apiServiceRules } from './api-services.ts'
import { autoscalingRules } from './autoscaling.ts'
import { certificateRules } from './certificates.ts'
import { TypeChecker } from './check-types.ts'
import { clusterRules } from './cluster.ts'
import { configRules } from './config.ts'
import { containerRules } from './containers.ts'
import { claimRules } from './devices/claims.ts'
import { sliceRules } from './devices/slices.ts'
import { envRules } from './env.ts'
import { inFieldOrder } from './field-order.ts'
import { flowControlRules } from './flow-control.ts'
import { jobRules } from './jobs.ts'
import { networkingRules } from './networking.ts'
import { inPodOrder } from './pod-order.ts'
import { podRules } from './pods.ts'
import { probeRules } from './probes.ts'
import { rbacRules } from './rbac.ts'
import { schedulingRules } from './scheduling.ts'
import { securityRules } from './security.ts'
import { selectorRules } from './selectors.ts'
import { serviceRules } from './services.ts'
import { storageRules } from './storage.ts'
import { volumeRules } from './volumes.ts'
import { windowsRules } from './windows.ts'
import { withClaims, workloadRules } from './workloads.ts'

const RULES = {
  ...admissionRules,
  ...apiServiceRules,
  ...autoscalingRules,
  ...certificateRules,
  ...claimRules,
  ...clusterRules,
  ...configRules,
  ...containerRules,
  ...envRules,
  ...flowControlRules,
  ...jobRules,
  ...networkingRules,
  ...podRules,
  ...probeRules,
  ...rbacRules,
  ...schedulingRules,
  ...securityRules,
  ...selectorRules,
  ...serviceRules,
  ...sliceRules,
  ...storageRules,
  ...volumeRules,
  ...windowsRules,
  ...workloadRules,
}

/** Fields with values of which Kubernetes' code says nothing, whatever the schema says. */
const EXEMPT = `
apps/v1.DaemonSetUpdateStrategy.type
apps/v1.DeploymentStrategy.type
apps/v1.StatefulSetSpec.podManagementPolicy
apps/v1.StatefulSetUpdateStrategy.type
autoscaling/v2.MetricIdentifier.selector
core/v1.Lifecycle.stopSignal
core/v1.NodeSelectorRequirement.operator
core/v1.ScopedResourceSelectorRequirement.operator
core/v1.ScopedResourceSelectorRequirement.scopeName
core/v1.Taint.effect
core/v1.VolumeMount.mountPropagation
node/v1.Scheduling.tolerations
storage/v1.StorageClass.reclaimPolicy
`
  .trim()
  .split('\n')

const VOLUME_ORDER = [
  ...['.accessModes', '.capacity', '.persistentVolumeReclaimPolicy', '.nodeAffinity', '*'],
  ...['.storageClassName', '.volumeMode', '.volumeAttributesClassName'],
]

/** What Kubernetes' code asks of its own types (`pkg/apis/<group>/validation`). */
export const builtinTypes = new TypeChecker(RULES, {
  exempt: EXEMPT,
  views: { 'apps/v1.StatefulSet': withClaims },
  orders: {
    'autoscaling/v2.HorizontalPodAutoscalerSpec': inFieldOrder(['*', '.metrics[', '.metrics', '.behavior']),
    'autoscaling/v2.MetricSpec': inFieldOrder(['.object.describedObject', '*']),
    'core/v1.PersistentVolumeSpec': inFieldOrder(VOLUME_ORDER),
    'core/v1.PodSpec': inPodOrder,
  },
})
