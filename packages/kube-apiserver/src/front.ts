import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { TransientError } from '@slipway/errors'
import type { RevisionStore } from '@slipway/storage'
import { authenticate } from './access/authenticate.ts'
import { denialText, isOpenPath } from './access/authorize.ts'
import { impersonatedUser } from './access/impersonation.ts'
import { isWebSocket } from './access/socket-token.ts'
import { elsewhereTarget } from './aggregation/elsewhere-target.ts'
import { servedElsewhere, serveElsewhere, upgradeElsewhere } from './aggregation/serve-elsewhere.ts'
import { parseTarget, type User } from './api/request.ts'
import { deadlineOf, withinDeadline } from './api/request-timeout.ts'
import {
  badRequest,
  internalError,
  PlainError,
  type Status,
  StatusError,
  serviceUnavailable,
  unauthorized,
} from './api/status.ts'
import type { FlowHeaders } from './flow-control/flow-headers.ts'
import { RequestMetrics } from './metrics/request-metrics.ts'
import { serveHealthMetrics, serveMetrics } from './metrics/serve-metrics.ts'
import { serveNonResource } from './non-resource.ts'
import { refuseUpgrade } from './proxy/forward.ts'
import { sendStatus } from './rest/answer.ts'
import { authorizeTarget } from './rest/authorize-target.ts'
import { isUpgradable, upgradeConnection } from './rest/connect.ts'
import { type DispatchDeps, dispatch } from './rest/dispatch.ts'
import { acceptSocket } from './rest/socket-lines.ts'
import { watchOver } from './rest/watch.ts'

/** `/api/v1/x…` and `/apis/g/v/x…`; shorter paths are discovery. */
const OBJECT_PATH = /^\/+(?:api(?:\/+[^/]+){2}|apis(?:\/+[^/]+){3})/

export interface FrontOptions {
  store: RevisionStore
  flowHeaders: FlowHeaders
  /** Told of faults of the server itself; whoever asked has been answered already. */
  onError(error: unknown): void
}

/** What a request goes through: who asks, what for, whether they may, for how long; and how errors are told. */
export class Front {
  readonly #options: FrontOptions
  readonly #requests = new RequestMetrics()
  #deps: DispatchDeps | undefined

  constructor(options: FrontOptions) {
    this.#options = options
  }

  /** From now on requests are served; before, they are told that the server is starting. */
  open(deps: DispatchDeps): void {
    this.#deps = deps
  }

  async handle(http: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('audit-id', auditId(http))
    response.setHeader('cache-control', 'no-cache, private')
    try {
      await this.#serve(http, response)
    } catch (error) {
      this.#answerError(error, http, response)
    }
  }

  async #serve(http: IncomingMessage, response: ServerResponse): Promise<void> {
    const deps = this.#deps
    if (!deps) throw serviceUnavailable('the server is starting')
    const { path, query } = splitUrl(http.url)
    const user = await this.#userOf(http, deps)
    this.#options.flowHeaders.mark(response, user)
    const elsewhere = servedElsewhere(deps.aggregated, path)
    if (elsewhere) {
      const target = elsewhereTarget(http.method ?? 'GET', path, query)
      const deadline = deadlineOf(query, target, 'elsewhere')
      if (target) authorizeTarget(user, target, deps.authorize)
      else this.#authorizePath(user, http.method ?? 'GET', path, deps)
      const request = { aggregated: deps.aggregated, service: elsewhere, http, user }
      await withinDeadline(deadline, { http, response }, () => serveElsewhere(request, response))
      return
    }
    if (!OBJECT_PATH.test(path)) {
      const deadline = deadlineOf(query, undefined)
      this.#authorizePath(user, http.method ?? 'GET', path, deps)
      if (path === '/metrics') serveMetrics({ ...deps, store: this.#options.store, requests: this.#requests }, response)
      else if (path === '/metrics/slis') serveHealthMetrics(response)
      else await withinDeadline(deadline, { http, response }, () => serveNonResource(deps, http, response, path))
      return
    }
    const target = parseTarget(deps.registry, http.method ?? 'GET', path, query)
    const deadline = deadlineOf(query, target)
    authorizeTarget(user, target, deps.authorize, query.get('fieldSelector') ?? '')
    const isApply = target.verb === 'patch' && http.headers['content-type'] === 'application/apply-patch+yaml'
    const answered = this.#requests.begin(target, { isApply, dryRun: query.has('dryRun') })
    response.once('close', () => answered(response.statusCode))
    const request = { ...target, http, response, query, user, ...(deadline && { deadline }) }
    await withinDeadline(deadline, request, () => dispatch(deps, request))
  }

  async #userOf(http: IncomingMessage, deps: DispatchDeps): Promise<User> {
    const user = await authenticate(http, deps.readToken)
    if (!user) throw unauthorized()
    return impersonatedUser(http, user, deps.authorize)
  }

  #authorizePath(user: User, method: string, path: string, { authorize }: DispatchDeps): void {
    if (isOpenPath(path)) return
    const attributes = { user, verb: method.toLowerCase(), path }
    if (!authorize(attributes))
      throw new StatusError(403, 'Forbidden', `forbidden: ${denialText(attributes, authorize)}`, {})
  }

  async upgrade(http: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    try {
      const deps = this.#deps
      if (!deps) throw serviceUnavailable('the server is starting')
      const { path, query } = splitUrl(http.url)
      const user = await this.#userOf(http, deps)
      const elsewhere = servedElsewhere(deps.aggregated, path)
      if (elsewhere) {
        const target = elsewhereTarget(http.method ?? 'GET', path, query)
        if (target) authorizeTarget(user, target, deps.authorize)
        upgradeElsewhere({ aggregated: deps.aggregated, service: elsewhere, http, user }, socket, head)
        return
      }
      const target = parseTarget(deps.registry, http.method ?? 'GET', path, query)
      if (target.verb === 'watch' && isWebSocket(http)) {
        authorizeTarget(user, target, deps.authorize, query.get('fieldSelector') ?? '')
        await watchOver(deps.objects, { ...target, http, query, user }, () => acceptSocket(http, socket, head))
        return
      }
      authorizeTarget(user, { ...target, verb: http.method === 'POST' ? 'create' : 'get' }, deps.authorize)
      if (!isUpgradable(target)) throw badRequest('nothing here can be upgraded')
      await upgradeConnection(deps, { target, http, query, user }, socket, head)
    } catch (error) {
      refuseUpgrade(socket, this.#statusOf(error))
    }
  }

  #answerError(error: unknown, http: IncomingMessage, response: ServerResponse): void {
    if (response.headersSent || response.destroyed) {
      if (!(error instanceof PlainError)) this.#statusOf(error)
      response.destroy()
    } else if (error instanceof PlainError) {
      sendPlain(response, error)
    } else sendStatus(response, this.#statusOf(error), http.headers.accept)
  }

  #statusOf(error: unknown): Status {
    if (error instanceof StatusError) return error.status
    this.#options.onError(error)
    // As the real server passes on what etcd says, such as that its disk is full.
    if (error instanceof TransientError) {
      return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: error.message, code: 500 }
    }
    // No details: the text of a fault may hold anything.
    return internalError('an error on the server has prevented the request from succeeding').status
  }
}

/** What the request is called in logs: the name that it came with, or one of our own (apiserver's WithAuditInit). */
function auditId({ headers }: IncomingMessage): string {
  return String(headers['audit-id'] || randomUUID())
}

function sendPlain(response: ServerResponse, { code, message }: PlainError): void {
  const body = `${message}\n`
  const length = { 'content-length': Buffer.byteLength(body) }
  response
    .writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', ...length })
    .end(body)
}

function splitUrl(url = '/'): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?')
  if (mark < 0) return { path: url, query: new URLSearchParams() }
  return { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}
