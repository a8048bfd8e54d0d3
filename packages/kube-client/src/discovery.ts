import { UserError } from '@slipway/errors'
import type { GroupVersionKind } from '@slipway/kube-objects'
import type { ResourceInfo } from './types.ts'

/** `Accept` of aggregated discovery, served since Kubernetes 1.30 (v2) and 1.26 (v2beta1). */
export const DISCOVERY_ACCEPT =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'

interface DiscoveryList {
  items: {
    metadata?: { name?: string }
    versions: {
      version: string
      resources?: {
        resource: string
        responseKind?: { group?: string; version?: string; kind: string }
        scope: 'Namespaced' | 'Cluster'
        verbs: string[]
        shortNames?: string[]
        singularResource?: string
        categories?: string[]
      }[]
    }[]
  }[]
}

/** The kinds a server has, by apiVersion and kind. */
export class Discovery {
  readonly #load: (path: string) => Promise<unknown>
  #kinds: Promise<Map<string, ResourceInfo>> | undefined

  constructor(load: (path: string) => Promise<unknown>) {
    this.#load = load
  }

  /** Throws UserError KUBE_NO_SUCH_KIND when the server does not have the kind, after one fresh look. */
  async resource(kind: GroupVersionKind): Promise<ResourceInfo> {
    const known = (await this.#current()).get(keyOf(kind))
    if (known) return known
    this.#kinds = undefined
    const fresh = (await this.#current()).get(keyOf(kind))
    if (fresh) return fresh
    throw new UserError('KUBE_NO_SUCH_KIND', `no matches for kind "${kind.kind}" in version "${kind.apiVersion}"`, {
      hint: 'ensure its CustomResourceDefinition is installed first',
    })
  }

  async all(): Promise<ResourceInfo[]> {
    this.#kinds = undefined
    return [...(await this.#current()).values()]
  }

  #current(): Promise<Map<string, ResourceInfo>> {
    if (!this.#kinds) {
      const loading = this.#read()
      loading.catch(() => {
        if (this.#kinds === loading) this.#kinds = undefined
      })
      this.#kinds = loading
    }
    return this.#kinds
  }

  async #read(): Promise<Map<string, ResourceInfo>> {
    const lists = (await Promise.all([this.#load('/api'), this.#load('/apis')])) as DiscoveryList[]
    const kinds = new Map<string, ResourceInfo>()
    for (const group of lists.flatMap((list) => list.items)) {
      for (const { version, resources = [] } of group.versions) {
        for (const resource of resources) {
          const kind = resource.responseKind?.kind
          if (!kind) continue
          const groupName = group.metadata?.name
          const apiVersion = groupName ? `${groupName}/${version}` : version
          kinds.set(keyOf({ apiVersion, kind }), {
            apiVersion,
            kind,
            plural: resource.resource,
            singular: resource.singularResource ?? kind.toLowerCase(),
            shortNames: resource.shortNames ?? [],
            categories: resource.categories ?? [],
            namespaced: resource.scope === 'Namespaced',
            verbs: resource.verbs,
          })
        }
      }
    }
    return kinds
  }
}

const keyOf = ({ apiVersion, kind }: GroupVersionKind): string => `${apiVersion} ${kind}`
