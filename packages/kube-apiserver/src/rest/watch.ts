import type { KubeObject } from '@slipway/kube-objects'
import { CompactedError, type Entry, type StoreEvent } from '@slipway/storage'
import { flagOf } from '../api/flag.ts'
import { negotiateOutput, type OutputForm } from '../api/media-types.ts'
import type { ApiRequest } from '../api/request.ts'
import { expired, type FieldError, internalError, type Status, StatusError } from '../api/status.ts'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import { allInVersion, inVersion, objectText, viewInVersion } from '../storage/codec.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { tableOf } from '../tables/table.ts'
import { forbiddenField, notSupported } from '../validation/field-errors.ts'
import { partialMetadata, tableOptions } from './answer.ts'
import { Line, LineStream } from './line-stream.ts'
import type { Lines } from './lines.ts'
import { invalidOptions } from './options.ts'
import { checkMinimum, integerOf, parseRevision, type Selection, selectedEntries, selectionOf } from './read.ts'

const BOOKMARK_INTERVAL_MS = 60_000
/** Changes that wait until a reader has taken what there was when it came; with more, it is cut off and watches anew. */
const MAX_WAITING = 10_000

interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  entry: Entry
  revision: number
}

/** A request to watch, however its answer travels. */
type WatchRequest = Omit<ApiRequest, 'response'>

/** GET with watch=true: the changes as a stream of JSON texts, one a line. */
export async function watchObjects(objects: ObjectService, request: ApiRequest): Promise<void> {
  await watchOver(objects, request, (contentType) => new LineStream(request.response, contentType))
}

/** The same over whatever is opened once it is clear that the request is right; nothing opened = answered already. */
export async function watchOver(
  objects: ObjectService,
  request: WatchRequest,
  open: (contentType: string) => Lines | undefined,
): Promise<void> {
  const { store } = objects
  const { query } = request
  const form = negotiateOutput(request.http.headers.accept?.replace(/;stream=watch/g, ''))
  const selection = selectionOf(request)
  const asked = query.get('resourceVersion') ?? ''
  const initial = wantsInitialEvents(query, asked)
  const revision = parseRevision(asked)
  const timeoutMs = timeoutOf(query)
  const from = initial || revision === 0 ? store.revision() : revision
  const lines = open(form.contentType)
  if (!lines) return
  const stream = new WatchStream(request, form, lines)
  // Registered before anything is sent: nothing can happen in between, for both are synchronous.
  const stop = startOrRefused(stream, () => {
    if (flagOf(query, 'sendInitialEvents')) checkMinimum(store, revision)
    if (initial) sendAll(stream, store.list(selection.prefix).entries, selection)
    if (flagOf(query, 'sendInitialEvents')) stream.bookmark(from, true)
    return store.watch(selection.prefix, from, (event) => sendEvent(stream, event, selection))
  })
  const timer = flagOf(query, 'allowWatchBookmarks')
    ? setInterval(() => stream.bookmark(store.revision(), false), BOOKMARK_INTERVAL_MS)
    : undefined
  const timeout = setTimeout(() => stream.end(), timeoutMs)
  await stream.closed
  clearInterval(timer)
  clearTimeout(timeout)
  stop?.()
}

function sendAll(stream: WatchStream, entries: Entry[], selection: Selection): void {
  stream.sendLater(async () => {
    const selected = await selectedEntries(entries, selection)
    return selected.map((entry) => ({ type: 'ADDED', entry, revision: entry.modRevision }))
  })
}

function sendEvent(stream: WatchStream, event: StoreEvent, selection: Selection): void {
  const { comparedIn } = selection
  if (comparedIn) {
    stream.sendLater(async () => {
      const [entry, previous] = await allInVersion([event.entry, event.previous ?? event.entry], comparedIn)
      const change = changeOf({ ...event, entry, ...(event.previous && { previous }) } as StoreEvent, selection)
      return change ? [change] : []
    })
    return
  }
  const change = changeOf(event, selection)
  if (change) stream.send(change)
}

/** Not with an HTTP error: clients of a watch look for an ERROR event, with code 410 or 504, and list anew. */
function startOrRefused(stream: WatchStream, start: () => () => void): (() => void) | undefined {
  try {
    return start()
  } catch (error) {
    if (error instanceof StatusError) stream.fail(error.status)
    else if (error instanceof CompactedError) {
      stream.fail(expired(`too old resource version: (${error.compactedRevision})`).status)
    } else throw error
    return undefined
  }
}

function wantsInitialEvents(query: URLSearchParams, asked: string): boolean {
  const wanted = flagOf(query, 'sendInitialEvents')
  const match = query.get('resourceVersionMatch') ?? ''
  const field = 'resourceVersionMatch'
  const errors: FieldError[] = []
  if (wanted !== undefined && match !== 'NotOlderThan') {
    errors.push(forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
    if (match) errors.push(notSupported(field, match, ['NotOlderThan']))
  }
  if (wanted === undefined && match) {
    errors.push(
      forbiddenField(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    )
  }
  if (errors.length > 0) throw invalidOptions('ListOptions', errors)
  return wanted ?? (asked === '' || asked === '0')
}

/** Kubernetes ends a watch after 30 to 60 minutes when the client names no time. */
function timeoutOf(query: URLSearchParams): number {
  const seconds = integerOf(query, 'timeoutSeconds') ?? 0
  return (seconds > 0 ? Math.min(seconds, 86_400) : 2700) * 1000
}

function matching({ matches, resource }: Selection): (entry: Entry) => boolean {
  return matches ? (entry) => matches(viewInVersion(entry, resource)) : () => true
}

/** What a change in the store is to someone who sees only what the selection matches. */
function changeOf(event: StoreEvent, selection: Selection): Change | undefined {
  const matches = matching(selection)
  const { revision } = event
  if (event.type === 'delete')
    return matches(event.entry) ? { type: 'DELETED', entry: event.entry, revision } : undefined
  const before = event.previous && matches(event.previous)
  if (matches(event.entry)) return { type: before ? 'MODIFIED' : 'ADDED', entry: event.entry, revision }
  // It no longer matches: gone for this watcher, shown as it was last seen.
  return before && event.previous ? { type: 'DELETED', entry: event.previous, revision } : undefined
}

/** The newest line: an event goes to all its watchers in a row, most of which want the same. */
let newest: { entry: Entry; key: string; line: Line } | undefined

class WatchStream {
  readonly #request: WatchRequest
  readonly #lines: Lines
  readonly #form: OutputForm
  #queue: Promise<void> | undefined
  #waiting = 0
  #firstTable = true

  constructor(request: WatchRequest, form: OutputForm, lines: Lines) {
    this.#request = request
    this.#form = form
    this.#lines = lines
  }

  get closed(): Promise<void> {
    return this.#lines.closed
  }

  send(change: Change): void {
    const { resource } = this.#request
    const isReady = this.#form.as === 'object' && resource.custom?.convert === undefined
    if (isReady && !this.#queue) this.#lines.write(plainLine(change, resource))
    else this.#later(async () => this.#lines.write(await this.#encoded(change)))
  }

  /** Sends changes that take time to find, as fast as the reader takes them and before whatever is sent after them. */
  sendLater(find: () => Promise<Change[]>): void {
    this.#later(async () => {
      for (const change of await find()) {
        this.#lines.write(await this.#encoded(change))
        await this.#lines.room()
      }
    })
  }

  bookmark(revision: number, initialEventsEnd: boolean): void {
    const { resource } = this.#request
    const annotations = initialEventsEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined
    const metadata = { resourceVersion: String(revision), creationTimestamp: null, ...(annotations && { annotations }) }
    const own = { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata }
    const { apiVersion } = this.#form
    const partial = { kind: 'PartialObjectMetadata', apiVersion, metadata }
    const table = {
      kind: 'Table',
      apiVersion,
      metadata,
      columnDefinitions: null,
      rows: [{ cells: [], object: partial }],
    }
    const object = { object: own, PartialObjectMetadata: partial, Table: table }[this.#form.as]
    this.#later(async () => this.#lines.write(lineOf({ type: 'BOOKMARK', object })))
  }

  fail(status: Status): void {
    this.#lines.write(lineOf({ type: 'ERROR', object: status }))
    this.end()
  }

  end(): void {
    this.#lines.end()
  }

  async #encoded(change: Change): Promise<Line> {
    const { resource } = this.#request
    if (this.#form.as !== 'object') return lineOf(await this.#formed(change))
    return plainLine({ ...change, entry: await inVersion(change.entry, resource) }, resource)
  }

  async #formed({ type, entry, revision }: Change): Promise<unknown> {
    const { resource } = this.#request
    const { value } = await inVersion(entry, resource)
    const object = JSON.parse(objectText(value, revision, resource)) as KubeObject
    if (this.#form.as === 'PartialObjectMetadata') return { type, object: partialMetadata(object, this.#form) }
    const table = await tableOf(resource, [object], tableOptions(this.#request, this.#form))
    if (!this.#firstTable) table.columnDefinitions = null
    this.#firstTable = false
    return { type, object: { ...table, metadata: { resourceVersion: String(revision) } } }
  }

  /** Does one after the other. */
  #later(write: () => Promise<void>): void {
    if (++this.#waiting > MAX_WAITING) this.#lines.cut()
    const queue: Promise<void> = (this.#queue ?? Promise.resolve())
      .then(write)
      .catch((error: unknown) => {
        this.fail(error instanceof StatusError ? error.status : internalError((error as Error).message).status)
      })
      .finally(() => {
        this.#waiting--
        if (this.#queue === queue) this.#queue = undefined
      })
    this.#queue = queue
  }
}

function lineOf(value: unknown): Line {
  return new Line(`${JSON.stringify(value)}\n`)
}

/** The line of a change as its type's watchers get it, encoded once for all of them. */
function plainLine({ type, entry, revision }: Change, resource: Resource): Line {
  const key = `${type} ${revision} ${resource.group}/${resource.version}`
  if (newest?.entry === entry && newest.key === key) return newest.line
  const line = new Line(`{"type":"${type}","object":${objectText(entry.value, revision, resource)}}\n`)
  newest = { entry, key, line }
  return line
}
