import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { type Authenticator, HttpServer } from '@slipway/http-server'
import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import { tokenReader } from './access/authenticate.ts'
import type { AccessAttributes, Authorizer } from './access/authorize.ts'
import { NodeAuthorizer } from './access/nodes/node-authorizer.ts'
import { Rbac } from './access/rbac.ts'
import { publishTokenTracking, secretTokens } from './access/secret-tokens.ts'
import { TokenIssuer } from './access/service-account-tokens.ts'
import { bindingIsLive } from './access/token-bindings.ts'
import { createAdmission } from './admission/create-admission.ts'
import { AggregatedApis } from './aggregation/aggregated-apis.ts'
import { publishAuthentication } from './aggregation/front-proxy.ts'
import { createFirstObjects, storedServiceRange } from './bootstrap.ts'
import type { FrontProxy } from './certificates.ts'
import { publishServerEndpoint, type ServerEndpoint } from './controllers/api-endpoints.ts'
import type { ServerController } from './controllers/controller.ts'
import { serverControllers } from './controllers/server-controllers.ts'
import { DefinitionNames } from './custom/definition/definition-names.ts'
import { ensureDefaultPolicy } from './default-policy.ts'
import type { ReadDescriptions } from './discovery/descriptions.ts'
import { FlowHeaders } from './flow-control/flow-headers.ts'
import { Front } from './front.ts'
import { QuotaLedger } from './quota/quota-ledger.ts'
import type { Resource } from './registry/resource.ts'
import { ResourceRegistry } from './registry/resource-registry.ts'
import { ObjectRules } from './schema/object-rules.ts'
import { viewEntry } from './storage/codec.ts'
import { convertObject } from './storage/conversion.ts'
import { keyOf, prefixOf } from './storage/keys.ts'
import { ObjectService } from './storage/object-service.ts'
import { createStrategies } from './strategy/strategies.ts'

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
  readonly #front: Front
  readonly #flowHeaders = new FlowHeaders()
  #controllers: ServerController[] = []

  constructor(options: ApiServerOptions) {
    this.#options = options
    const { store } = options
    this.#front = new Front({ store, flowHeaders: this.#flowHeaders, onError: (error) => this.#report(error) })
    this.#http = new HttpServer({
      routes: [
        {
          path: '/',
          handle: (request, response) => this.#front.handle(request, response),
          upgrade: (request, socket, head) => void this.#front.upgrade(request, socket, head),
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
    const ledger = new QuotaLedger({ store, registry, now })
    const admission = createAdmission({
      store,
      registry,
      rules,
      rbac,
      authorize,
      ledger,
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
    this.#front.open({
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
    })
    this.#controllers = serverControllers({
      ...deps,
      aggregated,
      definitionNames,
      issuer,
      rules,
      ledger,
      now,
      authority: this.#options.tls ?? {},
    })
    for (const controller of this.#controllers) controller.start()
    await createFirstObjects(objects, registry, serviceCidr)
    await ensureDefaultPolicy(objects, registry, (error) => this.#report(error))
    await publishTokenTracking(objects, registry, now)
    await this.#flowHeaders.start(objects, registry)
    await this.#http.start(port, host)
    const endpoint = this.#options.endpoint ?? {
      address: host === '0.0.0.0' ? '127.0.0.1' : host,
      port: this.address().port,
    }
    await publishServerEndpoint(objects, registry, endpoint)
    const { ca, frontProxy } = this.#options.tls ?? {}
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

  #report(error: unknown): void {
    this.#options.onError?.(error)
  }
}

/** `Node,RBAC`, as kubeadm starts kube-apiserver. */
function nodesAndRoles(nodes: NodeAuthorizer, rbac: Rbac): Authorizer {
  const allows: Authorizer = (attributes) => nodes.allows(attributes) || rbac.allows(attributes)
  return Object.assign(allows, { why: (attributes: AccessAttributes) => nodes.why(attributes) })
}
