import { fillDefaults, type KubeObject, prune, type SchemaNode } from '@slipway/kube-objects'
import type { Entry } from '@slipway/storage'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import { conversionOf } from './conversion.ts'

/**
 * Stored text always begins `{"apiVersion":…,"kind":…,"metadata":{` and never holds resourceVersion, which is the
 * entry's revision. So an answer is made by splicing text; reads, lists and watches need not parse what they send.
 */
const METADATA = '"metadata":{'
/** The revision of what a dry run would create. */
const NOT_STORED = 0

/** The text to store. */
export function encodeObject(given: KubeObject, resource: Resource): string {
  const object = conversionOf(resource)?.toStored(given) ?? inStorageVersion(given, resource)
  const { apiVersion: _, kind, metadata, ...fields } = object
  const { resourceVersion: __, uid, ...rest } = metadata
  return JSON.stringify({
    apiVersion: apiVersionOf({ group: resource.group, version: resource.storageVersion }),
    kind,
    metadata: { uid, ...rest },
    ...fields,
  })
}

/** What the storage version does not know goes, and what it has a default for comes, where it is not the version of `resource`. */
function inStorageVersion(object: KubeObject, { custom, storageVersion }: Resource): KubeObject {
  const schema = custom?.schemas.get(storageVersion)
  if (!schema || schema === custom?.schema) return object
  return completed(object, schema)
}

function completed(object: KubeObject, schema: SchemaNode): KubeObject {
  const { value } = prune(object, schema)
  fillDefaults(value, schema)
  return value
}

/** The text to store of an object whose type may have a conversion webhook. */
export async function encodeStored(object: KubeObject, resource: Resource): Promise<string> {
  const { custom, group, storageVersion, version } = resource
  if (!custom?.convert || version === storageVersion) return encodeObject(object, resource)
  const [converted] = await custom.convert([object], apiVersionOf({ group, version: storageVersion }))
  return encodeObject(converted as KubeObject, resource)
}

/** A stored value in the version of `resource`, where a webhook has to convert it. */
export async function inVersion<T extends { value: string }>(stored: T, resource: Resource): Promise<T> {
  if (!isForeign(stored.value, resource)) return stored
  const [entry] = await allInVersion([stored], resource)
  return entry as T
}

/** The same for many, in one call of the webhook. */
export async function allInVersion<T extends { value: string }>(stored: T[], resource: Resource): Promise<T[]> {
  const foreign = stored.filter(({ value }) => isForeign(value, resource))
  if (foreign.length === 0 || !resource.custom?.convert) return stored
  const objects = foreign.map(({ value }) => asOf(JSON.parse(value) as KubeObject, resource))
  const converted = await resource.custom.convert(objects, apiVersionOf(resource))
  const here = { ...resource, storageVersion: resource.version }
  const values = new Map(
    foreign.map((one, index) => [one, encodeObject(known(converted[index] as KubeObject, resource), here)]),
  )
  return stored.map((one) => {
    const value = values.get(one)
    return value === undefined ? one : { ...one, value }
  })
}

/** Whether only a webhook can say what this text is in the version of `resource`. */
export function isForeign(value: string, resource: Resource): boolean {
  return resource.custom?.convert !== undefined && !value.startsWith(`{"apiVersion":"${apiVersionOf(resource)}"`)
}

/** The uid in a stored text: the first thing in its metadata. */
export function uidOf(value: string): string {
  const start = value.indexOf(METADATA) + METADATA.length + '"uid":"'.length
  return value.slice(start, value.indexOf('"', start))
}

/** A fresh object, the caller's to change. */
export function decodeEntry(entry: Pick<Entry, 'value' | 'modRevision'>, resource: Resource): KubeObject {
  const object = JSON.parse(entry.value) as KubeObject
  if (entry.modRevision !== NOT_STORED) object.metadata.resourceVersion = String(entry.modRevision)
  const converted = conversionOf(resource)?.fromStored(object) ?? shown(object, entry.modRevision, resource)
  converted.apiVersion = apiVersionOf(resource)
  return converted
}

/** The JSON text of the object in the version of `resource`. */
export function objectText(value: string, revision: number, resource: Resource): string {
  if (!isShownAsStored(value, revision, resource)) return convertedText(value, revision, resource)
  const head = value.indexOf(METADATA)
  return `{"apiVersion":"${apiVersionOf(resource)}","kind":"${resource.kind}",${withRevision(value, head, revision)}`
}

/** The same as an item of a list: Kubernetes' own typed lists leave out apiVersion and kind, custom resources have them. */
export function itemText(value: string, revision: number, resource: Resource): string {
  if (resource.custom || conversionOf(resource)) return objectText(value, revision, resource)
  return `{${withRevision(value, value.indexOf(METADATA), revision)}`
}

/** Whether an object is shown in the version of `resource` as its text has it, but for the name of the version. */
function isShownAsStored(value: string, revision: number, resource: Resource): boolean {
  const { custom } = resource
  if (!custom) return conversionOf(resource) === undefined
  if (!custom.schema) return true
  return !isOutdated(revision, resource) && custom.schemas.get(storedVersion(value)) === custom.schema
}

/** Written before its definition was last changed: it may lack defaults, or have fields that are no more. */
function isOutdated(revision: number, { custom }: Resource): boolean {
  return revision !== NOT_STORED && revision < (custom?.definedAt ?? 0)
}

/** The version in a stored text. */
function storedVersion(value: string): string {
  const end = value.indexOf('"', APIVERSION.length)
  return value.slice(value.lastIndexOf('/', end) + 1, end)
}

const APIVERSION = '{"apiVersion":"'

/** An object as the version of `resource` shows it: completed by the version in which it is stored, pruned by its own. */
function shown(object: KubeObject, revision: number, resource: Resource): KubeObject {
  return known(isOutdated(revision, resource) ? asOf(object, resource) : object, resource)
}

/** A stored object with the defaults of its version, and nothing that this does not know. */
function asOf(object: KubeObject, { custom }: Resource): KubeObject {
  const schema = custom?.schemas.get(versionOf(object)) ?? custom?.schema
  return schema ? completed(object, schema) : object
}

/** An object without what the version of `resource` does not know. */
function known(object: KubeObject, { custom }: Resource): KubeObject {
  if (!custom?.schema || custom.schemas.get(versionOf(object)) === custom.schema) return object
  return prune(object, custom.schema).value
}

const versionOf = ({ apiVersion }: KubeObject): string => apiVersion.slice(apiVersion.lastIndexOf('/') + 1)

function convertedText(value: string, revision: number, resource: Resource): string {
  return JSON.stringify(decodeEntry({ value, modRevision: revision }, resource))
}

function withRevision(value: string, head: number, revision: number): string {
  if (revision === NOT_STORED) return value.slice(head)
  return `${METADATA}"resourceVersion":"${revision}",${value.slice(head + METADATA.length)}`
}

const parsed = new WeakMap<object, KubeObject>()

/** An object to look at only, in its storage version, parsed at most once per entry: for selectors, columns and controllers. */
export function viewEntry(entry: Entry): Readonly<KubeObject> {
  const known = parsed.get(entry)
  if (known) return known
  const object = JSON.parse(entry.value) as KubeObject
  object.metadata.resourceVersion = String(entry.modRevision)
  parsed.set(entry, object)
  return object
}

/** The same; of a custom resource, as the version of `resource` shows it. */
export function viewInVersion(entry: Entry, resource: Resource): Readonly<KubeObject> {
  const isSame = !resource.custom || isShownAsStored(entry.value, entry.modRevision, resource)
  return isSame ? viewEntry(entry) : decodeEntry(entry, resource)
}
