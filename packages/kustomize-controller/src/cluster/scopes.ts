import type { KubeClient } from '@slipway/kube-client'
import { isNamespaced } from '@slipway/kube-objects'
import type { ScopeOf } from '../render/desired.ts'

/** The scopes of the kinds of some objects, as the cluster tells them; built-in kinds are known. */
export async function scopes(
  client: KubeClient,
  objects: readonly { object: { apiVersion: string; kind: string } }[],
): Promise<ScopeOf> {
  const kinds = new Map(objects.map(({ object }) => [`${object.apiVersion} ${object.kind}`, object]))
  const found = await Promise.all(
    [...kinds].map(
      async ([key, kind]) => [key, isNamespaced(kind) ?? (await client.findResource(kind))?.namespaced] as const,
    ),
  )
  const known = new Map(found)
  return ({ apiVersion, kind }) => known.get(`${apiVersion} ${kind}`)
}
