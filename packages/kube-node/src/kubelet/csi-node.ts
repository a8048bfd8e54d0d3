import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { createIfMissing } from '../create-if-missing.ts'

/** Volumes of these kinds are left to their CSI drivers (kubelet, nodeinfomanager). */
const MIGRATED = ['aws-ebs', 'azure-disk', 'azure-file', 'cinder', 'gce-pd', 'portworx-volume', 'vsphere-volume']

/** Makes the list of a node's CSI drivers, of which there are none. */
export async function ensureCsiNode(client: KubeClient, { apiVersion, kind, metadata }: KubeObject): Promise<void> {
  const { name, uid = '' } = metadata
  await createIfMissing(client, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: {
      name,
      annotations: {
        'storage.alpha.kubernetes.io/migrated-plugins': MIGRATED.map((plugin) => `kubernetes.io/${plugin}`).join(','),
      },
      ownerReferences: [{ apiVersion, kind, name, uid }],
    },
    spec: { drivers: null },
  })
}
