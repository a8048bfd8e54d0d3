import type { KubeObject, OwnerReference } from '@slipway/kube-objects'
import type { Entry, StoreEvent } from '@slipway/storage'
import { StatusError } from '../api/status.ts'
import { remove } from '../rest/delete.ts'
import { uidOf, viewEntry } from '../storage/codec.ts'
import type { Address } from '../storage/object-service.ts'
import { controllerWrite } from '../storage/write-options.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

type Standing = 'there' | 'absent' | 'unknown'

const AS_COLLECTOR = controllerWrite('generic-garbage-collector')

/** Owners that are remembered to be gone. */
const MOST_GONE = 500

/** Deletes what has lost its owners, and carries out foreground deletion and orphaning (the garbage collector's graph in memory). */
export function garbageCollector({ objects, registry, onError }: ControllerDeps): ServerController {
  const { store } = objects
  /** Where the object with a uid is. */
  const keys = new Map<string, string>()
  /** Keys of the objects that name an owner. */
  const dependents = new Map<string, Set<string>>()
  const owned = new Map<string, OwnerReference[]>()
  /** Owners that went of late: their definition may have gone with them. */
  const gone = new Set<string>()
  const queue = new WorkQueue(reconcile, onError)
  let stop: (() => void) | undefined

  function observe(key: string, entry: Entry | undefined): void {
    for (const { uid } of owned.get(key) ?? []) dependents.get(uid)?.delete(key)
    owned.delete(key)
    if (!entry?.value.includes('"ownerReferences":[')) return
    const address = parseKey(key, registry)
    const references = address && viewEntry(entry).metadata.ownerReferences
    if (!references?.length) return
    owned.set(key, references)
    for (const { uid } of references) dependents.set(uid, (dependents.get(uid) ?? new Set()).add(key))
  }

  function onEvent(event: StoreEvent): void {
    const uid = uidOf(event.entry.value)
    const owners = owned.get(event.key) ?? []
    observe(event.key, event.type === 'put' ? event.entry : undefined)
    if (event.type === 'put') {
      keys.set(uid, event.key)
      if (owned.has(event.key) || event.entry.value.includes('"deletionTimestamp"')) queue.add(event.key)
      return
    }
    keys.delete(uid)
    if (dependents.has(uid)) bury(uid)
    for (const key of dependents.get(uid) ?? []) queue.add(key)
    dependents.delete(uid)
    // An owner in foreground deletion waits for this.
    for (const owner of owners) {
      const key = keys.get(owner.uid)
      if (key) queue.add(key)
    }
  }

  function bury(uid: string): void {
    gone.add(uid)
    const [oldest] = gone
    if (gone.size > MOST_GONE && oldest !== undefined) gone.delete(oldest)
  }

  /** Resolves to how many dependents were looked at. */
  async function reconcile(key: string): Promise<number> {
    const entry = store.get(key)
    const address = entry && parseKey(key, registry)
    if (!entry || !address) return 0
    const object = viewEntry(entry)
    const { deletionTimestamp, finalizers = [], uid = '' } = object.metadata
    if (deletionTimestamp && finalizers.includes('orphan')) await orphan(address, uid)
    else if (deletionTimestamp && finalizers.includes('foregroundDeletion')) return deleteInForeground(address, uid)
    else if (!deletionTimestamp) await collect(address, object)
    return 0
  }

  async function collect(address: Address, { metadata }: Readonly<KubeObject>): Promise<void> {
    const references = metadata.ownerReferences ?? []
    const standings = new Map(references.map((owner) => [owner, standingOf(owner, address)]))
    if ([...standings.values()].includes('unknown')) return
    const live = references.filter((owner) => standings.get(owner) === 'there')
    if (references.length === 0 || live.length === references.length) {
      await joinForegroundDeletion(address, live)
      return
    }
    if (live.length > 0) await keepOwners(address, (owner) => standingOf(owner, address) === 'there')
    else
      await quietly(
        remove(
          objects,
          address,
          { propagationPolicy: 'Background', preconditions: { uid: metadata.uid ?? '' } },
          AS_COLLECTOR,
        ),
      )
  }

  /**
   * Whether an owner is where its dependent says: of that kind and name, and in the same namespace or in none (isDangling). Of a kind
   * that is not known here nobody can say: it is another server's, or of a definition that is yet to come.
   */
  function standingOf({ apiVersion, kind, name, uid }: OwnerReference, { namespace }: Address): Standing {
    const [version = '', group = ''] = apiVersion.split('/').reverse()
    const found = parseKey(keys.get(uid) ?? '', registry)
    const isNamed = found?.resource.group === group && found.resource.kind === kind && found.name === name
    if (isNamed && (found.namespace === undefined || found.namespace === namespace)) return 'there'
    if (gone.has(uid)) return 'absent'
    const resource = registry.byKind(group, kind, version)
    return !resource || (resource.namespaced && namespace === undefined) ? 'unknown' : 'absent'
  }

  /** Something made under an owner that is already going in the foreground goes too. */
  async function joinForegroundDeletion(address: Address, owners: OwnerReference[]): Promise<void> {
    const going = ({ uid }: OwnerReference) => store.get(keys.get(uid) ?? '')?.value.includes('"foregroundDeletion"')
    if (owners.length > 0 && owners.every(going))
      await quietly(remove(objects, address, { propagationPolicy: 'Background' }, AS_COLLECTOR))
  }

  async function deleteInForeground(address: Address, uid: string): Promise<number> {
    let blocking = 0
    let lookedAt = 0
    for (const key of dependents.get(uid) ?? []) {
      lookedAt++
      const dependent = parseKey(key, registry)
      const entry = store.get(key)
      if (!dependent || !entry) continue
      const { deletionTimestamp, ownerReferences } = viewEntry(entry).metadata
      if (ownerReferences?.find((one) => one.uid === uid)?.blockOwnerDeletion) blocking++
      if (ownerReferences?.some((one) => one.uid !== uid && keys.has(one.uid)))
        await keepOwners(dependent, (one) => one.uid !== uid)
      else if (!deletionTimestamp)
        await quietly(remove(objects, dependent, { propagationPolicy: 'Foreground' }, AS_COLLECTOR))
    }
    // The dependents' own events bring the owner back here.
    const left = [...(dependents.get(uid) ?? [])].filter((key) => store.get(key) !== undefined)
    if (blocking === 0 || left.length === 0) await dropFinalizer(address, 'foregroundDeletion')
    return lookedAt
  }

  async function orphan(address: Address, uid: string): Promise<void> {
    for (const key of dependents.get(uid) ?? []) {
      const dependent = parseKey(key, registry)
      if (dependent) await keepOwners(dependent, (one) => one.uid !== uid)
    }
    await dropFinalizer(address, 'orphan')
  }

  async function keepOwners(address: Address, keep: (owner: OwnerReference) => boolean): Promise<void> {
    await change(address, (object) => {
      const left = (object.metadata.ownerReferences ?? []).filter(keep)
      if (left.length > 0) object.metadata.ownerReferences = left
      else delete object.metadata.ownerReferences
    })
  }

  async function dropFinalizer(address: Address, finalizer: string): Promise<void> {
    await change(address, ({ metadata }) => {
      metadata.finalizers = (metadata.finalizers ?? []).filter((one) => one !== finalizer)
    })
  }

  async function change(address: Address, edit: (object: KubeObject) => void): Promise<void> {
    await quietly(
      objects.update(
        address,
        (object) => {
          if (object) edit(object)
          return object
        },
        AS_COLLECTOR,
      ),
    )
  }

  return {
    start() {
      const { entries, revision } = store.list('/registry/')
      for (const entry of entries) {
        keys.set(uidOf(entry.value), entry.key)
        observe(entry.key, entry)
      }
      for (const entry of entries) {
        if (owned.has(entry.key) || entry.value.includes('"deletionTimestamp"')) queue.add(entry.key)
      }
      stop = store.watch('/registry/', revision, onEvent)
    },
    async stop() {
      stop?.()
      await queue.stop()
    },
  }
}

/** What is gone already, or was replaced, needs no more work. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof StatusError && [404, 409].includes(error.status.code ?? 0))) throw error
  })
}
