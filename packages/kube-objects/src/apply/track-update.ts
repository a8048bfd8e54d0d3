import { equalJson, type JsonObject } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { zeroValue } from '../schema/defaults.ts'
import { ANY, type SchemaNode } from '../schema/node.ts'
import { changesBetween, type SchemaOf } from './changes.ts'
import { difference, EMPTY, equalSets, union } from './field-set.ts'
import { type Manager, readManagers, sameManager, withManagers } from './managed-fields.ts'
import { reconciled } from './reconcile.ts'

/** A write that is no apply. */
export interface UpdateInput<T extends KubeObject = KubeObject> {
  /** Undefined for a create. */
  before: KubeObject | undefined
  /** What is about to be stored, with the managedFields that the client sent, if any. */
  after: T
  manager: string
  /** RFC 3339. */
  now: string
  schema?: SchemaNode | undefined
  /** The schemas of other versions, where they may differ: what is managed in one is compared by it. */
  schemaOf?: SchemaOf | undefined
  subresource?: string
  /** What such a write may decide of an object, such as all but its status; absent: all of it. */
  part?: (object: KubeObject) => KubeObject
}

/** The object to store, with managedFields that give this manager what it changed and take it from the others. */
export function trackUpdate<T extends KubeObject>(input: UpdateInput<T>): T {
  const { before, after, manager, now, subresource = '', part = (object) => object } = input
  const schema = input.schema ?? ANY
  const known = knownManagers(input).map((entry) => reconciled(entry, input.schemaOf))
  // Objects that nobody tracked stay so until someone applies them (managedfields/skipnonapplied.go).
  if (before && known.length === 0) return withManagers(after, [])
  const { apiVersion } = after
  const identity = { manager, operation: 'Update' as const, apiVersion, subresource }
  const changes = changesBetween(
    before ? plain(part(before)) : part(emptyObject(after, schema)),
    plain(part(after)),
    (version) => (version === apiVersion ? schema : (input.schemaOf?.(version) ?? schema)),
  )
  const { changed, removed } = changes(apiVersion)

  const previous = known.find((entry) => sameManager(entry, identity))
  const others = known
    .filter((entry) => entry !== previous)
    .map((entry) => ({ ...entry, fields: difference(entry.fields, changes(entry.apiVersion).lost) }))
  const fields = union(difference(previous?.fields ?? EMPTY, removed), changed)
  const time = previous && equalSets(previous.fields, fields) ? previous.time : now
  const own: Manager = { ...identity, time, fields }
  return withManagers(after, [own, ...others])
}

/** A client may send managers of its own, or `[]` or `[{}]` to have them forgotten (managedfields/fieldmanager.go). */
function knownManagers({ before, after, subresource }: UpdateInput): Manager[] {
  const sent = after.metadata.managedFields
  if (subresource || !sent) return readManagers(before)
  if (sent.every((entry) => equalJson(entry, {}))) return []
  return readManagers(after)
}

function plain(object: KubeObject): unknown {
  const { managedFields: _managed, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** By schema, for there are as many creates as objects and few kinds. */
const zeros = new WeakMap<SchemaNode, Readonly<JsonObject>>()

function emptyObject({ apiVersion, kind }: KubeObject, schema: SchemaNode): KubeObject {
  const zero = zeros.get(schema) ?? zeroValue(schema)
  zeros.set(schema, zero)
  return { metadata: {}, ...zero, apiVersion, kind } as KubeObject
}
