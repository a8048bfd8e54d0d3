import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { StoreEvent } from '@slipway/storage'
import type { QuotaLedger } from '../quota/quota-ledger.ts'
import { quotaStatus } from '../quota/quota-status.ts'
import type { Resource } from '../registry/resource.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { controllerWrite } from '../storage/write-options.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

const AS_CONTROLLER = { ...controllerWrite('resourcequota-controller'), subresource: 'status' }
const RESYNC_MS = 5 * 60_000

/** Writes into every ResourceQuota what its namespace uses, again with every change in the namespace. */
export function quotaController(deps: ControllerDeps & { ledger: QuotaLedger }): ServerController {
  const { objects, registry, ledger, onError } = deps
  const { store } = objects
  const quotas = registry.storedType('', 'resourcequotas') as Resource
  const queue = new WorkQueue(reconcile, onError)
  const prefix = prefixOf(quotas)
  let stop: (() => void) | undefined
  let resync: NodeJS.Timeout | undefined

  async function reconcile(namespace: string): Promise<void> {
    for (const entry of store.list(prefixOf(quotas, namespace)).entries) {
      const { name } = viewEntry(entry).metadata
      await objects.update({ resource: quotas, namespace, name }, measured, AS_CONTROLLER)
    }
  }

  function measured(quota: KubeObject | undefined): KubeObject | undefined {
    if (!quota) return undefined
    const status = quotaStatus(quota, ledger.used(quota))
    return equalJson(quota.status ?? {}, status) ? undefined : { ...quota, status }
  }

  function enqueueAll(): void {
    for (const { key } of store.list(prefix).entries) queue.add(key.slice(prefix.length).split('/')[0] ?? '')
  }

  return {
    start() {
      enqueueAll()
      // A status that someone wrote is looked over with the next full round, as in Kubernetes.
      resync = setInterval(enqueueAll, RESYNC_MS).unref()
      stop = store.watch('/registry/', store.revision(), (event) => {
        const address = parseKey(event.key, registry)
        if (!address?.namespace || !matters(event, address.resource)) return
        const { entries } = store.list(prefixOf(quotas, address.namespace), { limit: 1 })
        if (entries.length > 0) queue.add(address.namespace)
      })
    },
    async stop() {
      stop?.()
      ledger.stop()
      clearInterval(resync)
      await queue.stop()
    },
  }
}

const CHANGING = new Set(['pods', 'services', 'persistentvolumeclaims'])

/** Whether a change can change what is used: a status that someone wrote into a quota stays until then, as in Kubernetes. */
function matters({ type, previous, entry }: StoreEvent, { group, plural }: Resource): boolean {
  if (type === 'delete' || !previous) return true
  if (group !== '') return false
  if (plural !== 'resourcequotas') return CHANGING.has(plural)
  return !equalJson(viewEntry(previous).spec?.hard ?? {}, viewEntry(entry).spec?.hard ?? {})
}
