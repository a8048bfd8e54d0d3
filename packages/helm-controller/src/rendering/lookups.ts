import { UserError } from '@slipway/errors'
import type { Lookup } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { Answers, type Findings } from './rounds.ts'

type Query = Parameters<Lookup>

/** Rounds in which templates may look up more objects. */
const ROUNDS = 9

/** `lookup` in what was found: an object, nothing, or an error to throw. */
export function lookupIn(objects: Findings<unknown>): Lookup {
  return (...query: Query) => {
    const found = objects.find(JSON.stringify(query))
    if (found instanceof Error) throw found
    return found
  }
}

/** What `lookup` finds in the cluster, by query; what is not there, or asked for too late, is undefined. */
export function clusterObjects(client: KubeClient): Answers<unknown> {
  return new Answers<unknown>({
    fetch: (key) => find(client, JSON.parse(key) as Query),
    rounds: ROUNDS,
    tooMuch: undefined,
  })
}

/** One object by name, a list without one, nothing when there is none. */
async function find(client: KubeClient, [apiVersion, kind, namespace, name]: Query): Promise<unknown> {
  try {
    if (name) return await client.get<KubeObject>({ apiVersion, kind, name, ...(namespace && { namespace }) })
    const { items } = await client.list<KubeObject>({ apiVersion, kind, ...(namespace && { namespace }) })
    return { apiVersion, kind: `${kind}List`, items }
  } catch (error) {
    // What the cluster refuses is an error of the template; what may pass ends the rendering.
    if (!(error instanceof UserError)) throw error
    if (error.code !== 'KUBE_NO_SUCH_KIND') return error
    // Helm asks for the group's list of resources, which must be there; a kind that is not in it is not found.
    const resources = await client.resources()
    if (resources.some((resource) => resource.apiVersion === apiVersion)) return undefined
    const message = `unable to get apiresource from unstructured: ${formatKind(apiVersion, kind)}`
    return new UserError('KUBE_NO_SUCH_KIND', `${message}: the server could not find the requested resource`)
  }
}

/** As Go prints a GroupVersionKind. */
function formatKind(apiVersion: string, kind: string): string {
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  return `${groupVersion}, Kind=${kind}`
}
