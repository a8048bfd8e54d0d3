import { CompactedError, type Entry, type ListResult, type RevisionStore } from '@slipway/storage'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, expired, type FieldError, invalid, StatusError } from '../api/status.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf, prefixOf } from '../storage/keys.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { forbiddenField, notSupported } from '../strategy/validate.ts'
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
  const read = (options: object): ListResult => listOrExpired(() => store.list(prefix, options), start, prefix)
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
  checkMatch(match, asked, token)
  if (token) {
    if (asked && asked !== '0') throw badRequest('specifying resource version is not allowed when using continue')
    const { revision, key } = decodeContinue(token)
    return { ...(revision !== INCONSISTENT && { revision }), after: prefix + key }
  }
  checkMinimum(store, asked)
  // A page of an old version is read at exactly that version (the API server's legacy rule for limit + resourceVersion).
  const exact = match === 'Exact' || (!match && Number(query.get('limit') ?? 0) > 0 && asked !== '' && asked !== '0')
  return exact ? { revision: Number(asked) } : {}
}

/** The rules of metav1.ListOptions. Throws 422. */
function checkMatch(match: string, asked: string, token: string | null): void {
  if (!match) return
  const field = 'resourceVersionMatch'
  const errors: FieldError[] = []
  if (!asked) errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
  if (token) errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'))
  if (!['Exact', 'NotOlderThan'].includes(match)) errors.push(notSupported(field, match, ['Exact', 'NotOlderThan']))
  else if (match === 'Exact' && asked === '0') {
    errors.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (errors.length > 0) throw invalidOptions(errors)
}

/** The answer to list options that do not go together. */
export function invalidOptions(errors: FieldError[]): StatusError {
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
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

function listOrExpired<T>(read: () => T, { after }: Start, prefix: string): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error
    if (after === undefined) throw expired('The resourceVersion for the provided list is too old.')
    const status = expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    )
    status.status.metadata.continue = encodeContinue(INCONSISTENT, after.slice(prefix.length))
    throw status
  }
}

/** In place of a revision: go on from the key in whatever there is now. */
const INCONSISTENT = -1

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
