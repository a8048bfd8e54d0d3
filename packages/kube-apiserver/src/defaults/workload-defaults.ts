import { fill, type Spec } from './spec.ts'

/** What apps/v1, batch/v1, autoscaling and the older core/v1 say of the kinds that make pods. */
export const workloadDefaults: Record<string, (struct: Spec) => void> = {
  'core/v1.ReplicationController': replicationController,
  'apps/v1.DeploymentSpec': deploymentSpec,
  'apps/v1.ReplicaSetSpec': (spec) => fill(spec, { replicas: 1 }),
  'apps/v1.StatefulSetSpec': statefulSetSpec,
  'apps/v1.DaemonSet': daemonSet,
  'apps/v1.DaemonSetSpec': daemonSetSpec,
  'batch/v1.Job': job,
  'batch/v1.CronJobSpec': (spec) =>
    fill(spec, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    }),
  'batch/v1.PodFailurePolicyOnPodConditionsPattern': (pattern) => fill(pattern, { status: 'True' }),
  'autoscaling/v1.HorizontalPodAutoscalerSpec': (spec) => fill(spec, { minReplicas: 1 }),
  'autoscaling/v2.HorizontalPodAutoscalerSpec': autoscalerSpec,
}

function replicationController(controller: Spec): void {
  controller.spec ??= {}
  fill(controller.spec, { replicas: 1 })
  const labels = controller.spec.template?.metadata?.labels
  if (!labels) return
  controller.metadata ??= {}
  fill(controller.spec, { selector: { ...labels } })
  fill(controller.metadata, { labels: { ...labels } })
}

function deploymentSpec(spec: Spec): void {
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {} })
  fill(spec.strategy, { type: 'RollingUpdate' })
  if (spec.strategy.type !== 'RollingUpdate') return
  fill(spec.strategy, { rollingUpdate: {} })
  fill(spec.strategy.rollingUpdate, { maxUnavailable: '25%', maxSurge: '25%' })
}

function statefulSetSpec(spec: Spec): void {
  fill(spec, {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: {},
    persistentVolumeClaimRetentionPolicy: {},
  })
  fill(spec.persistentVolumeClaimRetentionPolicy, { whenDeleted: 'Retain', whenScaled: 'Retain' })
  const { updateStrategy } = spec
  if (!updateStrategy.type) fill(updateStrategy, { type: 'RollingUpdate', rollingUpdate: {} })
  if (updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate) {
    fill(updateStrategy.rollingUpdate, { partition: 0 })
  }
  // Claims in a template are whole objects, to which Go's type and defaults are applied.
  for (const claim of spec.volumeClaimTemplates ?? []) {
    fill(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' })
    claim.status = { phase: 'Pending', ...claim.status }
  }
}

/** A counter of the type, which its strategy keeps and apps/v1 shows as an annotation. */
function daemonSet({ metadata }: Spec): void {
  metadata.annotations = { 'deprecated.daemonset.template.generation': '0', ...metadata.annotations }
}

function daemonSetSpec(spec: Spec): void {
  fill(spec, { revisionHistoryLimit: 10, updateStrategy: {} })
  fill(spec.updateStrategy, { type: 'RollingUpdate' })
  if (spec.updateStrategy.type !== 'RollingUpdate') return
  fill(spec.updateStrategy, { rollingUpdate: {} })
  fill(spec.updateStrategy.rollingUpdate, { maxUnavailable: 1, maxSurge: 0 })
}

function job({ metadata, spec }: Spec): void {
  if (!spec) return
  if (spec.completions === undefined && spec.parallelism === undefined) fill(spec, { completions: 1 })
  fill(spec, {
    parallelism: 1,
    backoffLimit: spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed',
  })
  const labels = spec.template?.metadata?.labels
  if (labels && metadata) fill(metadata, { labels })
}

const SCALE_UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const SCALE_DOWN = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }

function autoscalerSpec(spec: Spec): void {
  fill(spec, { minReplicas: 1 })
  if (!spec.metrics?.length) {
    const target = { type: 'Utilization', averageUtilization: 80 }
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }]
  }
  if (!spec.behavior) return
  spec.behavior.scaleUp = { ...structuredClone(SCALE_UP), ...spec.behavior.scaleUp }
  spec.behavior.scaleDown = { ...structuredClone(SCALE_DOWN), ...spec.behavior.scaleDown }
}
