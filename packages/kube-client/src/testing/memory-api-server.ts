import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  jsonPatch,
  type KubeObject,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  schemaFor,
  serverSideApply,
  strategicMergePatch,
} from '@slipway/kube-objects'
import { KubeClient } from '../client.ts'
import type { WatchEvent } from '../types.ts'

/** A kind that the server shall have. */
export interface ServedKind {
  apiVersion: string
  kind: string
  plural: string
  /** @default true */
  namespaced?: boolean
}

interface Target extends ServedKind {
  namespace: string | undefined
  name: string | undefined
  status: boolean
}

/**
 * As much of the Kubernetes API over HTTP as a controller's test needs: list with labels or a name, watch, create, merge patch, JSON patch,
 * strategic merge patch, PUT with its conflicts, forced apply, delete with finalizers, the status subresource and generations. No validation, no access rules.
 */
export class MemoryApiServer {
  readonly #kinds: ServedKind[]
  readonly #objects = new Map<string, KubeObject>()
  readonly #history: { key: string; event: WatchEvent }[] = []
  readonly #watches = new Map<ServerResponse, (key: string, event: WatchEvent) => void>()
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response))
  #version = 0

  constructor(kinds: ServedKind[]) {
    this.#kinds = kinds
  }

  /** Listens on a free port; resolves to a client of it. */
  async start(): Promise<KubeClient> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return new KubeClient({ server: this.url })
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://host')
    const text = Buffer.concat(await request.toArray()).toString()
    const body = text ? (JSON.parse(text) as KubeObject) : undefined
    const type = request.headers['content-type'] ?? ''
    const target = this.#target(url.pathname)
    if (url.pathname === '/api' || url.pathname === '/apis') send(response, 200, this.#discovery(url.pathname))
    else if (url.pathname === '/version') send(response, 200, { gitVersion: 'v1.34.0' })
    else if (!target) send(response, 404, failure('NotFound', url.pathname))
    else if (target.name && body && type.includes('apply-patch')) {
      send(response, 200, this.#apply(target, body, url.searchParams.get('fieldManager') ?? ''))
    } else if (target.name) {
      const isStrategic = type.includes('strategic')
      this.#one(request.method ?? '', target, { body, isStrategic, response })
    } else if (request.method === 'POST' && body) this.#create(target, body, response)
    else if (url.searchParams.get('watch')) this.#watch(target, url.searchParams, response)
    else this.#list(target, url.searchParams, response)
  }

  #discovery(path: string): unknown {
    const core = path === '/api'
    const items = this.#kinds
      .filter(({ apiVersion }) => core !== apiVersion.includes('/'))
      .map(({ apiVersion, kind, plural, namespaced = true }) => {
        const [group, version] = core ? ['', apiVersion] : apiVersion.split('/')
        const resource = {
          resource: plural,
          responseKind: { kind },
          scope: namespaced ? 'Namespaced' : 'Cluster',
          verbs: ['*'],
        }
        return { metadata: { name: group }, versions: [{ version, resources: [resource] }] }
      })
    return { items }
  }

  #target(path: string): Target | undefined {
    const found =
      /^\/(?:api|apis)\/(?<apiVersion>v1|[^/]+\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?<status>\/status)?$/.exec(
        path,
      )?.groups
    const kind = this.#kinds.find(
      ({ apiVersion, plural }) => apiVersion === found?.apiVersion && plural === found.plural,
    )
    const namespace = kind?.namespaced === false ? '' : found?.namespace
    return kind && { ...kind, namespace, name: found?.name, status: found?.status !== undefined }
  }

  #list({ apiVersion, kind, namespace }: Target, query: URLSearchParams, response: ServerResponse): void {
    const prefix = keyOf({ apiVersion, kind, namespace, name: '' })
    const items = [...this.#objects]
      .filter(([key, object]) => key.startsWith(prefix) && isSelected(object, query))
      .map(([, object]) => object)
    send(response, 200, { items, metadata: { resourceVersion: String(this.#version) } })
  }

  #watch({ apiVersion, kind, namespace }: Target, query: URLSearchParams, response: ServerResponse): void {
    const since = Number(query.get('resourceVersion'))
    const prefix = keyOf({ apiVersion, kind, namespace, name: '' })
    const tell = (key: string, { type, object }: WatchEvent): void => {
      // An object that a selector no longer finds is gone to its watcher.
      const seen = isSelected(object, query) ? type : 'DELETED'
      if (key.startsWith(prefix)) response.write(`${JSON.stringify({ type: seen, object })}\n`)
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    for (const { key, event } of this.#history) {
      if (Number(event.object.metadata.resourceVersion) > since) tell(key, event)
    }
    this.#watches.set(response, tell)
    response.on('close', () => this.#watches.delete(response))
  }

  #create({ apiVersion, kind, namespace }: Target, body: KubeObject, response: ServerResponse): void {
    const key = keyOf({ apiVersion, kind, namespace, name: body.metadata.name })
    if (this.#objects.has(key)) {
      send(response, 409, failure('AlreadyExists', key))
      return
    }
    const metadata = {
      ...body.metadata,
      ...(namespace && { namespace }),
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: new Date().toISOString(),
    }
    send(response, 201, this.#store('ADDED', key, { ...body, apiVersion, kind, metadata }))
  }

  #one(
    method: string,
    target: Target,
    { body, isStrategic, response }: { body: KubeObject | undefined; isStrategic: boolean; response: ServerResponse },
  ): void {
    const key = keyOf(target)
    const before = this.#objects.get(key)
    if (!before) send(response, 404, failure('NotFound', key))
    else if (method === 'GET') send(response, 200, before)
    else if (method === 'DELETE') send(response, 200, this.#delete(key, before))
    else if (isOutdated(method, body, before)) send(response, 409, failure('Conflict', key))
    else if (isOfAnother(body, before)) send(response, 422, failure('Invalid', key))
    else if (isStrategic) {
      const change = strategicMergePatch(before, body, schemaFor(target))
      send(response, 200, this.#update(key, before, { method: 'PUT', change }))
    } else
      send(
        response,
        200,
        this.#update(key, before, {
          method,
          change: Array.isArray(body)
            ? body
            : target.status
              ? { status: body?.status }
              : { ...body, status: undefined },
        }),
      )
  }

  #apply(target: Target, applied: KubeObject, manager: string): KubeObject {
    const key = keyOf(target)
    const live = this.#objects.get(key)
    const now = new Date().toISOString()
    const { object } = serverSideApply({ live, applied, manager, force: true, now, schema: schemaFor(target) })
    if (object === live) return live
    if (live) return this.#update(key, live, { method: 'PUT', change: object })
    const created = { uid: randomUUID(), generation: 1, creationTimestamp: now }
    return this.#store('ADDED', key, { ...object, metadata: { ...object.metadata, ...created } })
  }

  #update(key: string, before: KubeObject, { method, change }: { method: string; change: object }): KubeObject {
    const after = changed(before, method, change)
    const isOther = JSON.stringify(after.spec) !== JSON.stringify(before.spec)
    const generation = (before.metadata.generation ?? 0) + (isOther ? 1 : 0)
    const next = { ...after, metadata: { ...after.metadata, generation } }
    const gone = next.metadata.deletionTimestamp !== undefined && !next.metadata.finalizers?.length
    return this.#store(gone ? 'DELETED' : 'MODIFIED', key, next)
  }

  #delete(key: string, before: KubeObject): KubeObject {
    if (!before.metadata.finalizers?.length) return this.#store('DELETED', key, before)
    const metadata = { ...before.metadata, deletionTimestamp: new Date().toISOString() }
    return this.#store('MODIFIED', key, { ...before, metadata })
  }

  #store(type: WatchEvent['type'], key: string, object: KubeObject): KubeObject {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } }
    if (type === 'DELETED') this.#objects.delete(key)
    else this.#objects.set(key, stored)
    const event = { type, object: stored }
    this.#history.push({ key, event })
    for (const tell of this.#watches.values()) tell(key, event)
    return stored
  }
}

function keyOf({
  apiVersion,
  kind,
  namespace,
  name,
}: Pick<Target, 'apiVersion' | 'kind' | 'namespace' | 'name'>): string {
  return (
    [apiVersion, kind, ...(namespace === undefined ? [] : [namespace, name])].join('|') +
    (namespace === undefined ? '|' : '')
  )
}

/** By labels, and of fields by the name. */
function isSelected({ metadata }: KubeObject, query: URLSearchParams): boolean {
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '')
  return (
    matchesLabels(metadata.labels, parseLabelSelector(query.get('labelSelector') ?? '')) &&
    fields.every(({ field, value }) => field === 'metadata.name' && value === metadata.name)
  )
}

/** A PUT that names another version than there is. */
function isOutdated(method: string, body: KubeObject | undefined, before: KubeObject): boolean {
  const version = method === 'PUT' ? body?.metadata?.resourceVersion : undefined
  return version !== undefined && version !== before.metadata.resourceVersion
}

/** A change that names another uid than there is. */
function isOfAnother(body: KubeObject | undefined, before: KubeObject): boolean {
  const uid = body?.metadata?.uid
  return uid !== undefined && uid !== before.metadata.uid
}

function changed(before: KubeObject, method: string, change: object): KubeObject {
  if (Array.isArray(change)) return jsonPatch(before, change)
  return (method === 'PUT' ? { ...before, ...change } : merge(before, change)) as KubeObject
}

/** RFC 7386; undefined leaves a field as it is. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = { ...(typeof target === 'object' && !Array.isArray(target) ? target : {}) }
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field]
    else if (value !== undefined) result[field] = merge(result[field], value)
  }
  return result
}

function failure(reason: string, message: string): unknown {
  return { kind: 'Status', status: 'Failure', reason, message }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
