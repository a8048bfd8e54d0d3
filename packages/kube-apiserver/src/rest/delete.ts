import type { KubeObject } from '@slipway/kube-objects'
import type { Entry } from '@slipway/storage'
import type { ApiRequest } from '../api/request.ts'
import { conflict, StatusError, success } from '../api/status.ts'
import { decodeEntry, uidOf, viewEntry } from '../storage/codec.ts'
import type { Departure } from '../storage/departure.ts'
import { keyOf } from '../storage/keys.ts'
import type { Address, ObjectService, StoredObject } from '../storage/object-service.ts'
import type { WriteOptions } from '../storage/write-options.ts'
import type { Strategy } from '../strategy/strategy.ts'
import { sendList, sendObject, sendValue } from './answer.ts'
import { type DeleteOptions, deleteOptionsOf, type Propagation } from './delete-options.ts'
import { readPage, selectionOf } from './read.ts'

export interface Deleted {
  stored: StoredObject
  /** It is gone; otherwise finalizers or a grace period still hold it. */
  done: boolean
}

/** DELETE of one object. */
export async function deleteObject(objects: ObjectService, request: ApiRequest): Promise<void> {
  const { resource, namespace, name = '' } = request
  const { options, write } = await deleteOptionsOf(request)
  const { deleteWarning } = objects.strategy(resource)
  if (deleteWarning && !options.propagationPolicy) write.warn?.(deleteWarning)
  const { stored, done } = await remove(objects, { resource, namespace, name }, options, write)
  if (!done || objects.strategy(resource).returnsDeleted) return await sendObject(request, stored)
  const { uid } = (JSON.parse(stored.value) as KubeObject).metadata
  sendValue(
    request,
    200,
    success({ name, ...(resource.group && { group: resource.group }), kind: resource.plural, ...(uid && { uid }) }),
  )
}

/** DELETE of a collection: every object that a list with the same query shows. */
export async function deleteCollection(objects: ObjectService, request: ApiRequest): Promise<void> {
  const { resource } = request
  const selection = selectionOf(request)
  const { options, write } = await deleteOptionsOf(request)
  const { entries, metadata } = await readPage(objects.store, request, selection)
  await Promise.all(
    entries.map(async (entry) => {
      const { name, namespace } = viewEntry(entry).metadata
      await remove(objects, { resource, namespace, name }, options, write).catch(ignoreNotFound)
    }),
  )
  await sendList(request, entries, metadata)
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof StatusError && error.status.code === 404)) throw error
}

/**
 * Deletes an object as its finalizers, its grace period and the propagation policy allow: at once, or by marking it.
 * Throws 404, and 409 when a precondition fails.
 */
export async function remove(
  objects: ObjectService,
  address: Address,
  options: DeleteOptions,
  write: WriteOptions,
): Promise<Deleted> {
  const strategy = objects.strategy(address.resource)
  let admitted = false
  for (;;) {
    const entry = objects.entry(address)
    const current = decodeEntry(entry, address.resource)
    checkPreconditions(address, current, options)
    const departure = departureOf(current, options, strategy)
    if (!departure) return { stored: storedAs(entry), done: false }
    if (!admitted) {
      await objects.admitDelete(address, current, write)
      admitted = true
      // Others may have written meanwhile.
      if (objects.entry(address) !== entry) continue
    }
    const held = departure.finalizers.length > 0 || departure.grace > 0 || holdsItself(current)
    if (!held && !isToldFirst(current, strategy)) {
      if (await objects.erase(address, entry, write)) return { stored: storedAs(entry), done: true }
      continue
    }
    const stored = await objects.markDeleted(entry, address, departure, write)
    if (!stored) continue
    if (!held && !write.dryRun) await eraseTold(objects, address, stored, write)
    return { stored, done: !held }
  }
}

const storedAs = ({ value, modRevision }: Entry): StoredObject => ({ value, revision: modRevision })

/** What may have time to end is told of its end before it is gone, also where it has no time (rest.BeforeDelete). */
function isToldFirst({ metadata }: KubeObject, { gracePeriod }: Strategy): boolean {
  return gracePeriod !== undefined && (metadata.deletionGracePeriodSeconds ?? 1) > 0
}

/** Takes away what was told so, whatever else is written of it meanwhile. */
async function eraseTold(
  objects: ObjectService,
  address: Address,
  { value }: StoredObject,
  write: WriteOptions,
): Promise<void> {
  const { resource, namespace, name } = address
  for (;;) {
    const entry = objects.store.get(keyOf(resource, namespace, name))
    if (!entry || uidOf(entry.value) !== uidOf(value)) return
    if (await objects.erase(address, entry, write)) return
  }
}

/** How an object is to go; undefined = it is going, and nothing that was asked for makes it faster (rest.BeforeDelete). */
function departureOf(current: KubeObject, options: DeleteOptions, strategy: Strategy): Departure | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds: left = 0 } = current.metadata
  const { gracePeriodSeconds: asked } = options
  if (deletionTimestamp && left > 0 && (asked === undefined || (asked < 0 ? 1 : asked) >= left)) return undefined
  const isOver = deletionTimestamp !== undefined && left === 0
  const grace = isOver ? 0 : (strategy.gracePeriod?.(current, asked) ?? 0)
  return { finalizers: finalizersFor(current, options, strategy), grace }
}

/** A Namespace has a finalizer of its own, outside its metadata. */
function holdsItself({ apiVersion, kind, spec }: KubeObject): boolean {
  return apiVersion === 'v1' && kind === 'Namespace' && (spec?.finalizers?.length ?? 0) > 0
}

/** The propagation policy is kept on the object as a finalizer, for the garbage collector to act on. */
function finalizersFor(
  { metadata }: KubeObject,
  { propagationPolicy }: DeleteOptions,
  { orphansByDefault, finalizersOfDelete = [] }: Strategy,
): string[] {
  const finalizers = [...new Set([...(metadata.finalizers ?? []), ...finalizersOfDelete])]
  const policy = propagationPolicy ?? markedPolicy(finalizers) ?? (orphansByDefault ? 'Orphan' : 'Background')
  const others = finalizers.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion')
  if (policy === 'Orphan') return [...others, 'orphan']
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others
}

function markedPolicy(finalizers: string[]): Propagation | undefined {
  if (finalizers.includes('orphan')) return 'Orphan'
  return finalizers.includes('foregroundDeletion') ? 'Foreground' : undefined
}

/** Throws 409 when the object is another one, or of another version, than the options say. */
export function checkPreconditions(
  { resource, name }: Pick<Address, 'resource' | 'name'>,
  { metadata }: KubeObject,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions ?? {}
  // BeforeDelete of apiserver's rest names the kind where others name the resource.
  const what = { group: resource.group, plural: resource.kind }
  if (uid && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`
    throw conflict(what, name, why)
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`
    throw conflict(what, name, why)
  }
}
