import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubeClient } from '@slipway/kube-client'
import { createIfMissing } from '../../create-if-missing.ts'
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, STORAGE_CLASSES } from '../../model/kinds.ts'
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  PROVISIONED_BY,
  type StorageClass,
} from '../../model/storage.ts'
import { DEFAULT_CLASS } from './claim-plan.ts'

export const PROVISIONER = 'slipway.dev/local-path'

/** Holds a volume that is deleted until its folder is gone (as kube-controller-manager's own provisioners do, KEP-2644). */
export const RECLAIMING = 'kubernetes.io/pv-controller'

/** Makes volumes that are folders of this machine. */
export class LocalProvisioner {
  readonly #root: string
  readonly #nodeName: string

  constructor(root: string, nodeName: string) {
    this.#root = root
    this.#nodeName = nodeName
  }

  /** Makes the folder of a claim's volume. Resolves to the volume, to be created. */
  async make(claim: PersistentVolumeClaim, storageClass: StorageClass): Promise<PersistentVolume> {
    const { uid = '', namespace, resourceVersion } = claim.metadata
    const name = `pvc-${uid}`
    const path = this.#folder(name)
    await mkdir(path, { recursive: true })
    // Whichever user the containers run as, as local-path-provisioner and hostPath provisioners have it.
    await chmod(path, 0o777)
    const isHere = { key: HOSTNAME, operator: 'In' as const, values: [this.#nodeName] }
    return {
      ...PERSISTENT_VOLUMES,
      metadata: { name, annotations: { [PROVISIONED_BY]: PROVISIONER }, finalizers: [RECLAIMING] },
      spec: {
        accessModes: claim.spec.accessModes ?? [],
        capacity: { storage: claim.spec.resources?.requests?.storage ?? '0' },
        claimRef: {
          ...PERSISTENT_VOLUME_CLAIMS,
          ...{
            name: claim.metadata.name,
            uid,
            ...(namespace && { namespace }),
            ...(resourceVersion && { resourceVersion }),
          },
        },
        hostPath: { path, type: 'DirectoryOrCreate' },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [isHere] }] } },
        persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
        storageClassName: storageClass.metadata.name,
        volumeMode: 'Filesystem',
      },
    }
  }

  /** Removes the folder of a volume. The path that the volume names is not asked: anybody may have written it. */
  async remove({ metadata }: PersistentVolume): Promise<void> {
    await rm(this.#folder(metadata.name), { recursive: true, force: true })
  }

  #folder(name: string): string {
    return join(this.#root, name)
  }
}

const HOSTNAME = 'kubernetes.io/hostname'
const NAME = 'slipway'

/**
 * The class of claims that name none, for pods of this machine's Node. Whoever wants another default takes the annotation away. One of
 * an older data folder names no Node yet, and others would get pods whose claims nobody fulfils.
 */
export async function ensureStorageClass(client: KubeClient, nodeName: string): Promise<void> {
  const allowedTopologies = [{ matchLabelExpressions: [{ key: HOSTNAME, values: [nodeName] }] }]
  const made = await createIfMissing<StorageClass>(client, {
    ...STORAGE_CLASSES,
    metadata: { name: NAME, annotations: { [DEFAULT_CLASS]: 'true' } },
    provisioner: PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowedTopologies,
  })
  if (made) return
  const ref = { ...STORAGE_CLASSES, name: NAME }
  const before = await client.get<StorageClass>(ref)
  if (before?.provisioner === PROVISIONER && !before.allowedTopologies) {
    await client.patch(ref, 'merge', { allowedTopologies })
  }
}
