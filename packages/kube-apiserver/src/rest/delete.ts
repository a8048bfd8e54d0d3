import type { KubeObject } from '@slipway/kube-objects'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, conflict, invalid, StatusError, success } from '../api/status.ts'
import { decodeEntry, viewEntry } from '../storage/codec.ts'
import type { Address, ObjectService, StoredObject, WriteOptions } from '../storage/object-service.ts'
import { notSupported } from '../strategy/validate.ts'
import { sendList, sendObject, sendValue } from './answer.ts'
import { readValue } from './body.ts'
import { writeOptionsOf } from './options.ts'
import { selectionOf } from './read.ts'

/** metav1.DeleteOptions. */
export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  preconditions?: { uid?: string; resourceVersion?: string }
}

export interface Deleted {
  stored: StoredObject
  /** It is gone; otherwise finalizers or a grace period still hold it. */
  done: boolean
}

/** DELETE of one object. */
export async function deleteObject(objects: ObjectService, request: ApiRequest): Promise<void> {
  const { resource, namespace, name = '' } = request
  const options = await deleteOptionsOf(request)
  const { stored, done } = await remove(
    objects,
    { resource, namespace, name },
    options,
    writeOptionsOf(request, 'DeleteOptions'),
  )
  if (!done || objects.strategy(resource).returnsDeleted) return await sendObject(request, stored)
  const { uid } = (JSON.parse(stored.value) as KubeObject).metadata
  sendValue(
    request,
    200,
    success({ name, ...(resource.group && { group: resource.group }), kind: resource.plural, ...(uid && { uid }) }),
  )
}

/** DELETE of a collection: every object that the path and the selectors name. */
export async function deleteCollection(objects: ObjectService, request: ApiRequest): Promise<void> {
  const { resource } = request
  const { prefix, matches } = selectionOf(request)
  const options = await deleteOptionsOf(request)
  const write = writeOptionsOf(request, 'DeleteOptions')
  const result = objects.store.list(prefix)
  const entries = result.entries.filter((entry) => !matches || matches(viewEntry(entry)))
  await Promise.all(
    entries.map(async (entry) => {
      const { name, namespace } = viewEntry(entry).metadata
      await remove(objects, { resource, namespace, name }, options, write).catch(ignoreNotFound)
    }),
  )
  await sendList(request, entries, { resourceVersion: String(result.revision) })
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
    if (!admitted) {
      await objects.admitDelete(address, current, write)
      admitted = true
      // Others may have written meanwhile.
      if (objects.entry(address) !== entry) continue
    }
    const finalizers = finalizersFor(current, options)
    const grace = strategy.gracePeriod?.(current, options.gracePeriodSeconds) ?? 0
    if (finalizers.length === 0 && grace === 0 && !holdsItself(current)) {
      if (write.dryRun) return { stored: { value: entry.value, revision: entry.modRevision }, done: true }
      if (await objects.erase(address, entry, write)) {
        return { stored: { value: entry.value, revision: entry.modRevision }, done: true }
      }
      continue
    }
    if (write.dryRun) return { stored: { value: entry.value, revision: entry.modRevision }, done: false }
    const stored = await objects.markDeleted(entry, address, { finalizers, grace })
    if (stored) return { stored, done: false }
  }
}

/** A Namespace has a finalizer of its own, outside its metadata. */
function holdsItself({ apiVersion, kind, spec }: KubeObject): boolean {
  return apiVersion === 'v1' && kind === 'Namespace' && (spec?.finalizers?.length ?? 0) > 0
}

/** The propagation policy is kept on the object as a finalizer, for the garbage collector to act on. */
function finalizersFor({ metadata }: KubeObject, { propagationPolicy }: DeleteOptions): string[] {
  const finalizers = metadata.finalizers ?? []
  if (!propagationPolicy) return finalizers
  const others = finalizers.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion')
  if (propagationPolicy === 'Orphan') return [...others, 'orphan']
  return propagationPolicy === 'Foreground' ? [...others, 'foregroundDeletion'] : others
}

function checkPreconditions(
  { resource, name }: Address,
  { metadata }: KubeObject,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions ?? {}
  if (uid && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`
    throw conflict(resource, name, why)
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`
    throw conflict(resource, name, why)
  }
}

/** From the body, or from query parameters as kubectl proxies and scripts send them. */
async function deleteOptionsOf(request: ApiRequest): Promise<DeleteOptions> {
  const body = (await readValue(request)) as
    | (DeleteOptions & { dryRun?: string[]; orphanDependents?: boolean })
    | undefined
  const { query } = request
  for (const value of body?.dryRun ?? []) query.append('dryRun', value)
  const grace = body?.gracePeriodSeconds ?? numberOf(query.get('gracePeriodSeconds'))
  const orphan = body?.orphanDependents ?? { true: true, false: false }[query.get('orphanDependents') ?? '']
  const policy = body?.propagationPolicy ?? query.get('propagationPolicy') ?? (orphan ? 'Orphan' : undefined)
  if (policy && !['Background', 'Foreground', 'Orphan'].includes(policy)) {
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      notSupported('propagationPolicy', policy, ['Background', 'Foreground', 'Orphan']),
    ])
  }
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy && { propagationPolicy: policy as 'Background' }),
    ...(body?.preconditions && { preconditions: body.preconditions }),
  }
}

function numberOf(text: string | null): number | undefined {
  if (text === null) return undefined
  if (!/^-?\d+$/.test(text)) throw badRequest(`gracePeriodSeconds: ${text} is not a number`)
  return Number(text)
}
