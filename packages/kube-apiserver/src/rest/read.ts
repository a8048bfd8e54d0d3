import { CompactedError, type Entry, type ListResult, type RevisionStore } from '@slipway/storage'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, expired, StatusError } from '../api/status.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf, prefixOf } from '../storage/keys.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { type ListMeta, sendList, sendObject } from './answer.ts'
import { fieldMatcher, labelMatcher, type Matcher, selectedName } from './selectors.ts'

/** GET of one object. */
export async function getObject(objects: ObjectService, request: ApiRequest): Promise<void> {
  const { resource, namespace, name = '' } = request
  const entry = objects.entry({ resource, namespace, name })
  checkMinimum(objects.store, request.query.get('resourceVersion') ?? '')
  await sendObject(request, { value: entry.value, revision: entry.modRevision })
}

/** Which objects of a resource a list, watch or deletecollection is about. */
export interface Selection {
  prefix: string
  matches: Matcher | undefined
}

/** The objects that path and selectors name; one object when the name is given. */
export function selectionOf(request: ApiRequest): Selection {
  const { resource, namespace, query } = request
  const fields = query.get('fieldSelector') ?? ''
  const matchers = [labelMatcher(query.get('labelSelector') ?? ''), fieldMatcher(fields, resource)]
  const name = request.name ?? selectedName(fields)
  const named: Matcher | undefined = name ? (object) => object.metadata.name === name : undefined
  const present = [...matchers, named].filter((matcher) => matcher !== undefined)
  // The key of one object is a prefix of others' keys too, so the name is compared as well.
  const prefix =
    name && (namespace || !resource.namespaced) ? keyOf(resource, namespace, name) : prefixOf(resource, namespace)
  const matches: Matcher | undefined =
    present.length > 0 ? (object) => present.every((matcher) => matcher(object)) : undefined
  return { prefix, matches }
}

/** GET of a collection, whole or in pages. */
export async function listObjects(objects: ObjectService, request: ApiRequest): Promise<void> {
  const selection = selectionOf(request)
  const page = readPage(objects.store, request, selection)
  await sendList(request, page.entries, page.metadata)
}

function readPage(
  store: RevisionStore,
  request: ApiRequest,
  selection: Selection,
): { entries: Entry[]; metadata: ListMeta } {
  const { query } = request
  const limit = Number(query.get('limit') ?? 0) || 0
  const start = startOf(store, query, selection.prefix)
  // A selector may drop entries, so a page is filled from several reads of the store.
  const { entries, result } = readMatching(store, selection, { ...start, limit })
  const metadata: ListMeta = { resourceVersion: String(result.revision) }
  const last = entries.at(-1)
  if (result.more && last) {
    metadata.continue = encodeContinue(result.revision, last.key.slice(selection.prefix.length))
    if (!selection.matches) metadata.remainingItemCount = result.remaining
  }
  return { entries, metadata }
}

interface Start {
  after?: string
  revision?: number
}

function readMatching(store: RevisionStore, { prefix, matches }: Selection, at: Start & { limit: number }) {
  const { limit, ...start } = at
  const read = (options: object): ListResult => listOrExpired(() => store.list(prefix, options))
  if (!matches) {
    const result = read({ ...start, ...(limit && { limit }) })
    return { entries: result.entries, result }
  }
  const result = read(start)
  const entries = result.entries.filter((entry) => matches(viewEntry(entry)))
  const page = limit ? entries.slice(0, limit) : entries
  return { entries: page, result: { ...result, more: page.length < entries.length } }
}

/** Where a list begins: a continue token, an exact resourceVersion, or now. */
function startOf(store: RevisionStore, query: URLSearchParams, prefix: string): Start {
  const token = query.get('continue')
  const asked = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  if (match && !['Exact', 'NotOlderThan'].includes(match)) {
    throw badRequest(`resourceVersionMatch: Unsupported value: "${match}": supported values: "Exact", "NotOlderThan"`)
  }
  if (token) {
    if (asked && asked !== '0') throw badRequest('specifying resource version is not allowed when using continue')
    const { revision, key } = decodeContinue(token)
    return { revision, after: prefix + key }
  }
  checkMinimum(store, asked)
  // A page of an old version is read at exactly that version (the API server's legacy rule for limit + resourceVersion).
  const exact = match === 'Exact' || (!match && Number(query.get('limit') ?? 0) > 0 && asked !== '' && asked !== '0')
  return exact ? { revision: Number(asked) } : {}
}

function checkMinimum(store: RevisionStore, asked: string): void {
  if (asked === '' || asked === '0') return
  const revision = parseRevision(asked)
  if (revision <= store.revision()) return
  const message = `Too large resource version: ${revision}, current: ${store.revision()}`
  throw new StatusError(504, 'Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

/** The number in a resourceVersion. Throws 400 for anything else. */
export function parseRevision(text: string): number {
  if (!/^\d+$/.test(text))
    throw badRequest(`Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`)
  return Number(text)
}

function listOrExpired<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    )
  }
}

/** The token of the API server, so that tools which look into it can: `{"v":"meta.k8s.io/v1","rv":…,"start":…}`. */
function encodeContinue(revision: number, key: string): string {
  const token = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: key })
  return Buffer.from(token).toString('base64url')
}

function decodeContinue(token: string): { revision: number; key: string } {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (v === 'meta.k8s.io/v1' && Number.isInteger(rv) && typeof start === 'string') return { revision: rv, key: start }
  } catch {
    // Falls through: whatever is no token of ours is answered in one way.
  }
  throw badRequest('continue key is not valid')
}
