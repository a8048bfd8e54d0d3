import type { KubeObject } from '@slipway/kube-objects'
import type { Resource } from '../registry/resource.ts'
import { remove } from '../rest/delete.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { typeMeta } from '../storage/object-service.ts'
import { systemWrite } from '../storage/write-options.ts'
import type { ControllerDeps, ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by'
const MANAGER = 'ipallocator.k8s.io'

interface Holder {
  name: string
  namespace: string
}

/** Keeps an IPAddress for each cluster IP of a Service, which says whose it is (KEP-1880). */
export function clusterIpController({ objects, registry, onError }: ControllerDeps): ServerController {
  const { store } = objects
  const services = registry.storedType('', 'services') as Resource
  const resource = registry.storedType('networking.k8s.io', 'ipaddresses') as Resource
  const queue = new WorkQueue(reconcile, onError)
  const holders = new Map<string, Holder>()
  /** By the key of their Service. */
  const held = new Map<string, string[]>()
  const stops: (() => void)[] = []

  async function reconcile(name: string): Promise<void> {
    const address = { resource, namespace: undefined, name }
    const holder = holders.get(name)
    const current = objects.find(address)
    if (current && current.metadata.labels?.[MANAGED_BY] !== MANAGER) return
    if (current && !isOf(current, holder)) await remove(objects, address, {}, systemWrite)
    if (!holder || (current && isOf(current, holder))) return
    const labels = { 'ipaddress.kubernetes.io/ip-family': 'IPv4', [MANAGED_BY]: MANAGER }
    const spec = { parentRef: { resource: 'services', ...holder } }
    const made = { ...typeMeta(resource), metadata: { name, labels }, spec }
    await objects.update(address, (other) => (other ? undefined : made), systemWrite)
  }

  function look(key: string, service: Readonly<KubeObject> | undefined): void {
    const before = held.get(key) ?? []
    const now = service ? addressesOf(service) : []
    if (service && now.length > 0) held.set(key, now)
    else held.delete(key)
    const { name = '', namespace = '' } = service?.metadata ?? {}
    for (const address of before.filter((one) => !now.includes(one))) {
      holders.delete(address)
      queue.add(address)
    }
    for (const address of now.filter((one) => !before.includes(one))) {
      holders.set(address, { name, namespace })
      queue.add(address)
    }
  }

  return {
    start() {
      for (const entry of store.list(prefixOf(services)).entries) look(entry.key, viewEntry(entry))
      for (const entry of store.list(prefixOf(resource)).entries) queue.add(viewEntry(entry).metadata.name)
      stops.push(
        store.watch(prefixOf(services), store.revision(), ({ type, entry }) =>
          look(entry.key, type === 'put' ? viewEntry(entry) : undefined),
        ),
        store.watch(prefixOf(resource), store.revision(), ({ type, entry }) => {
          if (type === 'delete') queue.add(viewEntry(entry).metadata.name)
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}

const addressesOf = ({ spec }: Readonly<KubeObject>): string[] =>
  ((spec?.clusterIPs ?? []) as string[]).filter((address) => address !== 'None')

function isOf({ spec }: Readonly<KubeObject>, holder: Holder | undefined): boolean {
  const { name, namespace } = spec?.parentRef ?? {}
  return holder !== undefined && name === holder.name && namespace === holder.namespace
}
