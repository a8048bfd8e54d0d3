import { UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { Answers } from './rounds.ts'

type Query = [apiVersion: string, kind: string, namespace: string, name: string]

/** Rounds in which templates may look up more objects. */
const ROUNDS = 9

/** What `lookup` finds in the cluster; what is not there, or asked for too late, is undefined. */
export class Lookups {
  readonly #client: KubeClient
  readonly answers = new Answers<unknown>({
    fetch: (key) => this.#find(JSON.parse(key) as Query),
    rounds: ROUNDS,
    tooMuch: undefined,
  })

  constructor(client: KubeClient) {
    this.#client = client
  }

  readonly lookup = (...query: Query): unknown => {
    const found = this.answers.find(JSON.stringify(query))
    if (found instanceof Error) throw found
    return found
  }

  /** One object by name, a list without one, nothing when there is none. */
  async #find([apiVersion, kind, namespace, name]: Query): Promise<unknown> {
    try {
      if (name) return await this.#client.get<KubeObject>({ apiVersion, kind, name, ...(namespace && { namespace }) })
      const { items } = await this.#client.list<KubeObject>({ apiVersion, kind, ...(namespace && { namespace }) })
      return { apiVersion, kind: `${kind}List`, items }
    } catch (error) {
      // What the cluster refuses is an error of the template; what may pass ends the rendering.
      if (!(error instanceof UserError)) throw error
      if (error.code !== 'KUBE_NO_SUCH_KIND') return error
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
