import { messageOf, UserError } from '@slipway/errors'
import { parseDocuments } from '@slipway/go-yaml'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/** What every object of a release carries: Helm's own marks of ownership, and whose release it is. */
export interface Ownership {
  releaseName: string
  namespace: string
  annotations: Record<string, string>
}

/**
 * The objects of a manifest, in its order, each in its namespace and marked as part of the release. Lists are taken apart. Throws
 * UserError KUBE_NO_SUCH_KIND that names each object whose kind the cluster does not have.
 */
export async function readManifest(client: KubeClient, manifest: string, owner: Ownership): Promise<KubeObject[]> {
  const objects = parseDocuments(manifest).flatMap(({ value, error }) => {
    if (error) throw error
    return isObject(value) ? (value.kind.endsWith('List') && Array.isArray(value.items) ? value.items : [value]) : []
  }) as KubeObject[]
  const unmapped = (await Promise.all(objects.map((object) => mappingFault(client, object)))).filter(
    (fault) => fault !== '',
  )
  if (unmapped.length > 0) {
    throw new UserError('KUBE_NO_SUCH_KIND', unmapped.length === 1 ? `${unmapped[0]}` : `[${unmapped.join(', ')}]`)
  }
  return Promise.all(objects.map((object) => place(client, object, owner)))
}

/** What kubectl's resource builder, which Helm uses, says of an object whose kind is not there; empty when it is. */
async function mappingFault(client: KubeClient, object: KubeObject): Promise<string> {
  try {
    await client.resource(object)
    return ''
  } catch (error) {
    if (!isApiError(error, 'KUBE_NO_SUCH_KIND')) throw error
    const { name = '', namespace = '' } = object.metadata ?? {}
    const what = `resource mapping not found for name: "${name}" namespace: "${namespace}" from ""`
    return `${what}: ${messageOf(error)}\nensure CRDs are installed first`
  }
}

async function place(client: KubeClient, object: KubeObject, owner: Ownership): Promise<KubeObject> {
  if (!object.metadata?.name && !object.metadata?.generateName) {
    throw new UserError('MANIFEST_INVALID', `${object.kind ?? 'an object'} of the chart has no metadata.name`)
  }
  const { namespaced } = await client.resource(object)
  const { namespace: own, ...metadata } = object.metadata
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(namespaced && { namespace: own || owner.namespace }),
      // As Helm's setMetadataVisitor writes them.
      labels: { ...metadata.labels, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...metadata.annotations,
        'meta.helm.sh/release-name': owner.releaseName,
        'meta.helm.sh/release-namespace': owner.namespace,
        ...owner.annotations,
      },
    },
  }
}

/** Whether Helm's marks say that the object belongs to this release; undefined marks belong to nobody. */
export function ownershipFault(live: KubeObject, { releaseName, namespace }: Ownership): string | undefined {
  const expected: [string, string | undefined, string][] = [
    ['label', live.metadata.labels?.['app.kubernetes.io/managed-by'], 'Helm'],
    ['annotation', live.metadata.annotations?.['meta.helm.sh/release-name'], releaseName],
    ['annotation', live.metadata.annotations?.['meta.helm.sh/release-namespace'], namespace],
  ]
  const keys = ['app.kubernetes.io/managed-by', 'meta.helm.sh/release-name', 'meta.helm.sh/release-namespace']
  const faults = expected.flatMap(([what, value, wanted], index) => {
    if (value === wanted) return []
    return value === undefined
      ? [`${what} validation error: missing key "${keys[index]}": must be set to "${wanted}"`]
      : [`${what} validation error: key "${keys[index]}" must equal "${wanted}": current value is "${value}"`]
  })
  return faults.length > 0 ? faults.join('; ') : undefined
}

/** One text for one object, for comparing sets of them. */
export function identityOf({ apiVersion, kind, metadata }: KubeObject): string {
  // A kind that moves to another version of its group is still the same object.
  return [apiVersion.includes('/') ? apiVersion.split('/')[0] : '', kind, metadata.namespace ?? '', metadata.name].join(
    '/',
  )
}

const isObject = (value: unknown): value is KubeObject =>
  typeof value === 'object' && value !== null && typeof (value as KubeObject).kind === 'string'
