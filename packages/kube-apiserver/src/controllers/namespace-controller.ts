import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { AggregatedApis } from '../aggregation/aggregated-apis.ts'
import type { Resource } from '../registry/resource.ts'
import { prefixOf } from '../storage/keys.ts'
import { type Address, typeMeta } from '../storage/object-service.ts'
import { timestamp } from '../storage/timestamp.ts'
import { controllerWrite, type WriteOptions } from '../storage/write-options.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { namespaceConditions } from './namespace-conditions.ts'
import { deleteContent, isEmpty } from './namespace-content.ts'
import { WorkQueue } from './work-queue.ts'

/** How soon a namespace is looked at again that another server holds. */
const LOOK_AGAIN_MS = 2_000

const AS_CONTROLLER = controllerWrite('namespace-controller')
const ROOT_CA = 'kube-root-ca.crt'
const DESCRIPTION = 'kubernetes.io/description'
const ROOT_CA_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** Namespaces: what each has from the start, and that they are empty before they go. */
export function namespaceController(
  deps: ControllerDeps & { aggregated: AggregatedApis; rootCa: string | undefined; now: () => Date },
): ServerController {
  const { objects, registry, onError, aggregated, rootCa, now } = deps
  const [namespaces, accounts, configMaps] = ['namespaces', 'serviceaccounts', 'configmaps'].map((plural) =>
    registry.storedType('', plural),
  ) as [Resource, Resource, Resource]
  const queue = new WorkQueue(reconcile, onError)
  const later = new Map<string, NodeJS.Timeout>()
  const stops: (() => void)[] = []

  async function reconcile(name: string): Promise<void> {
    const namespace = objects.find({ resource: namespaces, namespace: undefined, name })
    if (!namespace) return
    if (namespace.metadata.deletionTimestamp) await empty(name)
    else await furnish(name)
  }

  async function furnish(namespace: string): Promise<void> {
    await put({ resource: accounts, namespace, name: 'default' }, {}, controllerWrite('service-account-controller'))
    if (!rootCa) return
    const data = { 'ca.crt': rootCa }
    await put({ resource: configMaps, namespace, name: ROOT_CA }, { data }, controllerWrite('root-ca-cert-publisher'))
  }

  /** Makes the object, or puts its content back. */
  async function put({ resource, namespace, name }: Address, content: object, options: WriteOptions): Promise<void> {
    const metadata = { name, namespace, ...(name === ROOT_CA && { annotations: { [DESCRIPTION]: ROOT_CA_TEXT } }) }
    await objects.update(
      { resource, namespace, name },
      (current) => ({ ...typeMeta(resource), metadata, ...current, ...content }) as KubeObject,
      options,
    )
  }

  async function empty(name: string): Promise<void> {
    const remainder = await deleteContent(deps, name)
    const address = { resource: namespaces, namespace: undefined, name }
    if (isEmpty(remainder)) {
      await objects.update(address, finalized, { ...AS_CONTROLLER, subresource: 'finalize' })
      return
    }
    await objects.update(
      address,
      (namespace) => {
        if (!namespace) return undefined
        const conditions = namespaceConditions(namespace.status?.conditions ?? [], remainder, timestamp(now()))
        if (equalJson(conditions, namespace.status?.conditions)) return undefined
        return { ...namespace, status: { ...namespace.status, conditions } }
      },
      { ...AS_CONTROLLER, subresource: 'status' },
    )
    // What finalizers or a grace period hold back comes by again as a delete event; other servers send none.
    if (aggregated.all().length > 0) {
      clearTimeout(later.get(name))
      later.set(name, setTimeout(() => queue.add(name), LOOK_AGAIN_MS).unref())
    }
  }

  return {
    start() {
      const prefix = prefixOf(namespaces)
      for (const entry of objects.store.list(prefix).entries) queue.add(entry.key.slice(prefix.length))
      stops.push(
        objects.store.watch('/registry/', objects.store.revision(), (event) => {
          if (event.key.startsWith(prefix)) queue.add(event.key.slice(prefix.length))
          else if (event.type === 'delete' || event.key.endsWith(`/${ROOT_CA}`)) {
            const namespace = parseKey(event.key, registry)?.namespace
            if (namespace && needsLook(namespace, event.key)) queue.add(namespace)
          }
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      for (const timer of later.values()) clearTimeout(timer)
      await queue.stop()
    },
  }

  /** A terminating namespace that may be empty now, or one whose furniture was touched. */
  function needsLook(namespace: string, key: string): boolean {
    if (/\/(serviceaccounts|configmaps)\/[^/]+\/(default|kube-root-ca\.crt)$/.test(key)) return true
    return objects.store.get(prefixOf(namespaces) + namespace)?.value.includes('"deletionTimestamp"') === true
  }
}

/** Without the finalizer of this server: others may have some of their own. */
function finalized(namespace: KubeObject | undefined): KubeObject | undefined {
  const finalizers: string[] = namespace?.spec?.finalizers ?? []
  return (
    namespace && {
      ...namespace,
      spec: { ...namespace.spec, finalizers: finalizers.filter((one) => one !== 'kubernetes') },
    }
  )
}
