import { isIP } from 'node:net'
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import { messageOf, TransientError, UserError } from '@slipway/errors'
import type { GroupVersionKind, KubeObject, ObjectKey } from '@slipway/kube-objects'
import { Agent, type Dispatcher } from 'undici'
import { apiError, isApiError } from './api-error.ts'
import type { ClusterConnection, Impersonation } from './connection.ts'
import { DISCOVERY_ACCEPT, Discovery } from './discovery.ts'
import { RenewedToken } from './token-source.ts'
import type {
  ApplyOptions,
  DeleteOptions,
  ListQuery,
  ListResult,
  ObjectRef,
  PatchType,
  ResourceInfo,
  Table,
  WatchEvent,
  WriteOptions,
} from './types.ts'
import { warningsOf } from './warnings.ts'
import { readWatchEvents } from './watch-stream.ts'

const PATCH_TYPES: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}
const TABLE_ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const PAGE_SIZE = 500

interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  query?: Record<string, string | undefined>
  body?: unknown
  contentType?: string
  accept?: string
  signal?: AbortSignal
}

/**
 * A client for objects of any kind: what it sends is what it was given, no field is lost to a model.
 * Errors: see {@link apiError}; an unreachable server is a TransientError KUBE_UNAVAILABLE.
 */
export class KubeClient {
  readonly connection: ClusterConnection
  /** Made for the first request, for the library takes its time to load. */
  #agent: Agent | undefined
  /** Whose agent it takes. */
  readonly #sharing: KubeClient | undefined
  readonly #discovery: Discovery
  readonly #token: RenewedToken | undefined
  readonly #onWarning: ((text: string) => void) | undefined

  /**
   * `onWarning` is told what the server warns of, such as a field that goes. @default it is passed over
   * `sharing` is a client of the same server, whose sockets and knowledge this one takes.
   */
  constructor(
    connection: ClusterConnection,
    { onWarning, sharing }: { onWarning?: (text: string) => void; sharing?: KubeClient } = {},
  ) {
    this.connection = connection
    this.#onWarning = onWarning
    this.#sharing = sharing
    this.#token = sharing ? sharing.#token : connection.tokenSource && new RenewedToken(connection.tokenSource)
    this.#discovery = sharing
      ? sharing.#discovery
      : new Discovery((path) => this.#json({ method: 'GET', path, accept: DISCOVERY_ACCEPT }))
  }

  /** The same client as somebody else, whom the server must let it be. It ends with this one. */
  as(impersonate: Impersonation): KubeClient {
    return new KubeClient(
      { ...this.connection, impersonate },
      { sharing: this, ...(this.#onWarning && { onWarning: this.#onWarning }) },
    )
  }

  /** Undefined when there is no such object. */
  async get<T extends KubeObject>(ref: ObjectRef, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return await this.#json<T>({ method: 'GET', path: await this.#objectPath(ref, ref), ...(signal && { signal }) })
    } catch (error) {
      if (isApiError(error, 'KUBE_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** All objects that match, read page by page. */
  async list<T extends KubeObject>(query: ListQuery, signal?: AbortSignal): Promise<ListResult<T>> {
    const path = await this.#path(query, { ...(query.namespace && { namespace: query.namespace }) })
    const items: T[] = []
    let next: string | undefined
    for (;;) {
      const page = await this.#json<{ items: T[]; metadata: { resourceVersion: string; continue?: string } }>({
        method: 'GET',
        path,
        query: { ...selectors(query), limit: String(PAGE_SIZE), continue: next },
        ...(signal && { signal }),
      })
      // Items of a typed list carry no apiVersion and kind of their own.
      for (const item of page.items) items.push({ ...item, apiVersion: query.apiVersion, kind: query.kind })
      next = page.metadata.continue
      if (!next) return { items, resourceVersion: page.metadata.resourceVersion }
    }
  }

  /** One object (with a name) or a list of them as `kubectl get` shows them. Throws KUBE_NOT_FOUND. */
  async table(query: ListQuery & { name?: string }): Promise<Table> {
    const { namespace, name } = query
    const path = await this.#path(query, { ...(namespace && { namespace }), ...(name && { name }) })
    return this.#json<Table>({ method: 'GET', path, query: selectors(query), accept: TABLE_ACCEPT })
  }

  async create<T extends KubeObject>(object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace } = object.metadata
    const path = await this.#path(object, namespace ? { namespace } : {})
    return this.#json<T>({ method: 'POST', path, query: writeQuery(options), body: object })
  }

  /** What a subresource makes of a request, such as a token of a ServiceAccount. */
  async createSubresource<T>(ref: ObjectRef, subresource: string, body: object): Promise<T> {
    return this.#json<T>({ method: 'POST', path: await this.#objectPath(ref, ref, subresource), body })
  }

  /** PUT: fails with KUBE_CONFLICT when `metadata.resourceVersion` is not the stored one. */
  async replace<T extends KubeObject>(object: T, options: WriteOptions = {}): Promise<T> {
    const path = await this.#objectPath(object, object.metadata, options.subresource)
    return this.#json<T>({ method: 'PUT', path, query: writeQuery(options), body: object })
  }

  async patch<T extends KubeObject>(
    ref: ObjectRef,
    type: PatchType,
    body: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = await this.#objectPath(ref, ref, options.subresource)
    return this.#json<T>({
      method: 'PATCH',
      path,
      query: writeQuery(options),
      body,
      contentType: PATCH_TYPES[type],
    })
  }

  /** Server-side apply: creates the object or merges into it, and owns the fields that it sends. */
  async apply<T extends KubeObject>(object: T, options: ApplyOptions): Promise<T> {
    const path = await this.#objectPath(object, object.metadata, options.subresource)
    return this.#json<T>({
      method: 'PATCH',
      path,
      query: { ...writeQuery(options), force: String(options.force ?? true) },
      body: object,
      contentType: 'application/apply-patch+yaml',
    })
  }

  /** False when there was no such object. */
  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<boolean> {
    const path = await this.#objectPath(ref, ref)
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', ...options }
    try {
      await this.#json({ method: 'DELETE', path, body })
      return true
    } catch (error) {
      if (isApiError(error, 'KUBE_NOT_FOUND')) return false
      throw error
    }
  }

  /** Events after `resourceVersion`, until the server ends the stream or the signal aborts. Throws KUBE_EXPIRED when history is gone. */
  async *watch<T extends KubeObject>(
    query: ListQuery & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const path = await this.#path(query, { ...(query.namespace && { namespace: query.namespace }) })
    const response = await this.#send({
      method: 'GET',
      path,
      query: {
        ...selectors(query),
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: query.resourceVersion,
      },
      signal,
    })
    yield* readWatchEvents<T>(response.body)
  }

  /** What the server knows of a kind. Throws KUBE_NO_SUCH_KIND. */
  resource(kind: GroupVersionKind): Promise<ResourceInfo> {
    return this.#discovery.resource(kind)
  }

  /** The same of a kind that need not be there. */
  async findResource(kind: GroupVersionKind): Promise<ResourceInfo | undefined> {
    try {
      return await this.#discovery.resource(kind)
    } catch (error) {
      if (isApiError(error, 'KUBE_NO_SUCH_KIND')) return undefined
      throw error
    }
  }

  /** Every kind of the server, freshly read. */
  resources(): Promise<ResourceInfo[]> {
    return this.#discovery.all()
  }

  /** The text of any other GET, such as a pod's log. */
  async getText(path: string, signal?: AbortSignal): Promise<string> {
    const response = await this.#send({ method: 'GET', path, accept: '*/*', ...(signal && { signal }) })
    return response.body.text()
  }

  async close(): Promise<void> {
    await this.#agent?.destroy()
  }

  /** Without a name, a path leads to all objects of the kind. Throws UserError KUBE_NAME_EMPTY with client-go's words. */
  async #objectPath(kind: GroupVersionKind, key: ObjectKey, subresource?: string): Promise<string> {
    if (!key.name) throw new UserError('KUBE_NAME_EMPTY', 'resource name may not be empty')
    return this.#path(kind, key, subresource)
  }

  async #path(
    kind: GroupVersionKind,
    key: { namespace?: string; name?: string },
    subresource?: string,
  ): Promise<string> {
    const { plural, namespaced } = await this.#discovery.resource(kind)
    const root = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`
    // A key with a name is one object, and a namespaced one lives in `default` unless it says otherwise.
    const namespace = key.namespace ?? (key.name === undefined ? undefined : (this.connection.namespace ?? 'default'))
    const folder = namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
    const name = key.name === undefined ? '' : `/${encodeURIComponent(key.name)}`
    return `${root}${folder}/${plural}${name}${subresource ? `/${subresource}` : ''}`
  }

  async #json<T>(request: Request): Promise<T> {
    const response = await this.#send(request)
    return (await response.body.json()) as T
  }

  async #send(request: Request): Promise<Dispatcher.ResponseData> {
    const response = await this.#attempt(request)
    for (const text of warningsOf(response.headers.warning)) this.#onWarning?.(text)
    if (response.statusCode < 400) return response
    const text = await response.body.text()
    if (response.statusCode !== 401 || !this.#token) throw apiError(response.statusCode, text, nameOf(request))
    // The token's time may have been over before it was said to be.
    this.#token.forget()
    const second = await this.#attempt(request)
    if (second.statusCode < 400) return second
    throw apiError(second.statusCode, await second.body.text(), nameOf(request))
  }

  #sockets(): Agent {
    if (this.#sharing) return this.#sharing.#sockets()
    this.#agent ??= agentFor(this.connection)
    return this.#agent
  }

  async #attempt(request: Request): Promise<Dispatcher.ResponseData> {
    const { method, path, query, body, signal } = request
    const token = this.#token ? await this.#token.get() : this.connection.token
    const { impersonate } = this.connection
    try {
      return await this.#sockets().request({
        origin: this.connection.server,
        path: path + queryString(query),
        method,
        headers: {
          accept: request.accept ?? 'application/json',
          'user-agent': 'slipway',
          ...(body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
          ...(token && { authorization: `Bearer ${token}` }),
          ...(impersonate && { 'impersonate-user': impersonate.user, 'impersonate-group': [...impersonate.groups] }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        ...(signal && { signal }),
      })
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw new TransientError('KUBE_UNAVAILABLE', `${this.connection.server}: ${messageOf(error)}`, { cause: error })
    }
  }
}

function agentFor(connection: ClusterConnection): Agent {
  return new Agent({
    connect: {
      ...(connection.certificateAuthority && { ca: connection.certificateAuthority }),
      ...(connection.clientCertificate && { cert: connection.clientCertificate }),
      ...(connection.clientKey && { key: connection.clientKey }),
      ...(connection.tlsServerName && serverNamed(connection.tlsServerName)),
      rejectUnauthorized: !connection.insecureSkipTlsVerify,
    },
    keepAliveTimeout: 60_000,
    // Watches are silent for as long as nothing happens.
    bodyTimeout: 0,
  })
}

/** TLS names no addresses to a server (RFC 6066); they are only checked. */
function serverNamed(name: string): Pick<ConnectionOptions, 'servername' | 'checkServerIdentity'> {
  return isIP(name) === 0
    ? { servername: name }
    : { checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) }
}

const nameOf = ({ method, path }: Request): string => `${method} ${path}`

function selectors({ labelSelector, fieldSelector }: ListQuery): Record<string, string | undefined> {
  return { labelSelector, fieldSelector }
}

function writeQuery({ fieldManager, fieldValidation, dryRun }: WriteOptions): Record<string, string | undefined> {
  return { fieldManager, fieldValidation, dryRun: dryRun ? 'All' : undefined }
}

function queryString(query: Record<string, string | undefined> | undefined): string {
  const pairs = Object.entries(query ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : ''
}
