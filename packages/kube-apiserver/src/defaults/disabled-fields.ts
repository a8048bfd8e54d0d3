import type { Spec } from './spec.ts'

/** Fields of features that are off by default in 1.34, by Go type (the dropDisabledFields of `pkg/api` and `pkg/registry`). */
const DISABLED: Record<string, readonly string[]> = {
  // HostnameOverride, ContainerRestartRules, EnvFiles
  'core/v1.PodSpec': ['hostnameOverride'],
  'core/v1.Container': ['restartPolicyRules'],
  'core/v1.EphemeralContainer': ['restartPolicyRules', 'restartPolicy'],
  'core/v1.EnvVarSource': ['fileKeyRef'],
  // ClusterTrustBundleProjection, PodCertificateRequest
  'core/v1.VolumeProjection': ['clusterTrustBundle', 'podCertificate'],
  // DRAExtendedResource, ResourceHealthStatus
  'core/v1.PodStatus': ['extendedResourceClaimStatus'],
  'core/v1.ContainerStatus': ['allocatedResourcesStatus'],
  'resource/v1.DeviceClassSpec': ['extendedResourceName'],
  // DynamicKubeletConfig, which is gone
  'core/v1.NodeSpec': ['configSource'],
  'core/v1.NodeStatus': ['config'],
  // MaxUnavailableStatefulSet, DeploymentReplicaSetTerminatingReplicas
  'apps/v1.RollingUpdateStatefulSetStrategy': ['maxUnavailable'],
  'apps/v1.DeploymentStatus': ['terminatingReplicas'],
  'apps/v1.ReplicaSetStatus': ['terminatingReplicas'],
  // HPAConfigurableTolerance
  'autoscaling/v2.HPAScalingRules': ['tolerance'],
  // CoordinatedLeaderElection
  'coordination/v1.LeaseSpec': ['strategy', 'preferredHolder'],
  // MutableCSINodeAllocatableCount
  'storage/v1.CSIDriverSpec': ['nodeAllocatableUpdatePeriodSeconds'],
  'storage/v1.VolumeError': ['errorCode'],
  // DRAConsumableCapacity
  'resource/v1.ExactDeviceRequest': ['capacity'],
  'resource/v1.DeviceSubRequest': ['capacity'],
  'resource/v1.DeviceCapacity': ['requestPolicy'],
  'resource/v1.AllocatedDeviceStatus': ['shareID'],
  // The same, DRAPartitionableDevices, DRADeviceTaints, DRADeviceBindingConditions
  'resource/v1.DeviceRequestAllocationResult': [
    ...['consumedCapacity', 'shareID', 'bindingConditions', 'bindingFailureConditions'],
  ],
  'resource/v1.ResourceSliceSpec': ['sharedCounters', 'perDeviceNodeSelection'],
  'resource/v1.Device': [
    ...['allowMultipleAllocations', 'consumesCounters', 'nodeName', 'nodeSelector', 'allNodes', 'taints'],
    ...['bindsToNode', 'bindingConditions', 'bindingFailureConditions'],
  ],
  'resource/v1.AllocationResult': ['allocationTimestamp'],
}

type Rule = (struct: Spec) => void

/** Rules by Go type before which what is off is dropped: it may be written, and is not kept. */
export function withoutDisabled(rules: Record<string, Rule>): Record<string, Rule> {
  const dropping = Object.entries(DISABLED).map(([type, fields]): [string, Rule] => {
    const rule = rules[type]
    return [
      type,
      (struct) => {
        for (const field of fields) if (struct[field] !== undefined) delete struct[field]
        rule?.(struct)
      },
    ]
  })
  return { ...rules, ...Object.fromEntries(dropping) }
}
