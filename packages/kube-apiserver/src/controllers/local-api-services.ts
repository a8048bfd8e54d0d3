import { localPriorities } from '../aggregation/api-service.ts'
import type { Resource } from '../registry/resource.ts'
import { remove } from '../rest/delete.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { typeMeta } from '../storage/object-service.ts'
import { systemWrite } from '../storage/write-options.ts'
import type { ControllerDeps, ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged'
/** What every request goes through is served without an APIService. */
const UNLISTED = 'apiregistration.k8s.io'

/** Keeps an APIService for each group version that this server serves itself (the aggregator's autoregister controller). */
export function localApiServices({ objects, registry, onError }: ControllerDeps): ServerController {
  const resource = registry.storedType('apiregistration.k8s.io', 'apiservices') as Resource
  const prefix = prefixOf(resource)
  const queue = new WorkQueue(reconcile, onError)
  const stops: (() => void)[] = []

  async function reconcile(): Promise<void> {
    const served = new Map(registry.all().map((one) => [`${one.version}.${one.group}`, one]))
    for (const [name, one] of served) if (one.group === UNLISTED) served.delete(name)
    // All in one turn of the event loop, so that a durable store writes them in one transaction.
    await Promise.all([...served].map(([name, one]) => ensure(name, one)))
    for (const entry of objects.store.list(prefix).entries) {
      const { metadata, spec } = viewEntry(entry)
      if (!metadata.labels?.[AUTOMANAGED] || spec?.service || served.has(metadata.name)) continue
      await remove(objects, { resource, namespace: undefined, name: metadata.name }, {}, systemWrite)
    }
  }

  async function ensure(name: string, { group, version, custom }: Resource): Promise<void> {
    const address = { resource, namespace: undefined, name }
    if (objects.find(address)) return
    const labels = { [AUTOMANAGED]: custom ? 'true' : 'onstart' }
    const { groupPriority: groupPriorityMinimum, versionPriority } = localPriorities(group, version)
    const spec = { ...(group && { group }), version, groupPriorityMinimum, versionPriority }
    await objects.update(
      address,
      (current) => (current ? undefined : { ...typeMeta(resource), metadata: { name, labels }, spec }),
      systemWrite,
    )
  }

  return {
    start() {
      queue.add('all')
      stops.push(
        registry.onChange(() => queue.add('all')),
        objects.store.watch(prefix, objects.store.revision(), ({ type }) => {
          if (type === 'delete') queue.add('all')
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}
