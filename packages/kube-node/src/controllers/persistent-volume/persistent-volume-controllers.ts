import { Controller, type ControllerOptions, type Log, type Reconciler } from '@slipway/controller-runtime'
import type { Change, InformerSet, KubeClient, ListQuery } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { controllerIdentity } from '../../identities.ts'
import { NODES, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, STORAGE_CLASSES } from '../../model/kinds.ts'
import type { NodeObject } from '../../model/node.ts'
import type { Pod } from '../../model/pod.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../model/storage.ts'
import { FreshCache } from '../ownership/fresh-cache.ts'
import { Binder } from './binder.ts'
import { ClaimReconciler } from './claim-reconciler.ts'
import { ephemeralClaimReconciler, hasEphemeralClaims } from './ephemeral-claims.ts'
import { LocalProvisioner } from './local-provisioner.ts'
import { VolumeReconciler } from './volume-reconciler.ts'

export interface PersistentVolumeDeps {
  client: KubeClient
  informers: InformerSet
  nodeName: string
  /** Where the volumes are that are made for claims. */
  volumesDir: string
  log: Log
}

/** The controllers that bring claims and volumes together, ready to start. */
export function persistentVolumeControllers(deps: PersistentVolumeDeps): Controller[] {
  const { informers, nodeName, volumesDir, log } = deps
  const client = deps.client.as(controllerIdentity('persistent-volume-binder'))
  const ephemeral = deps.client.as(controllerIdentity('ephemeral-volume-controller'))
  const volumes = new FreshCache<PersistentVolume>(informers.for(PERSISTENT_VOLUMES))
  const claims = new FreshCache<PersistentVolumeClaim>(informers.for(PERSISTENT_VOLUME_CLAIMS))
  const binder = new Binder({ client, volumes, claims })
  const provisioner = new LocalProvisioner(volumesDir, nodeName)
  const surroundings = () => ({
    classes: informers.for<StorageClass>(STORAGE_CLASSES).list(),
    node: (name: string) => informers.for<NodeObject>(NODES).get({ name }),
  })
  const controller = <T extends KubeObject>(
    query: ListQuery,
    reconciler: Reconciler<T>,
    more: Partial<ControllerOptions<T>>,
  ): Controller =>
    new Controller<T>({
      ...{ name: 'persistentvolume-controller', client, informers, query, reconciler, log },
      ...{ status: 'own', always: true, ...more },
    }) as unknown as Controller
  const open = (): ObjectKey[] =>
    claims
      .list()
      .filter(({ status }) => status?.phase !== 'Bound')
      .map(({ metadata }) => metadata)
  return [
    controller<PersistentVolumeClaim>(
      PERSISTENT_VOLUME_CLAIMS,
      new ClaimReconciler({ client, volumes, claims, binder, provisioner, surroundings }),
      {
        watches: [
          { query: PERSISTENT_VOLUMES, map: (change) => [...claimOf(change.object), ...open()] },
          { query: STORAGE_CLASSES, map: open },
          { query: NODES, map: () => [] },
        ],
      },
    ),
    controller<PersistentVolume>(PERSISTENT_VOLUMES, new VolumeReconciler({ client, volumes, binder, provisioner }), {
      watches: [{ query: PERSISTENT_VOLUME_CLAIMS, map: volumesOf(volumes) }],
    }),
    controller<Pod>(PODS, ephemeralClaimReconciler(ephemeral), {
      name: 'ephemeral-volume-controller',
      client: ephemeral,
      concerns: ({ type, object }) => type === 'added' && hasEphemeralClaims(object),
    }),
  ]
}

function claimOf(volume: KubeObject): ObjectKey[] {
  const { name, namespace } = (volume as PersistentVolume).spec.claimRef ?? {}
  return name ? [{ name, ...(namespace && { namespace }) }] : []
}

/** The volume that a claim has, and those that were to be its. */
function volumesOf(volumes: FreshCache<PersistentVolume>): (change: Change<KubeObject>) => ObjectKey[] {
  return ({ object: claim }) =>
    volumes
      .list()
      .filter((volume) => {
        const [key] = claimOf(volume)
        const isMeant = key?.name === claim.metadata.name && key.namespace === claim.metadata.namespace
        return isMeant || volume.metadata.name === claim.spec?.volumeName
      })
      .map(({ metadata }) => ({ name: metadata.name }))
}
