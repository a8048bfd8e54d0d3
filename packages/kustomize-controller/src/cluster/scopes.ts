import { isApiError, type KubeClient } from '@slipway/kube-client'
import { isNamespaced } from '@slipway/kube-objects'
import type { ScopeOf } from '../render/desired.ts'

/** The scopes of the kinds of some objects, as the cluster tells them; built-in kinds are known. */
export async function scopes(
  client: KubeClient,
  objects: readonly { object: { apiVersion: string; kind: string } }[],
): Promise<ScopeOf> {
  const kinds = new Map(objects.map(({ object }) => [`${object.apiVersion} ${object.kind}`, object]))
  const found = await Promise.all(
    [...kinds].map(async ([key, kind]) => [key, isNamespaced(kind) ?? (await scopeInCluster(client, kind))] as const),
  )
  const known = new Map(found)
  return ({ apiVersion, kind }) => known.get(`${apiVersion} ${kind}`)
}

async function scopeInCluster(
  client: KubeClient,
  kind: { apiVersion: string; kind: string },
): Promise<boolean | undefined> {
  try {
    return (await client.resource(kind)).namespaced
  } catch (error) {
    if (isApiError(error, 'KUBE_NO_SUCH_KIND')) return undefined
    throw error
  }
}
