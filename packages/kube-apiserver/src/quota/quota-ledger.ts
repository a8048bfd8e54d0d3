import type { KubeObject } from '@slipway/kube-objects'
import type { Entry, RevisionStore, StoreEvent } from '@slipway/storage'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import type { Usage } from './pod-usage.ts'
import { inScopes } from './scopes.ts'
import { countName, usageOf } from './usage.ts'

interface Deps {
  store: RevisionStore
  registry: ResourceRegistry
  now: () => Date
}

/** What all objects of a namespace use of one quota. */
interface Account {
  quota: Readonly<KubeObject>
  total: Usage
  /** What is being deleted stops counting when its time is over. */
  leaving: Map<string, Entry>
  /** The revision at which it was summed up. */
  since: number
}

type Type = { group: string; plural: string }

/**
 * What is used of quotas. Each is summed up when it is asked for first, and then kept with what comes and goes: a sum for each object that
 * comes would take as long as the square of their number.
 */
export class QuotaLedger {
  readonly #deps: Deps
  /** By namespace, and there by the uid of the quota. */
  readonly #accounts = new Map<string, Map<string, Account>>()
  #stop: (() => void) | undefined

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** What is used of every name in `spec.hard`; the caller's to change. */
  used(quota: Readonly<KubeObject>): Usage {
    const { total, leaving } = this.#accountOf(quota)
    const used = new Map(total)
    for (const [key, entry] of leaving) this.#count(used, 1n, { quota, entry, type: placeOf(key) })
    return used
  }

  stop(): void {
    this.#stop?.()
  }

  #accountOf(quota: Readonly<KubeObject>): Account {
    const { uid = '', namespace = '' } = quota.metadata
    const known = this.#accounts.get(namespace)?.get(uid)
    if (known && JSON.stringify(known.quota.spec) === JSON.stringify(quota.spec)) return known
    const { store } = this.#deps
    this.#stop ??= store.watch('/registry/', store.revision(), (event) => this.#take(event))
    const account = this.#opened(quota)
    this.#accounts.set(namespace, (this.#accounts.get(namespace) ?? new Map()).set(uid, account))
    return account
  }

  #opened(quota: Readonly<KubeObject>): Account {
    const { store, registry } = this.#deps
    const names = Object.keys(quota.spec?.hard ?? {})
    const total: Usage = new Map(names.map((name) => [name, 0n]))
    const account: Account = { quota, total, leaving: new Map(), since: store.revision() }
    for (const resource of registry.stored()) {
      if (!resource.namespaced || !concerns(quota, resource)) continue
      for (const entry of store.list(prefixOf(resource, quota.metadata.namespace)).entries) {
        this.#enter(account, entry, resource)
      }
    }
    return account
  }

  #take({ type: what, key, entry, previous, revision }: StoreEvent): void {
    const { namespace, ...type } = placeOf(key)
    const accounts = this.#accounts.get(namespace)
    if (!accounts) return
    for (const account of accounts.values()) {
      if (revision <= account.since || !concerns(account.quota, type)) continue
      if (previous && !account.leaving.delete(key))
        this.#count(account.total, -1n, { ...account, entry: previous, type })
      if (what === 'put') this.#enter(account, entry, type)
    }
    if (what === 'delete' && type.group === '' && type.plural === 'resourcequotas') {
      accounts.delete(viewEntry(entry).metadata.uid ?? '')
      if (accounts.size === 0) this.#accounts.delete(namespace)
    }
  }

  #enter(account: Account, entry: Entry, type: Type): void {
    if (viewEntry(entry).metadata.deletionTimestamp) account.leaving.set(entry.key, entry)
    else this.#count(account.total, 1n, { ...account, entry, type })
  }

  #count(
    usage: Usage,
    times: bigint,
    { quota, entry, type }: { quota: Readonly<KubeObject>; entry: Entry; type: Type },
  ): void {
    const object = viewEntry(entry)
    if (!inScopes(quota, object, type)) return
    for (const [name, amount] of usageOf(object, type, this.#deps.now())) {
      const known = usage.get(name)
      if (known !== undefined) usage.set(name, known + times * amount)
    }
  }
}

/** What a key of the store says of its object, of a type that has a namespace. */
function placeOf(key: string): Type & { namespace: string } {
  const [, , group = '', plural = '', namespace = ''] = key.split('/')
  return { group: group === 'core' ? '' : group, plural, namespace }
}

const concerns = ({ spec }: Readonly<KubeObject>, { group, plural }: Type): boolean =>
  Object.keys(spec?.hard ?? {}).some((name) => isAbout(name, group, plural))

/** Whether a name of `spec.hard` counts objects of this type. */
function isAbout(name: string, group: string, plural: string): boolean {
  if (name === countName(group, plural)) return true
  if (group !== '' || name.startsWith('count/')) return false
  if (name === plural || name.startsWith(`${plural}.`)) return true
  if (plural === 'persistentvolumeclaims')
    return name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')
  return plural === 'pods' && /^(requests\.|limits\.|cpu$|memory$|ephemeral-storage$|hugepages-)/.test(name)
}
