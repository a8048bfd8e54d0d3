import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { Resource } from '../registry/resource.ts'
import { remove } from '../rest/delete.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { typeMeta } from '../storage/object-service.ts'
import { controllerWrite } from '../storage/write-options.ts'
import type { ControllerDeps, ServerController } from './controller.ts'
import { MANAGED_BY, MANAGER, mirroredSlices, SERVICE } from './mirrored-slices.ts'
import { WorkQueue } from './work-queue.ts'

const AS_MIRROR = controllerWrite('endpointslicemirroring-controller')

/** Makes EndpointSlices of the Endpoints that someone wrote for a Service without a selector. */
export function endpointMirror({ objects, registry, onError }: ControllerDeps): ServerController {
  const { store } = objects
  const [endpoints, services] = ['endpoints', 'services'].map((plural) => registry.storedType('', plural)) as [
    Resource,
    Resource,
  ]
  const slices = registry.storedType('discovery.k8s.io', 'endpointslices') as Resource
  const queue = new WorkQueue(mirror, onError)
  /** Keys of Endpoints that have slices of ours. */
  const mirrored = new Set<string>()
  const stops: (() => void)[] = []

  const mirrors = (namespace?: string): Readonly<KubeObject>[] =>
    store
      .list(prefixOf(slices, namespace))
      .entries.map((entry) => viewEntry(entry))
      .filter(({ metadata }) => metadata.labels?.[MANAGED_BY] === MANAGER)

  async function mirror(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/')
    const source = objects.find({ resource: endpoints, namespace, name })
    const service = objects.find({ resource: services, namespace, name })
    const wanted = source && service && isMirrored(source, service) ? mirroredSlices(source) : []
    // Most Endpoints are of Services with a selector, which have never been mirrored.
    if (wanted.length === 0 && !mirrored.has(key)) return
    const existing = mirrors(namespace).filter(({ metadata }) => metadata.labels?.[SERVICE] === name)
    if (wanted.length > 0) mirrored.add(key)
    for (const slice of wanted) await write(namespace, slice)
    for (const { metadata } of existing) {
      if (wanted.some((slice) => slice.metadata.name === metadata.name)) continue
      await remove(objects, { resource: slices, namespace, name: metadata.name }, {}, AS_MIRROR)
    }
    if (wanted.length === 0) mirrored.delete(key)
  }

  async function write(namespace: string, { metadata, ...content }: KubeObject): Promise<void> {
    const address = { resource: slices, namespace, name: metadata.name }
    await objects.update(
      address,
      (current) => {
        if (!current) return { ...typeMeta(slices), ...content, metadata: { ...metadata, namespace } } as KubeObject
        const { annotations: _, ...kept } = current.metadata
        const { labels = {}, annotations } = metadata
        const next = { ...current, ...content, metadata: { ...kept, labels, ...(annotations && { annotations }) } }
        return equalJson(next, current) ? undefined : next
      },
      AS_MIRROR,
    )
  }

  const isMirrored = (source: KubeObject, { spec }: KubeObject) =>
    !spec?.selector &&
    source.metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] !== 'true' &&
    !source.metadata.annotations?.['control-plane.alpha.kubernetes.io/leader']

  return {
    start() {
      for (const { metadata } of mirrors()) mirrored.add(`${metadata.namespace}/${metadata.labels?.[SERVICE]}`)
      for (const resource of [endpoints, services]) {
        const prefix = prefixOf(resource)
        for (const { key } of store.list(prefix).entries) queue.add(key.slice(prefix.length))
        stops.push(store.watch(prefix, store.revision(), ({ key }) => queue.add(key.slice(prefix.length))))
      }
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}
