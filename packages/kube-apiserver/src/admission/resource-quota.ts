import { canonicalQuantity, type KubeObject, parseQuantity } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { Spec } from '../defaults/spec.ts'
import { POD_LEVEL, type Usage } from '../quota/pod-usage.ts'
import type { QuotaLedger } from '../quota/quota-ledger.ts'
import { quotaStatus, quotaText } from '../quota/quota-status.ts'
import { inScopes } from '../quota/scopes.ts'
import { usageOf } from '../quota/usage.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf, prefixOf } from '../storage/keys.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { systemWrite } from '../storage/write-options.ts'
import { type AdmissionPlugin, type AdmissionRequest, refused, resizesPod } from './admission.ts'

/**
 * Refuses what would exceed a ResourceQuota of its namespace. What is admitted and not stored yet is remembered until it
 * is, so that many creates at once do not slip through together.
 */
export function resourceQuota(deps: {
  store: RevisionStore
  registry: ResourceRegistry
  objects: () => ObjectService
  ledger: QuotaLedger
  now: () => Date
}): AdmissionPlugin {
  const quotas = deps.registry.storedType('', 'resourcequotas') as Resource
  const pending = new Map<string, Set<Usage>>()

  /** With what is admitted and not stored yet. */
  function usedOf(quota: Readonly<KubeObject>): Usage {
    const used = deps.ledger.used(quota)
    const key = keyOf(quotas, quota.metadata.namespace, quota.metadata.name)
    for (const reserved of pending.get(key) ?? []) for (const [name, amount] of reserved) addUsage(used, name, amount)
    return used
  }

  function admit(quota: Readonly<KubeObject>, key: string, wanted: Usage, request: AdmissionRequest): void {
    const hard = quota.spec?.hard as Record<string, string>
    const used = usedOf(quota)
    const exceeded = [...wanted.keys()]
      .filter((name) => (used.get(name) ?? 0n) + (wanted.get(name) ?? 0n) > parseQuantity(hard[name] ?? '0'))
      .toSorted()
    if (exceeded.length > 0) {
      const list = (amount: (name: string) => string) => exceeded.map((name) => `${name}=${amount(name)}`).join(',')
      const why = `exceeded quota: ${quota.metadata.name}, requested: ${list((name) => quotaText(name, wanted.get(name) ?? 0n))}, used: ${list((name) => quotaText(name, used.get(name) ?? 0n))}, limited: ${list((name) => canonicalQuantity(hard[name] ?? '0'))}`
      throw refused(request, why)
    }
    if (request.dryRun) return
    const set = pending.get(key) ?? new Set()
    pending.set(key, set.add(wanted))
    request.settled.push(() => {
      set.delete(wanted)
      if (set.size === 0) pending.delete(key)
    })
  }

  /**
   * The status says so before the object is there, and whoever refuses that change refuses the object: hierarchical quotas are
   * a webhook for it (apiserver's plugin/resourcequota, quotaAccessor.UpdateQuotaStatus).
   */
  async function charge(namespace: string | undefined, name: string): Promise<void> {
    let gone = false
    const charged = (quota: KubeObject | undefined): KubeObject | undefined => {
      gone = !quota
      return quota && { ...quota, status: quotaStatus(quota, usedOf(quota)) }
    }
    const address = { resource: quotas, namespace, name }
    await deps
      .objects()
      .update(address, charged, { ...systemWrite, subresource: 'status' })
      .catch((error: unknown) => {
        if (!gone) throw error
      })
  }

  return {
    async validate(request) {
      const { operation, object, old, resource, namespace } = request
      const isResize = resizesPod(request)
      if (!object || !resource.namespaced || !(isResize || writesObject(request))) return
      const { entries } = deps.store.list(prefixOf(quotas, namespace))
      if (entries.length === 0) return
      const usage = usageOf(object, resource, deps.now())
      const before = old && usageOf(old, resource, deps.now())
      const isPod = resource.group === '' && resource.plural === 'pods'
      const charged: string[] = []
      for (const entry of entries) {
        const quota = viewEntry(entry)
        const hard = quota.spec?.hard ?? {}
        if (!inScopes(quota, object, resource)) continue
        if (isPod && (isResize || operation === 'CREATE')) requireAmounts(quota, object, request)
        // An update is charged with what is new to the quota.
        const known = before && old && inScopes(quota, old, resource) ? before : undefined
        const more = [...usage]
          .map(([name, amount]): [string, bigint] => [name, amount - (known?.get(name) ?? 0n)])
          .filter(([name, amount]) => amount > 0n && hard[name] !== undefined)
        if (more.length === 0) continue
        admit(quota, entry.key, new Map(more), request)
        charged.push(quota.metadata.name)
      }
      if (!request.dryRun) for (const name of charged) await charge(namespace, name)
    },
  }
}

/** A create or update of a whole object. */
function writesObject({ operation, subresource }: AdmissionRequest): boolean {
  return subresource === undefined && (operation === 'CREATE' || operation === 'UPDATE')
}

function addUsage(usage: Usage, name: string, amount: bigint): void {
  usage.set(name, (usage.get(name) ?? 0n) + amount)
}

/** Where a quota limits cpu or memory, every container must say how much it wants, unless its pod does. */
function requireAmounts(quota: Readonly<KubeObject>, { spec = {} }: KubeObject, request: AdmissionRequest): void {
  const wholePod = { ...spec.resources?.requests, ...spec.resources?.limits }
  if (Object.keys(wholePod).some((one) => POD_LEVEL.test(one))) return
  const missing: string[] = []
  for (const limited of Object.keys(quota.spec?.hard ?? {}).toSorted()) {
    const [, part = '', amount = ''] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(limited) ?? []
    if (!amount) continue
    const field = part || 'requests'
    const silent = ([...(spec.containers ?? []), ...(spec.initContainers ?? [])] as Spec[]).filter(
      (one) => one.resources?.[field]?.[amount] === undefined,
    )
    if (silent.length > 0)
      missing.push(
        `${limited} for: ${silent
          .map((one) => one.name)
          .toSorted()
          .join(',')}`,
      )
  }
  if (missing.length === 0) return
  throw refused(request, `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`)
}
