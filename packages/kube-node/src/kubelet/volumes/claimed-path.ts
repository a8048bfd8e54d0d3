import { UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../model/storage.ts'
import { hostPath } from './host-path.ts'

/**
 * Where on this machine the volume of a claim is. Throws UserError POD_CONFIG_MISSING while there is none,
 * POD_VOLUME_UNSUPPORTED when it is not a path.
 */
export async function claimedPath(client: Pick<KubeClient, 'get'>, pod: Pod, claimName: string): Promise<string> {
  const { namespace = 'default' } = pod.metadata
  const claim = await client.get<PersistentVolumeClaim>({ ...PERSISTENT_VOLUME_CLAIMS, namespace, name: claimName })
  if (!claim) throw new UserError('POD_CONFIG_MISSING', `persistentvolumeclaim "${claimName}" not found`)
  const { volumeName } = claim.spec
  const volume = volumeName && (await client.get<PersistentVolume>({ ...PERSISTENT_VOLUMES, name: volumeName }))
  if (!volume || claim.status?.phase !== 'Bound' || volume.spec.claimRef?.uid !== claim.metadata.uid) {
    throw new UserError('POD_CONFIG_MISSING', `PVC ${namespace}/${claimName} is not bound`)
  }
  if (volume.spec.volumeMode !== 'Block') {
    if (volume.spec.hostPath) return hostPath(volume.spec.hostPath)
    // A local volume has to be there already, unlike a host path.
    if (volume.spec.local) return hostPath({ path: volume.spec.local.path, type: 'Directory' })
  }
  throw new UserError('POD_VOLUME_UNSUPPORTED', `volume ${volumeName} is of a kind that this node does not have`, {
    hint: 'hostPath and local volumes with a file system are supported',
  })
}
