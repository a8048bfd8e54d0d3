import { messageOf, UserError } from '@slipway/errors'
import { parseDocuments } from '@slipway/go-yaml'
import { isApiError, type KubeClient, type ObjectRef } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { isList, shapeFault } from './object-shape.ts'
import { sameError } from './same-error.ts'

/** What every object of a release carries: Helm's own marks of ownership, and whose release it is. */
export interface Ownership {
  releaseName: string
  namespace: string
  annotations: Record<string, string>
}

/** How a manifest is read. */
export interface ReadOptions {
  /** Leave objects out whose kind the cluster does not have. @default false */
  skipUnknown?: boolean
}

/** As readObjects, each object in its namespace and marked as part of the release. */
export async function readManifest(
  client: KubeClient,
  manifest: string,
  owner: Ownership,
  options: ReadOptions = {},
): Promise<KubeObject[]> {
  return (await readPlaced(client, manifest, owner.namespace, options)).map((object) => marked(object, owner))
}

/** As readObjects, each object in its namespace. */
export async function readPlaced(
  client: KubeClient,
  manifest: string,
  namespace: string,
  options: ReadOptions = {},
): Promise<KubeObject[]> {
  const objects = await readObjects(client, manifest, options)
  return Promise.all(objects.map((object) => place(client, object, namespace)))
}

/**
 * The objects of a manifest, in its order. Lists are taken apart; of a key that is there twice the last counts, as in Helm. Throws
 * UserError KUBE_NO_SUCH_KIND or MANIFEST_INVALID that tells of each object whose kind the cluster does not have and of each that is none.
 */
export async function readObjects(
  client: KubeClient,
  manifest: string,
  { skipUnknown = false }: ReadOptions = {},
): Promise<KubeObject[]> {
  const values = parseDocuments(manifest, { duplicateKeys: 'last' }).flatMap(({ value, error }): unknown[] => {
    if (error) throw error
    if (value === null || value === undefined) return []
    return isList(value) ? value.items : [value]
  })
  const found = await Promise.all(values.map(async (value) => ({ value, fault: await builderFault(client, value) })))
  const read = skipUnknown ? found.filter(({ fault }) => fault?.code !== 'KUBE_NO_SUCH_KIND') : found
  const faults = read.flatMap(({ fault }) => fault ?? [])
  const [first, ...more] = faults
  if (first) throw more.length === 0 ? first : sameError(first, `[${faults.map(messageOf).join(', ')}]`)
  return read.map(({ value }) => value as KubeObject)
}

/** What kubectl's resource builder, which Helm uses, has against an object; undefined when it has nothing. */
async function builderFault(client: KubeClient, value: unknown): Promise<UserError | undefined> {
  const shape = shapeFault(value)
  if (shape !== undefined) return new UserError('MANIFEST_INVALID', shape)
  const mapping = await mappingFault(client, value as KubeObject)
  return mapping ? new UserError('KUBE_NO_SUCH_KIND', mapping) : undefined
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

async function place(client: KubeClient, object: KubeObject, releaseNamespace: string): Promise<KubeObject> {
  if (!object.metadata?.name && !object.metadata?.generateName) {
    throw new UserError('MANIFEST_INVALID', `${object.kind ?? 'an object'} of the chart has no metadata.name`)
  }
  const { namespaced } = await client.resource(object)
  const { namespace, ...metadata } = object.metadata
  return { ...object, metadata: { ...metadata, ...(namespaced && { namespace: namespace || releaseNamespace }) } }
}

/** As Helm's setMetadataVisitor marks it. */
function marked(object: KubeObject, { releaseName, namespace, annotations }: Ownership): KubeObject {
  const { metadata } = object
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...metadata.annotations,
        'meta.helm.sh/release-name': releaseName,
        'meta.helm.sh/release-namespace': namespace,
        ...annotations,
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

export function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  return { apiVersion, kind, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
}
