import type { KubeObject } from '@slipway/kube-objects'
import { CLEANUP_FINALIZER } from '../custom/crd-strategy.ts'
import { customResources, storedCustomResource } from '../custom/custom-resources.ts'
import { webhookConversion } from '../custom/webhook-conversion.ts'
import { remove } from '../rest/delete.ts'
import { decodeEntry, viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { systemWrite } from '../storage/object-service.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

/** Serves what CustomResourceDefinitions define from the moment they are stored, and empties them before they go. */
export function customResourceController({ objects, registry, onError }: ControllerDeps): ServerController {
  const definitions = registry.storedType('apiextensions.k8s.io', 'customresourcedefinitions')
  if (!definitions) throw new Error('the generated tables have no CustomResourceDefinition')
  const prefix = prefixOf(definitions)
  const queue = new WorkQueue(cleanUp, onError)
  const stops: (() => void)[] = []

  function serve(crd: Readonly<KubeObject>): void {
    registry.setCustom(crd.metadata.name, customResources(crd, webhookConversion(crd, objects.store)))
    if (crd.metadata.deletionTimestamp) queue.add(crd.metadata.name)
  }

  async function cleanUp(name: string): Promise<void> {
    const address = { resource: definitions as NonNullable<typeof definitions>, namespace: undefined, name }
    const crd = objects.find(address)
    if (!crd?.metadata.deletionTimestamp) return
    // As stored, so that no version need be served, nor a conversion webhook be there still.
    const resource = storedCustomResource(crd)
    const { entries } = objects.store.list(prefixOf(resource))
    for (const entry of entries) {
      const { metadata } = viewEntry(entry)
      if (metadata.deletionTimestamp) continue
      await remove(objects, { resource, namespace: metadata.namespace, name: metadata.name }, {}, systemWrite)
    }
    if (objects.store.list(prefixOf(resource), { limit: 1 }).entries.length > 0) return
    await objects.update(address, withoutFinalizer, systemWrite)
  }

  return {
    start() {
      for (const entry of objects.store.list(prefix).entries) serve(decodeEntry(entry, definitions))
      stops.push(
        objects.store.watch(prefix, objects.store.revision(), (event) => {
          if (event.type === 'put') serve(viewEntry(event.entry))
          else registry.setCustom(event.key.slice(prefix.length), [])
        }),
        // The last instance that goes lets its definition go.
        objects.store.watch('/registry/', objects.store.revision(), (event) => {
          if (event.type !== 'delete') return
          const resource = parseKey(event.key, registry)?.resource
          if (resource?.custom) queue.add(`${resource.plural}.${resource.group}`)
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}

function withoutFinalizer(crd: KubeObject | undefined): KubeObject | undefined {
  if (crd) crd.metadata.finalizers = (crd.metadata.finalizers ?? []).filter((one) => one !== CLEANUP_FINALIZER)
  return crd
}
