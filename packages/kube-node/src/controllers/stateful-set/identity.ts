import type { KubeObject } from '@slipway/kube-objects'
import type { Pod, PodTemplate } from '../../model/pod.ts'
import type { Volume } from '../../model/volume.ts'
import { podFromTemplate } from '../pods/pods.ts'
import { REVISION_LABEL, type StatefulSet, startOf } from './stateful-set.ts'

/** The pod of an ordinal, with its own name, volumes and place in DNS. */
export function statefulPod(
  set: StatefulSet,
  ordinal: number,
  { template, revision }: { template: PodTemplate; revision: string },
): Pod {
  const name = `${set.metadata.name}-${ordinal}`
  const pod = podFromTemplate(set, template, name)
  const claimed = claimsOf(set, ordinal)
  const volumes = (pod.spec.volumes ?? []).filter(
    (volume) => !claimed.some(({ volumeName }) => volumeName === volume.name),
  )
  const claimVolumes = claimed.map(
    ({ volumeName, claim }): Volume => ({
      name: volumeName,
      persistentVolumeClaim: { claimName: claim.metadata.name },
    }),
  )
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        [REVISION_LABEL]: revision,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
      },
    },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(set.spec.serviceName && { subdomain: set.spec.serviceName }),
      ...(claimed.length > 0 && { volumes: [...claimVolumes, ...volumes] }),
    },
  }
}

/** The claims of an ordinal, one for each template. They outlive their pod. */
export function claimsOf(
  { metadata, spec }: StatefulSet,
  ordinal: number,
): { volumeName: string; claim: KubeObject }[] {
  return (spec.volumeClaimTemplates ?? []).map((template) => ({
    volumeName: template.metadata.name,
    claim: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: `${template.metadata.name}-${metadata.name}-${ordinal}`,
        namespace: metadata.namespace ?? 'default',
        labels: { ...template.metadata.labels, ...spec.selector.matchLabels },
        ...(template.metadata.annotations && { annotations: template.metadata.annotations }),
      },
      spec: template.spec,
    },
  }))
}

/**
 * Whether a pod that is missing is made of the template before the present one: below the partition, or, in a rollout without
 * one, while that many pods are still of the old template (newVersionedStatefulSetPod).
 */
export function isOfCurrentRevision(set: StatefulSet, ordinal: number): boolean {
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {}
  if (rollingUpdate) return ordinal < startOf(set) + (rollingUpdate.partition ?? 0)
  return type === 'RollingUpdate' && ordinal < startOf(set) + (set.status?.currentReplicas ?? 0)
}
