import type { Reconciler } from '@slipway/controller-runtime'
import { UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { createIfMissing } from '../../create-if-missing.ts'
import { controllerOf, ownerReference } from '../../labels.ts'
import { PERSISTENT_VOLUME_CLAIMS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import { claimNameOf, type PersistentVolumeClaim } from '../../model/storage.ts'
import type { Volume } from '../../model/volume.ts'

/** Whether a pod has volumes whose claims are made for it and go with it. */
export const hasEphemeralClaims = ({ spec }: Pod): boolean => spec.volumes?.some(({ ephemeral }) => ephemeral) ?? false

/** Makes the claims of generic ephemeral volumes (KEP-1698). */
export function ephemeralClaimReconciler(client: KubeClient): Reconciler<Pod> {
  return {
    async reconcile(pod, context) {
      if (!pod.metadata.deletionTimestamp) {
        for (const volume of pod.spec.volumes ?? []) {
          const problem = await ensureClaim(client, pod, volume)
          if (!problem) continue
          context.event('Warning', 'FailedBinding', `ephemeral volume ${volume.name}: ${problem}`)
          throw new UserError('POD_VOLUME_UNSUPPORTED', problem)
        }
      }
      return { kind: 'ready', reason: 'Synced', message: '' }
    },
  }
}

/** Resolves to what stands in the way, if anything. */
async function ensureClaim(client: KubeClient, pod: Pod, volume: Volume): Promise<string | undefined> {
  const name = claimNameOf(pod, volume)
  if (!volume.ephemeral || !name) return undefined
  const { metadata, spec } = volume.ephemeral.volumeClaimTemplate
  const { namespace } = pod.metadata
  const ref = { ...PERSISTENT_VOLUME_CLAIMS, name, ...(namespace && { namespace }) }
  const existing = await client.get<PersistentVolumeClaim>(ref)
  if (existing) {
    const isOurs = controllerOf(existing)?.uid === pod.metadata.uid
    return isOurs
      ? undefined
      : `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`
  }
  await createIfMissing<PersistentVolumeClaim>(client, {
    ...PERSISTENT_VOLUME_CLAIMS,
    metadata: {
      ...{ name, ...(namespace && { namespace }), ownerReferences: [ownerReference(pod)] },
      ...(metadata?.labels && { labels: metadata.labels }),
      ...(metadata?.annotations && { annotations: metadata.annotations }),
    },
    spec,
  })
  return undefined
}
