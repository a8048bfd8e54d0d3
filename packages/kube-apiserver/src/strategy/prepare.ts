import { isDeepStrictEqual } from 'node:util'
import { type KubeObject, schemaFor, zeroValue } from '@slipway/kube-objects'
import { apiVersionOf } from '../registry/resource.ts'
import type { Strategy, WriteContext } from './strategy.ts'

/** Fills in the metadata that the server decides, and drops what a client may not set (apiserver's BeforeCreate). */
export function prepareForCreate(object: KubeObject, context: WriteContext, uid: string, strategy: Strategy): void {
  const { metadata } = object
  if (!metadata.name && metadata.generateName) {
    // Kubernetes appends five characters and keeps the name within 63.
    metadata.name = metadata.generateName.slice(0, 58) + suffix(uid)
  }
  metadata.uid = uid
  metadata.creationTimestamp = context.now
  for (const field of [
    'resourceVersion',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'selfLink',
  ]) {
    delete (metadata as unknown as Record<string, unknown>)[field]
  }
  if (!context.resource.namespaced) delete metadata.namespace
  if (countsGenerations(context, strategy)) metadata.generation = 1
  if (hasStatus(context) && !keepsFirstStatus(context)) resetStatus(object, context)
}

/** Puts back what an update may not change, (apiserver's BeforeUpdate). */
export function prepareForUpdate(next: KubeObject, current: KubeObject, context: WriteContext): void {
  keepSystemFields(next, current)
  if (context.subresource === 'status' || context.subresource === 'approval') keepAllButStatus(next, current, context)
  else if (hasStatus(context)) restore(next, current, 'status')
}

/** One more when anything but metadata and status changed. */
export function countGeneration(
  next: KubeObject,
  current: KubeObject,
  context: WriteContext,
  strategy: Strategy,
): void {
  if (!countsGenerations(context, strategy)) return
  const before = current.metadata.generation ?? 0
  next.metadata.generation = changesSpec(next, current, hasStatus(context)) ? before + 1 : before
}

function keepSystemFields(next: KubeObject, current: KubeObject): void {
  const [from, to] = [current.metadata, next.metadata] as unknown as Record<string, unknown>[]
  const fields = [
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'generateName',
  ]
  for (const field of fields) restore(to as KubeObject, from as KubeObject, field)
  delete to?.selfLink
  // An object that is being deleted takes no new finalizers, only loses them.
  if (!current.metadata.deletionTimestamp || !next.metadata.finalizers) return
  const known = new Set(current.metadata.finalizers)
  next.metadata.finalizers = next.metadata.finalizers.filter((finalizer) => known.has(finalizer))
}

function keepAllButStatus(next: KubeObject, current: KubeObject, context: WriteContext): void {
  const { status, metadata } = next
  for (const field of Object.keys(next)) delete next[field]
  Object.assign(next, structuredClone(current))
  if (status === undefined) delete next.status
  else next.status = status
  if (metadata.managedFields) next.metadata.managedFields = metadata.managedFields
  // Kubernetes' own kinds let a status update change labels and annotations; custom resources do not.
  if (context.resource.custom) return
  const { labels, annotations, finalizers } = metadata
  Object.assign(next.metadata, { labels, annotations, finalizers })
}

function restore(next: KubeObject, current: KubeObject, field: string): void {
  if (current[field] === undefined) delete next[field]
  else next[field] = current[field]
}

function changesSpec(next: KubeObject, current: KubeObject, hasStatus: boolean): boolean {
  const content = ({ metadata: _, apiVersion: __, ...rest }: KubeObject) => {
    if (!hasStatus) return rest
    const { status: ___, ...spec } = rest
    return spec
  }
  return !isDeepStrictEqual(JSON.parse(JSON.stringify(content(next))), content(current))
}

function countsGenerations(context: WriteContext, strategy: Strategy): boolean {
  return context.resource.custom !== undefined || strategy.hasGeneration === true
}

function hasStatus({ resource }: WriteContext): boolean {
  return resource.subresources.some(({ name }) => name === 'status')
}

/** Nodes are created by their agents together with their first status. */
function keepsFirstStatus({ resource }: WriteContext): boolean {
  return resource.group === '' && resource.plural === 'nodes'
}

/** The status that a client sends with a new object is dropped; of built-in kinds the zeros stay, as Go writes them. */
function resetStatus(object: KubeObject, { resource }: WriteContext): void {
  const { kind } = resource
  const status = resource.custom
    ? undefined
    : schemaFor({ apiVersion: apiVersionOf(resource), kind })?.properties?.status
  if (status?.zeroStruct) object.status = zeroValue(status)
  else delete object.status
}

/** Five characters of Kubernetes' safe alphabet (no vowels, no 0, 1, 3), derived from a random UUID. */
function suffix(uid: string): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  const digits = uid.replaceAll('-', '')
  return Array.from({ length: 5 }, (_, i) => alphabet[Number.parseInt(digits.slice(i * 4, i * 4 + 4), 16) % 27]).join(
    '',
  )
}
