import type { KubeObject } from '@slipway/kube-objects'
import type { Resource } from '../registry/resource.ts'
import { STATUS_METADATA, type Strategy } from './strategy.ts'

/** What a write decides of an object; nobody gets to manage what it leaves alone (the resetFields of apiserver's strategies). */
export type Part = (object: KubeObject) => KubeObject

/** The whole object without its status, or, of a write of the status, that and the metadata that go with it. */
export function ownPart(
  { group, subresources }: Resource,
  { statusMetadata = STATUS_METADATA }: Strategy,
  subresource: string | undefined,
): Part {
  if (subresource === 'status' || subresource === 'approval') return (object) => statusPart(object, statusMetadata)
  if (!subresources.some(({ name }) => name === 'status')) return (object) => object
  // Nothing of a request may change, so that nobody owns any of it (csrStrategy's GetResetFields).
  if (group === 'certificates.k8s.io') return ({ spec: _, status: __, ...rest }) => rest as KubeObject
  return ({ status: _, ...rest }) => rest as KubeObject
}

function statusPart(object: KubeObject, fields: readonly (keyof KubeObject['metadata'])[]): KubeObject {
  const { apiVersion, kind, metadata, status } = object
  const own: Partial<KubeObject['metadata']> = {}
  for (const field of ['name', 'namespace', 'resourceVersion', 'uid', ...fields] as const) {
    if (metadata[field] !== undefined) Object.assign(own, { [field]: metadata[field] })
  }
  return { apiVersion, kind, metadata: own as KubeObject['metadata'], ...(status !== undefined && { status }) }
}
