import type { KubeObject } from '@slipway/kube-objects'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { type ObjectService, typeMeta } from '../storage/object-service.ts'
import { systemWrite } from '../storage/write-options.ts'
import type { Binding } from './service-account-tokens.ts'

const LAST_USED = 'kubernetes.io/legacy-token-last-used'
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'
const TRACKING = { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' }

/**
 * Tells whether a token may be used. Those that lie in a Secret are tracked as KEP-2799 says: a label of the Secret has the
 * day of the last use, and another one ends the token.
 */
export function secretTokens(deps: {
  objects: ObjectService
  registry: ResourceRegistry
  now: () => Date
  onError: (error: unknown) => void
}): (binding: Binding, token: string) => boolean {
  const { objects, registry, now, onError } = deps
  const resource = registry.storedType('', 'secrets') as Resource

  async function noteUse(namespace: string, name: string): Promise<void> {
    const today = dayOf(now())
    await objects.update(
      { resource, namespace, name },
      (secret) => {
        if (!secret || secret.metadata.labels?.[LAST_USED] === today) return undefined
        const labels = { ...secret.metadata.labels, [LAST_USED]: today }
        return { ...secret, metadata: { ...secret.metadata, labels } }
      },
      systemWrite,
    )
  }

  return ({ namespace, secret: reference }, token) => {
    if (!reference) return true
    const { name } = reference
    const secret = objects.find({ resource, namespace, name })
    // One that was asked for only ends with the Secret, and does not lie in it.
    if (secret?.data?.token !== Buffer.from(token).toString('base64')) return true
    const { labels = {} } = secret.metadata
    if (labels[LAST_USED] !== dayOf(now())) noteUse(namespace, name).catch(onError)
    return !labels[INVALID_SINCE]
  }
}

/** Writes down since when uses are tracked, which the controller that ends unused tokens waits for. */
export async function publishTokenTracking(
  objects: ObjectService,
  registry: ResourceRegistry,
  now: () => Date,
): Promise<void> {
  const resource = registry.storedType('', 'configmaps') as Resource
  await objects.update(
    { resource, ...TRACKING },
    (current) => {
      if (current) return undefined
      return { ...typeMeta(resource), metadata: TRACKING, data: { since: dayOf(now()) } } as KubeObject
    },
    systemWrite,
  )
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10)
