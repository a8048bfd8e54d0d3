import type { RevisionStore } from '@slipway/storage'
import type { User } from '../api/request.ts'
import { trusting } from '../api/send-elsewhere.ts'
import { PlainError } from '../api/status.ts'
import type { FrontProxy } from '../certificates.ts'
import type { Backend } from '../proxy/forward.ts'
import { serviceAddress } from '../proxy/service-address.ts'
import type { DiscoveredResource } from '../registry/resource-registry.ts'
import type { ApiService } from './api-service.ts'
import { identityHeaders } from './front-proxy.ts'

/** What the server behind an APIService serves. */
export interface ServedElsewhere {
  resources: DiscoveredResource[]
  /** Path and query of its document of OpenAPI 3. */
  openApi?: string
}

/** The group versions that other servers serve through this one. */
export class AggregatedApis {
  readonly #store: RevisionStore
  readonly #identity: FrontProxy | undefined
  readonly #services = new Map<string, ApiService>()
  readonly #served = new Map<string, ServedElsewhere>()

  constructor(store: RevisionStore, identity: FrontProxy | undefined) {
    this.#store = store
    this.#identity = identity
  }

  /** Takes over what an APIService says; undefined = it is gone. */
  set(name: string, service: ApiService | undefined): void {
    if (service?.backing) {
      this.#services.set(name, service)
      return
    }
    this.#services.delete(name)
    this.#served.delete(name)
  }

  /** Keeps what the server behind an APIService told. */
  learn(name: string, served: ServedElsewhere): void {
    this.#served.set(name, served)
  }

  /** All that are not this server's own. */
  all(): ApiService[] {
    return [...this.#services.values()]
  }

  /** Of a group version, when another server serves it. */
  find(group: string, version: string): ApiService | undefined {
    return this.#services.get(`${version}.${group}`)
  }

  /** Of the last time the server was reached; undefined = never. */
  servedBy({ name }: ApiService): ServedElsewhere | undefined {
    return this.#served.get(name)
  }

  /** Where a request for a group version goes, and as whom. Throws 503 when the server behind it is not there. */
  backend(service: ApiService, path: string, user: User): Backend {
    if (!service.available) throw new PlainError(503, 'service unavailable')
    const backend = this.locate(service, path, user)
    if (typeof backend === 'string') throw new PlainError(503, 'service unavailable')
    return backend
  }

  /** The same whether or not it answered before; a text says why there is none. */
  locate({ backing }: ApiService, path: string, user: User): Backend | string {
    if (!backing) return 'this server serves it itself'
    const address = serviceAddress(this.#store, backing)
    if (typeof address === 'string') return address
    return {
      ...address,
      path,
      headers: identityHeaders(user),
      tls: {
        servername: `${backing.name}.${backing.namespace}.svc`,
        rejectUnauthorized: !backing.insecure,
        ...(backing.ca && trusting(backing.ca)),
        ...(this.#identity && { cert: this.#identity.cert, key: this.#identity.key }),
      },
    }
  }
}
