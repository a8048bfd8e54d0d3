import { UserError } from '@slipway/errors'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

type Query = [apiVersion: string, kind: string, namespace: string, name: string]

/**
 * What `lookup` finds in the cluster. A template can't wait for an answer: what it asks for the first time is not there, and is
 * fetched after the rendering, for the next one.
 */
export class Lookups {
  readonly #client: KubeClient
  readonly #found = new Map<string, unknown>()
  readonly #missing = new Map<string, Query>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  readonly lookup = (...query: Query): unknown => {
    const key = query.join('|')
    if (!this.#found.has(key)) this.#missing.set(key, query)
    const found = this.#found.get(key)
    if (found instanceof Error) throw found
    return found
  }

  /** Whether all that was asked for since the last fetch was known. */
  get isComplete(): boolean {
    return this.#missing.size === 0
  }

  /** Throws what the API server has against it; what is not there is no error, as in Helm. */
  async fetch(): Promise<void> {
    for (const [key, query] of this.#missing) this.#found.set(key, await this.#find(query))
    this.#missing.clear()
  }

  /** One object by name, a list without one, nothing when there is none. */
  async #find([apiVersion, kind, namespace, name]: Query): Promise<unknown> {
    try {
      if (name) return await this.#client.get<KubeObject>({ apiVersion, kind, name, ...(namespace && { namespace }) })
      const { items } = await this.#client.list<KubeObject>({ apiVersion, kind, ...(namespace && { namespace }) })
      return { apiVersion, kind: `${kind}List`, items }
    } catch (error) {
      if (!isApiError(error, 'KUBE_NO_SUCH_KIND')) throw error
      // Helm asks for the group's list of resources, which must be there; a kind that is not in it is not found.
      const resources = await this.#client.resources()
      if (resources.some((resource) => resource.apiVersion === apiVersion)) return undefined
      const message = `unable to get apiresource from unstructured: ${formatKind(apiVersion, kind)}`
      return new UserError('KUBE_NO_SUCH_KIND', `${message}: the server could not find the requested resource`)
    }
  }
}

/** As Go prints a GroupVersionKind. */
function formatKind(apiVersion: string, kind: string): string {
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  return `${groupVersion}, Kind=${kind}`
}
