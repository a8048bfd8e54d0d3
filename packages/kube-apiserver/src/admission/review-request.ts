import { randomUUID } from 'node:crypto'
import type { KubeObject } from '@slipway/kube-objects'
import { apiVersionOf, partOf, type Resource } from '../registry/resource.ts'
import { type AdmissionRequest, enclosingNamespace } from './admission.ts'

/** Gives an object in another version of its type. */
export type Converter = (object: Readonly<KubeObject>, to: Resource) => Promise<KubeObject>

const OPTIONS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' }

/** admission.k8s.io/v1 AdmissionRequest, the objects in the version that the receiver asked for. */
export async function reviewRequest(request: AdmissionRequest, as: Resource, convert: Converter) {
  const { operation, resource, subresource, name, user, dryRun, asked, object, old } = request
  const kindOf = (one: Resource) => {
    const { group, version, kind } = partOf(one, subresource)
    return { group, version, kind }
  }
  const seenAs = partOf(as, subresource)
  const typeOf = (one: Resource) => ({ group: one.group, version: one.version, resource: one.plural })
  const inVersion = async (one: Readonly<KubeObject> | undefined) => {
    if (one && operation === 'CONNECT') return withoutMetadata(one)
    return one && one.apiVersion !== apiVersionOf(seenAs) ? await convert(one, seenAs) : (one ?? null)
  }
  const namespace = enclosingNamespace(request)
  const part = subresource ? { subResource: subresource, requestSubResource: subresource } : {}
  return {
    uid: randomUUID(),
    kind: kindOf(as),
    resource: typeOf(as),
    requestKind: kindOf(resource),
    requestResource: typeOf(resource),
    ...part,
    ...(name && { name }),
    ...(namespace !== undefined && { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid && { uid: user.uid }),
      groups: user.groups,
      ...(user.extra && { extra: user.extra }),
    },
    object: await inVersion(object),
    oldObject: await inVersion(old),
    dryRun,
    options: OPTIONS[operation] ? { ...asked, kind: OPTIONS[operation], apiVersion: 'meta.k8s.io/v1' } : null,
  }
}

/** Options of a connection have none in Kubernetes. */
function withoutMetadata({ metadata: _, ...options }: Readonly<KubeObject>) {
  return options
}
