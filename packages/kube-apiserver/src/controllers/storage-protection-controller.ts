import type { KubeObject } from '@slipway/kube-objects'
import { PROTECTION } from '../admission/storage-protection.ts'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { systemWrite } from '../storage/object-service.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

/** Lets claims go that are deleted and that no pod uses, and volumes that are deleted and not bound. */
export function storageProtectionController({ objects, registry, onError }: ControllerDeps): ServerController {
  const { store } = objects
  const [claims, volumes, pods] = ['persistentvolumeclaims', 'persistentvolumes', 'pods'].map((plural) =>
    registry.storedType('', plural),
  ) as [Resource, Resource, Resource]
  const queue = new WorkQueue(reconcile, onError)
  const stops: (() => void)[] = []

  async function reconcile(key: string): Promise<void> {
    const entry = store.get(key)
    const address = entry && parseKey(key, registry)
    if (!address || isUsed(viewEntry(entry))) return
    await objects.update(address, (object) => object && released(object, address.resource), systemWrite)
  }

  function isUsed(object: Readonly<KubeObject>): boolean {
    if (object.kind === 'PersistentVolume') return object.status?.phase === 'Bound'
    const { namespace, name } = object.metadata
    return store.list(prefixOf(pods, namespace)).entries.some((entry) => usesClaim(viewEntry(entry), name))
  }

  return {
    start() {
      for (const resource of [claims, volumes]) {
        const prefix = prefixOf(resource)
        const look = ({ key, value }: { key: string; value: string }) => {
          if (value.includes('"deletionTimestamp"')) queue.add(key)
        }
        for (const entry of store.list(prefix).entries) look(entry)
        stops.push(store.watch(prefix, store.revision(), ({ type, entry }) => type === 'put' && look(entry)))
      }
      // The pod that goes, or ends, may have been the last to use its claims.
      stops.push(
        store.watch(prefixOf(pods), store.revision(), ({ entry }) => {
          if (!USES_CLAIMS.test(entry.value)) return
          const pod = viewEntry(entry)
          for (const claim of claimsOf(pod)) queue.add(`${prefixOf(claims, pod.metadata.namespace)}${claim}`)
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}

function released(object: KubeObject, { plural }: Resource): KubeObject | undefined {
  const { deletionTimestamp, finalizers = [] } = object.metadata
  const finalizer = PROTECTION[plural]
  if (!deletionTimestamp || !finalizers.some((one) => one === finalizer)) return undefined
  object.metadata.finalizers = finalizers.filter((one) => one !== finalizer)
  return object
}

function usesClaim(pod: Readonly<KubeObject>, name: string): boolean {
  return !['Succeeded', 'Failed'].includes(pod.status?.phase) && claimsOf(pod).includes(name)
}

const USES_CLAIMS = /"(persistentVolumeClaim|ephemeral)"/

/** The claim of an ephemeral volume is called after the pod and the volume. */
function claimsOf({ metadata, spec }: Readonly<KubeObject>): string[] {
  return ((spec?.volumes ?? []) as Spec[]).flatMap(
    ({ name, persistentVolumeClaim, ephemeral }) =>
      persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : []),
  )
}
