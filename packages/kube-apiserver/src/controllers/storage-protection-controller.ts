import type { KubeObject } from '@slipway/kube-objects'
import { protectionOf } from '../admission/storage-protection.ts'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { controllerWrite, type WriteOptions } from '../storage/write-options.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

/**
 * Guards claims, volumes and classes of their attributes; lets go what is deleted: claims that no pod uses, volumes that are not
 * bound, classes that neither has.
 */
export function storageProtectionController({ objects, registry, onError }: ControllerDeps): ServerController {
  const { store } = objects
  const [claims, volumes, pods] = ['persistentvolumeclaims', 'persistentvolumes', 'pods'].map((plural) =>
    registry.storedType('', plural),
  ) as [Resource, Resource, Resource]
  const classes = registry.storedType('storage.k8s.io', 'volumeattributesclasses') as Resource
  const queue = new WorkQueue(reconcile, onError)
  const stops: (() => void)[] = []

  async function reconcile(key: string): Promise<void> {
    const entry = store.get(key)
    const address = entry && parseKey(key, registry)
    if (!address) return
    const finalizer = protectionOf(address.resource)
    const isDeleted = viewEntry(entry).metadata.deletionTimestamp !== undefined
    if (isDeleted && isUsed(viewEntry(entry))) return
    const settle = isDeleted ? released : guarded
    await objects.update(address, (object) => object && settle(object, finalizer), protectorOf(address.resource))
  }

  function isUsed(object: Readonly<KubeObject>): boolean {
    if (object.kind === 'PersistentVolume') return object.status?.phase === 'Bound'
    if (object.kind === 'VolumeAttributesClass') {
      const holders = [claims, volumes].flatMap((resource) => store.list(prefixOf(resource)).entries)
      return holders.some((entry) => classesOf(viewEntry(entry)).includes(object.metadata.name))
    }
    const { entries } = store.list(prefixOf(pods, object.metadata.namespace))
    return entries.some((entry) => usesClaim(viewEntry(entry), object))
  }

  return {
    start() {
      for (const resource of [claims, volumes, classes]) {
        const prefix = prefixOf(resource)
        const finalizer = protectionOf(resource)
        const look = ({ key, value }: { key: string; value: string }) => {
          if (value.includes('"deletionTimestamp"') || !value.includes(`"${finalizer}"`)) queue.add(key)
        }
        for (const entry of store.list(prefix).entries) look(entry)
        stops.push(store.watch(prefix, store.revision(), ({ type, entry }) => type === 'put' && look(entry)))
      }
      // What goes or changes may have been the last to have a class.
      for (const resource of [claims, volumes]) {
        const look = () => {
          for (const { key, value } of store.list(prefixOf(classes)).entries) {
            if (value.includes('"deletionTimestamp"')) queue.add(key)
          }
        }
        stops.push(store.watch(prefixOf(resource), store.revision(), look))
      }
      // The pod that goes may have been the last to use its claims.
      stops.push(
        store.watch(prefixOf(pods), store.revision(), ({ entry }) => {
          if (!USES_CLAIMS.test(entry.value)) return
          const pod = viewEntry(entry)
          for (const volume of volumesOf(pod)) {
            const claim = claimOf(pod, volume)
            if (claim) queue.add(`${prefixOf(claims, pod.metadata.namespace)}${claim}`)
          }
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}

function released(object: KubeObject, finalizer: string): KubeObject | undefined {
  const { deletionTimestamp, finalizers = [] } = object.metadata
  if (!deletionTimestamp || !isGuarded(object, finalizer)) return undefined
  object.metadata.finalizers = finalizers.filter((one) => one !== finalizer)
  return object
}

/** What somebody has taken away before its time comes back. */
function guarded(object: KubeObject, finalizer: string): KubeObject | undefined {
  const { deletionTimestamp, finalizers = [] } = object.metadata
  if (deletionTimestamp || isGuarded(object, finalizer)) return undefined
  object.metadata.finalizers = [...finalizers, finalizer]
  return object
}

const isGuarded = ({ metadata }: Readonly<KubeObject>, finalizer: string): boolean =>
  metadata.finalizers?.includes(finalizer) ?? false

/** The classes that a claim or a volume has, or is to have. */
const classesOf = ({ spec, status }: Readonly<KubeObject>): (string | undefined)[] => [
  spec?.volumeAttributesClassName,
  status?.currentVolumeAttributesClassName,
  status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
]

/**
 * A pod has a claim from when it has a node, and until it is gone (kube-controller-manager, podUsesPVC). Only one that was made for it
 * is free as soon as nothing of the pod runs any more: it would wait for the pod, whose finalizers may wait for the claim.
 */
function usesClaim(pod: Readonly<KubeObject>, claim: Readonly<KubeObject>): boolean {
  const { name, ownerReferences = [] } = claim.metadata
  const { uid, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  if (!pod.spec?.nodeName) return false
  const isOver = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0
  const isOfPod = ownerReferences.some((owner) => owner.controller && owner.uid === uid)
  return volumesOf(pod).some(
    (volume) => claimOf(pod, volume) === name && (volume.persistentVolumeClaim || (isOfPod && !isOver)),
  )
}

const USES_CLAIMS = /"(persistentVolumeClaim|ephemeral)"/

const volumesOf = ({ spec }: Readonly<KubeObject>): Spec[] => spec?.volumes ?? []

/** The claim of an ephemeral volume is called after the pod and the volume. */
const claimOf = ({ metadata }: Readonly<KubeObject>, volume: Spec): string | undefined =>
  volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${metadata.name}-${volume.name}`)

/** Kubernetes has a controller for each of the three. */
function protectorOf({ plural }: Resource): WriteOptions {
  if (plural === 'persistentvolumeclaims') return controllerWrite('pvc-protection-controller')
  if (plural === 'persistentvolumes') return controllerWrite('pv-protection-controller')
  return controllerWrite('volumeattributesclass-protection-controller')
}
