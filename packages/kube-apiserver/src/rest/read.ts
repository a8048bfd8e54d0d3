import { CompactedError, type Entry, type ListResult, type RevisionStore } from '@slipway/storage'
import { flagOf } from '../api/flag.ts'
import { jsonFault } from '../api/json-fault.ts'
import type { ApiRequest, Target } from '../api/request.ts'
import { badRequest, expired, type FieldError, StatusError } from '../api/status.ts'
import type { Resource } from '../registry/resource.ts'
import { allInVersion, viewInVersion } from '../storage/codec.ts'
import { keyOf, prefixOf } from '../storage/keys.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { forbiddenField, notSupported } from '../validation/field-errors.ts'
import { type ListMeta, sendList, sendObject } from './answer.ts'
import { invalidOptions } from './options.ts'
import { fieldMatcher, labelMatcher, type Matcher, selectedName, selectsByContent } from './selectors.ts'

/** GET of one object. */
export async function getObject(objects: ObjectService, request: ApiRequest): Promise<void> {
  const { resource, namespace, name = '' } = request
  const asked = parseRevision(request.query.get('resourceVersion') ?? '')
  checkMinimum(objects.store, asked)
  const entry = objects.entry({ resource, namespace, name })
  await sendObject(request, { value: entry.value, revision: entry.modRevision })
}

/** Which objects of a resource a list, watch or deletecollection is about. */
export interface Selection {
  prefix: string
  matches: Matcher | undefined
  resource: Resource
  /** In which version the objects are compared, where only a webhook can bring them to it. */
  comparedIn?: Resource
}

/** Those of some entries that are selected. */
export async function selectedEntries(
  entries: Entry[],
  { matches, resource, comparedIn }: Selection,
): Promise<Entry[]> {
  if (!matches) return entries
  const shown = comparedIn ? await allInVersion(entries, comparedIn) : entries
  return shown.filter((entry) => matches(viewInVersion(entry, resource)))
}

/** The objects that path and selectors name; one object when the name is given. */
export function selectionOf(request: Target & { query: URLSearchParams }): Selection {
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
  const converted = resource.custom?.convert !== undefined && selectsByContent(fields)
  return { prefix, matches, resource, ...(converted && { comparedIn: resource }) }
}

/** GET of a collection, whole or in pages. */
export async function listObjects(objects: ObjectService, request: ApiRequest): Promise<void> {
  const selection = selectionOf(request)
  const page = await readPage(objects.store, request, selection)
  await sendList(request, page.entries, page.metadata)
}

/** Those that the options of a list choose. */
export async function readPage(
  store: RevisionStore,
  request: ApiRequest,
  selection: Selection,
): Promise<{ entries: Entry[]; metadata: ListMeta }> {
  const { query } = request
  // A list has its time, too, which it never needs.
  integerOf(query, 'timeoutSeconds')
  const limit = Math.max(0, integerOf(query, 'limit') ?? 0)
  const start = startOf(store, query, selection.prefix)
  const { entries, result } = await readMatching(store, selection, { ...start, limit })
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

async function readMatching(store: RevisionStore, selection: Selection, at: Start & { limit: number }) {
  const { prefix, matches } = selection
  const { limit, ...start } = at
  const read = (options: object): ListResult => listOrExpired(() => store.list(prefix, options), start, prefix)
  if (!matches) {
    const result = read({ ...start, ...(limit && { limit }) })
    return { entries: result.entries, result }
  }
  const result = read(start)
  const entries = await selectedEntries(result.entries, selection)
  const page = limit ? entries.slice(0, limit) : entries
  return { entries: page, result: { ...result, more: page.length < entries.length } }
}

/** Where a list begins: a continue token, an exact resourceVersion, or now. */
function startOf(store: RevisionStore, query: URLSearchParams, prefix: string): Start {
  const token = query.get('continue')
  const asked = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  checkOptions(query, match, asked)
  if (token) {
    if (asked && asked !== '0') throw badRequest('specifying resource version is not allowed when using continue')
    const { revision, key } = decodeContinue(token)
    return { ...(revision !== INCONSISTENT && { revision }), after: prefix + key }
  }
  const revision = listRevision(asked)
  checkMinimum(store, revision)
  // A page of an old version is read at exactly that version (the API server's legacy rule for limit + resourceVersion).
  const exact = match === 'Exact' || (!match && (integerOf(query, 'limit') ?? 0) > 0 && revision > 0)
  return exact ? { revision } : {}
}

/** The rules of metav1.ListOptions. Throws 422. */
function checkOptions(query: URLSearchParams, match: string, asked: string): void {
  const field = 'resourceVersionMatch'
  const errors: FieldError[] = []
  if (match && !asked) {
    errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
  }
  if (match && query.get('continue')) {
    errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'))
  }
  if (match && !MATCHES.includes(match)) errors.push(notSupported(field, match, MATCHES))
  if (match === 'Exact' && asked === '0') {
    errors.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (flagOf(query, 'sendInitialEvents') !== undefined) {
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  }
  if (errors.length > 0) throw invalidOptions('ListOptions', errors)
}

const MATCHES = ['Exact', 'NotOlderThan', '']

/** Throws 504 for a version that is not there yet. */
export function checkMinimum(store: RevisionStore, revision: number): void {
  if (revision <= store.revision()) return
  const message = `Timeout: Too large resource version: ${revision}, current: ${store.revision()}`
  throw new StatusError(504, 'Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

const unsigned = (text: string) =>
  `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`

/** The number in a resourceVersion, 0 in an empty one. Throws 500 for anything else, as Kubernetes does. */
export function parseRevision(text: string): number {
  if (text !== '' && !/^\d+$/.test(text)) throw new StatusError(500, '', unsigned(text))
  return Number(text)
}

/** The same for lists, where anything else is the client's fault. */
function listRevision(text: string): number {
  if (text !== '' && !/^\d+$/.test(text)) throw badRequest(`invalid resource version: ${unsigned(text)}`)
  return Number(text)
}

/** A whole number in a query. Throws 400. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
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
  const good = /^[\w-]*/.exec(token)?.[0].length ?? 0
  const wrong = good < token.length || good % 4 === 1
  // Go names where a group of four begins that is not whole.
  const at = good < token.length ? good : good - (good % 4)
  const text = Buffer.from(token, 'base64url').toString()
  const fault = wrong ? `illegal base64 data at input byte ${at}` : jsonFault(text)
  if (fault === undefined) {
    const { v, rv, start } = JSON.parse(text)
    if (v === 'meta.k8s.io/v1' && Number.isInteger(rv) && typeof start === 'string') return { revision: rv, key: start }
  }
  throw badRequest(`invalid continue token: continue key is not valid: ${fault ?? 'incorrect encoded start key'}`)
}
