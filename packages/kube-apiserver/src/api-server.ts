import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { TransientError } from '@slipway/errors'
import { type Authenticator, HttpServer } from '@slipway/http-server'
import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import { authenticate, tokenReader } from './access/authenticate.ts'
import { type AccessAttributes, type Authorizer, denialText, isOpenPath } from './access/authorize.ts'
import { impersonatedUser } from './access/impersonation.ts'
import { NodeAuthorizer } from './access/nodes/node-authorizer.ts'
import { Rbac } from './access/rbac.ts'
import { publishTokenTracking, secretTokens } from './access/secret-tokens.ts'
import { TokenIssuer } from './access/service-account-tokens.ts'
import { isWebSocket } from './access/socket-token.ts'
import { bindingIsLive } from './access/token-bindings.ts'
import { createAdmission } from './admission/create-admission.ts'
import { AggregatedApis } from './aggregation/aggregated-apis.ts'
import { elsewhereTarget } from './aggregation/elsewhere-target.ts'
import { publishAuthentication } from './aggregation/front-proxy.ts'
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
import { createDefaultPolicy, createFirstObjects, storedServiceRange } from './bootstrap.ts'
import type { FrontProxy } from './certificates.ts'
import { apiAvailabilityController } from './controllers/api-availability-controller.ts'
import { publishServerEndpoint, type ServerEndpoint } from './controllers/api-endpoints.ts'
import { certificateSigningController } from './controllers/certificate-signing-controller.ts'
import { clusterIpController } from './controllers/cluster-ip-controller.ts'
import type { ServerController } from './controllers/controller.ts'
import { customResourceController } from './controllers/custom-resource-controller.ts'
import { disruptionController } from './controllers/disruption-controller.ts'
import { endpointMirror } from './controllers/endpoint-mirror.ts'
import { flowControlController } from './controllers/flow-control-controller.ts'
import { garbageCollector } from './controllers/garbage-collector.ts'
import { localApiServices } from './controllers/local-api-services.ts'
import { namespaceController } from './controllers/namespace-controller.ts'
import { policyStatusController } from './controllers/policy-status-controller.ts'
import { quotaController } from './controllers/quota-controller.ts'
import { roleAggregationController } from './controllers/role-aggregation-controller.ts'
import { storageProtectionController } from './controllers/storage-protection-controller.ts'
import { tokenSecretController } from './controllers/token-secret-controller.ts'
import { DefinitionNames } from './custom/definition/definition-names.ts'
import type { ReadDescriptions } from './discovery/descriptions.ts'
import { FlowHeaders } from './flow-control/flow-headers.ts'
import { RequestMetrics } from './metrics/request-metrics.ts'
import { serveHealthMetrics, serveMetrics } from './metrics/serve-metrics.ts'
import { serveNonResource } from './non-resource.ts'
import { refuseUpgrade } from './proxy/forward.ts'
import type { Resource } from './registry/resource.ts'
import { ResourceRegistry } from './registry/resource-registry.ts'
import { sendStatus } from './rest/answer.ts'
import { authorizeTarget } from './rest/authorize-target.ts'
import { isUpgradable, upgradeConnection } from './rest/connect.ts'
import { type DispatchDeps, dispatch } from './rest/dispatch.ts'
import { acceptSocket } from './rest/socket-lines.ts'
import { watchOver } from './rest/watch.ts'
import { ObjectRules } from './schema/object-rules.ts'
import { viewEntry } from './storage/codec.ts'
import { convertObject } from './storage/conversion.ts'
import { keyOf, prefixOf } from './storage/keys.ts'
import { ObjectService } from './storage/object-service.ts'
import { createStrategies } from './strategy/strategies.ts'

/** `/api/v1/x…` and `/apis/g/v/x…`; shorter paths are discovery. */
const OBJECT_PATH = /^\/+(?:api(?:\/+[^/]+){2}|apis(?:\/+[^/]+){3})/

export interface ApiServerOptions {
  store: RevisionStore
  /**
   * PEM texts of the server and of the CA whose client certificates count; with `caKey` requests for certificates that are
   * approved are signed; `frontProxy` is who it is to the servers of aggregated APIs. Absent = plain HTTP, for tests.
   */
  tls?: { key: string; cert: string; ca: string; caKey?: string; frontProxy?: FrontProxy }
  /** Knows the bearer tokens of the program around; ServiceAccount tokens are the server's own. */
  authenticator?: Authenticator
  /** Decides on every request. @default what nodes may, and RBAC over the stored roles and bindings; `system:masters` may do everything */
  authorizer?: Authorizer
  /** Signs ServiceAccount tokens. @default a random key, so that tokens end with the process */
  serviceAccountKey?: string
  /** Who we are to kubelets, whose certificates are of `tls.ca`. Absent = no logs, exec and port-forward. */
  kubeletToken?: string
  /** Where pods reach the server: what the Service `kubernetes` leads to. @default the address it listens on */
  endpoint?: ServerEndpoint
  /** What `kubectl explain` says of Kubernetes' own kinds and fields. @default nothing */
  descriptions?: ReadDescriptions
  /** Where Services get their addresses; what the first start took stays. @default 10.96.0.0/16 */
  serviceCidr?: string
  /** @default the system's clock */
  now?: () => Date
  /** Told of faults of the server itself; whoever asked has been answered already. */
  onError?: (error: unknown) => void
}

/** The embedded Kubernetes API: all kinds of Kubernetes 1.34 and custom resources, over a RevisionStore. */
export class ApiServer {
  readonly #options: ApiServerOptions
  readonly #http: HttpServer
  #deps: DispatchDeps | undefined
  #controllers: ServerController[] = []
  readonly #flowHeaders = new FlowHeaders()
  readonly #requests = new RequestMetrics()

  constructor(options: ApiServerOptions) {
    this.#options = options
    this.#http = new HttpServer({
      routes: [
        {
          path: '/',
          handle: (request, response) => this.#handle(request, response),
          upgrade: (request, socket, head) => void this.#upgrade(request, socket, head),
        },
      ],
      ...(options.tls && { tls: options.tls }),
      onError: (error) => this.#report(error),
    })
  }

  /** Serves once everything stored is loaded; `port` 0 takes a free one. Throws UserError PORT_IN_USE. */
  async start(port: number, host = '127.0.0.1'): Promise<void> {
    const now = this.#options.now ?? (() => new Date())
    const registry = await ResourceRegistry.load()
    const { store, kubeletToken } = this.#options
    const serviceCidr = storedServiceRange(store, registry) ?? this.#options.serviceCidr ?? '10.96.0.0/16'
    const storedObjects = (group: string, plural: string): Readonly<KubeObject>[] =>
      store.list(prefixOf(registry.storedType(group, plural) as Resource)).entries.map(viewEntry)
    const definitionNames = new DefinitionNames(storedObjects('apiextensions.k8s.io', 'customresourcedefinitions'))
    const rules = new ObjectRules(now)
    const services = storedObjects('', 'services')
    const namespaces = registry.storedType('', 'namespaces') as Resource
    const namespaceLabels = (name: string) => {
      const entry = store.get(keyOf(namespaces, undefined, name))
      return entry && (viewEntry(entry).metadata.labels ?? {})
    }
    const strategies = createStrategies({ serviceCidr, services, namespaceLabels, definitionNames, rules })
    const rbac = new Rbac(store)
    const authorize = this.#options.authorizer ?? nodesAndRoles(new NodeAuthorizer(store, rbac), rbac)
    const admission = createAdmission({
      store,
      registry,
      rules,
      rbac,
      authorize,
      now,
      convert: (object, to) => convertObject(object, to),
      objects: () => objects,
    })
    const objects: ObjectService = new ObjectService(store, strategies, now, admission)
    const key = this.#options.serviceAccountKey ?? randomBytes(32).toString('hex')
    const deps = { objects, registry, onError: (error: unknown) => this.#report(error) }
    const mayBeUsed = secretTokens({ ...deps, now })
    const issuer = new TokenIssuer(key, now, (binding, token) => {
      return bindingIsLive(store, binding) && mayBeUsed(binding, token)
    })
    const aggregated = new AggregatedApis(store, this.#options.tls?.frontProxy)
    this.#deps = {
      aggregated,
      descriptions: this.#options.descriptions,
      objects,
      registry,
      rules,
      issuer,
      authorize,
      rbac,
      readToken: tokenReader(issuer, this.#options.authenticator),
      kubelet: kubeletToken === undefined ? undefined : { token: kubeletToken, ca: this.#options.tls?.ca },
    }
    const { ca, caKey } = this.#options.tls ?? {}
    this.#controllers = [
      customResourceController({ ...deps, definitionNames, now }),
      garbageCollector(deps),
      quotaController({ ...deps, now }),
      roleAggregationController(deps),
      endpointMirror(deps),
      clusterIpController(deps),
      storageProtectionController(deps),
      disruptionController({ ...deps, now }),
      namespaceController({ ...deps, aggregated, now, rootCa: this.#options.tls?.ca }),
      tokenSecretController({ ...deps, issuer, rootCa: this.#options.tls?.ca }),
      policyStatusController({ ...deps, rules }),
      apiAvailabilityController({ ...deps, aggregated, now }),
      localApiServices(deps),
      flowControlController({ ...deps, now }),
      ...(ca && caKey ? [certificateSigningController({ ...deps, authority: { cert: ca, key: caKey }, now })] : []),
    ]
    for (const controller of this.#controllers) controller.start()
    await createFirstObjects(objects, registry, serviceCidr)
    await createDefaultPolicy(objects, registry)
    await publishTokenTracking(objects, registry, now)
    await this.#flowHeaders.start(objects, registry)
    await this.#http.start(port, host)
    const endpoint = this.#options.endpoint ?? {
      address: host === '0.0.0.0' ? '127.0.0.1' : host,
      port: this.address().port,
    }
    await publishServerEndpoint(objects, registry, endpoint)
    const { frontProxy } = this.#options.tls ?? {}
    if (ca && frontProxy) await publishAuthentication(objects, registry, { ca, frontProxy })
  }

  address(): AddressInfo {
    return this.#http.address()
  }

  /** Stops at once; open watches are cut. The store stays open. */
  async stop(): Promise<void> {
    await this.#http.stop()
    await Promise.all(this.#controllers.map((controller) => controller.stop()))
    this.#controllers = []
  }

  async #handle(http: IncomingMessage, response: ServerResponse): Promise<void> {
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
    this.#flowHeaders.mark(response, user)
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

  async #upgrade(http: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
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
    this.#report(error)
    // As the real server passes on what etcd says, such as that its disk is full.
    if (error instanceof TransientError) {
      return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: error.message, code: 500 }
    }
    // No details: the text of a fault may hold anything.
    return internalError('an error on the server has prevented the request from succeeding').status
  }

  #report(error: unknown): void {
    this.#options.onError?.(error)
  }
}

/** `Node,RBAC`, as kubeadm starts kube-apiserver. */
function nodesAndRoles(nodes: NodeAuthorizer, rbac: Rbac): Authorizer {
  const allows: Authorizer = (attributes) => nodes.allows(attributes) || rbac.allows(attributes)
  return Object.assign(allows, { why: (attributes: AccessAttributes) => nodes.why(attributes) })
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
