import { isDeepStrictEqual } from 'node:util'
import { equalJson, type KubeObject, type ManagedFieldsEntry, schemaFor, zeroValue } from '@slipway/kube-objects'
import { apiVersionOf } from '../registry/resource.ts'
import { restore } from './restore.ts'
import { STATUS_METADATA, type Strategy, type WriteContext } from './strategy.ts'

/** Drops the metadata that are for the server to say, before anybody sees the object (apiserver's WipeObjectMetaSystemFields). */
export function wipeSystemFields(object: KubeObject, { resource }: WriteContext): void {
  const metadata = object.metadata as unknown as Record<string, unknown>
  for (const field of SYSTEM_FIELDS) delete metadata[field]
  if (!resource.namespaced) delete metadata.namespace
}

/** Drops the status of a new object, once webhooks have seen it (the PrepareForCreate of apiserver's strategies). */
export function prepareForCreate(object: KubeObject, context: WriteContext): void {
  if (hasStatus(context) && !keepsFirstStatus(context)) resetStatus(object, context)
}

const SYSTEM_FIELDS = ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink']

/** Fills in the metadata that the server decides, once admission has changed what it wants (FillObjectMetaSystemFields). */
export function identify(object: KubeObject, context: WriteContext, uid: string, strategy: Strategy): void {
  const { metadata } = object
  if (!metadata.name && metadata.generateName) {
    // Kubernetes appends five characters and keeps the name within 63.
    metadata.name = metadata.generateName.slice(0, 58) + suffix(uid)
  }
  metadata.uid = uid
  metadata.creationTimestamp = context.now
  if (countsGenerations(context, strategy)) metadata.generation = 1
}

/** Puts back what an update may not change, once webhooks have seen what was wanted (apiserver's BeforeUpdate). */
export function prepareForUpdate(
  next: KubeObject,
  current: KubeObject,
  context: WriteContext,
  strategy: Strategy,
): void {
  keepSystemFields(next, current)
  if (!context.resource.namespaced) delete next.metadata.namespace
  if (context.subresource === 'status' || context.subresource === 'approval')
    keepAllButStatus(next, current, context, strategy)
  // A binding says in the status that it was done.
  else if (hasStatus(context) && context.subresource !== 'binding') restore(next, current, ['status'])
}

/** One more when anything but metadata and status changed, or what else the type counts. */
export function countGeneration(
  next: KubeObject,
  current: KubeObject,
  context: WriteContext,
  strategy: Strategy,
): void {
  // A pod is bound past the strategy that counts.
  if (!countsGenerations(context, strategy) || context.subresource === 'binding') return
  const before = current.metadata.generation ?? 0
  const counts = changesSpec(next, current, hasStatus(context)) || changesCounted(next, current, context, strategy)
  if (counts) next.metadata.generation = before + 1
}

function keepSystemFields({ metadata: to }: KubeObject, { metadata: from }: KubeObject): void {
  const [next, current] = [to, from] as unknown as Record<string, unknown>[]
  if (!next || !current) return
  restore(next, current, ['creationTimestamp', 'generation'])
  // What was not named stays as it is; what was is checked, for none of it may change.
  for (const field of ['uid', 'deletionTimestamp', 'deletionGracePeriodSeconds']) {
    if (next[field] === undefined && current[field] !== undefined) next[field] = current[field]
  }
  if (from.deletionTimestamp) to.deletionTimestamp = from.deletionTimestamp
  delete next.selfLink
}

function keepAllButStatus(
  next: KubeObject,
  current: KubeObject,
  { resource }: WriteContext,
  { statusMetadata = STATUS_METADATA }: Strategy,
): void {
  const { status, metadata } = next
  for (const field of Object.keys(next)) delete next[field]
  Object.assign(next, structuredClone(current))
  if (status === undefined) delete next.status
  else next.status = status
  if (metadata.managedFields) next.metadata.managedFields = metadata.managedFields
  // A uid is checked later: by it a kubelet keeps its last word off the next pod of that name. Custom resources take no notice of it.
  restore(next.metadata, metadata, [...statusMetadata, ...(resource.custom ? [] : (['uid'] as const))])
}

function changesSpec(next: KubeObject, current: KubeObject, hasStatus: boolean): boolean {
  const content = ({ metadata: _, apiVersion: __, ...rest }: KubeObject) => {
    if (!hasStatus) return rest
    const { status: ___, ...spec } = rest
    return spec
  }
  return !isDeepStrictEqual(JSON.parse(JSON.stringify(content(next))), content(current))
}

function changesCounted(
  { metadata: next }: KubeObject,
  { metadata: current }: KubeObject,
  { subresource }: WriteContext,
  { countedMetadata: field }: Strategy,
): boolean {
  return field !== undefined && subresource !== 'status' && !equalJson(next[field] ?? {}, current[field] ?? {})
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

const REPEATED_OWNERS =
  'API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed:'

/** Names each owner once, and says so; also once webhooks have changed the object. */
export function dropRepeatedOwners(
  { metadata }: KubeObject,
  warn: ((text: string) => void) | undefined,
  when: '' | ' after mutating admission happens' = '',
): void {
  const owners = metadata.ownerReferences
  if (!owners || owners.length < 2) return
  const byUid = new Map<string, object[]>()
  const repeated: typeof owners = []
  const kept = owners.filter((owner) => {
    const same = byUid.get(owner.uid) ?? []
    const isNew = !same.some((one) => equalJson(one, owner))
    if (isNew) byUid.set(owner.uid, [...same, owner])
    else repeated.push(owner)
    return isNew
  })
  if (repeated.length === 0) return
  metadata.ownerReferences = kept
  const uids = repeated.map(({ uid }) => uid).join(', ')
  warn?.(`.metadata.ownerReferences contains duplicate entries${when}; ${REPEATED_OWNERS} ${uids}`)
}

const BROKEN_MANAGERS =
  '.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests:'

/** Puts back who manages what where a webhook left nothing that can be read (fieldmanager's managedFieldsValidatingAdmissionController). */
export function keepManagers(
  { metadata }: KubeObject,
  before: KubeObject['metadata']['managedFields'],
  warn: ((text: string) => void) | undefined,
): void {
  if (metadata.managedFields === before) return
  const why = managersFault((metadata.managedFields ?? []) as Partial<ManagedFieldsEntry>[])
  if (why === undefined) return
  if (before) metadata.managedFields = before
  else delete metadata.managedFields
  warn?.(`${BROKEN_MANAGERS} ${why}`)
}

/** managedfields.DecodeManagedFields */
function managersFault(entries: Partial<ManagedFieldsEntry>[]): string | undefined {
  for (const [index, { operation, apiVersion, fieldsType = '' }] of entries.entries()) {
    if (operation !== 'Apply' && operation !== 'Update') return 'operation must be `Apply` or `Update`'
    if (!apiVersion) return 'apiVersion must not be empty'
    if ((fieldsType as string) === '') return `missing fieldsType in managed fields entry ${index}`
    if (fieldsType !== 'FieldsV1') return `invalid fieldsType "${fieldsType}" in managed fields entry ${index}`
  }
  return undefined
}

/** Five characters of Kubernetes' safe alphabet (no vowels, no 0, 1, 3), derived from a random UUID. */
function suffix(uid: string): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  const digits = uid.replaceAll('-', '')
  return Array.from({ length: 5 }, (_, i) => alphabet[Number.parseInt(digits.slice(i * 4, i * 4 + 4), 16) % 27]).join(
    '',
  )
}
