import { equalJson, type KubeObject } from '@slipway/kube-objects'
import { configMapsOf, secretsOf, volumesOf } from '../../access/nodes/pod-references.ts'
import { notFound } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { isMirror } from '../../strategy/pod-changes.ts'
import type { AdmissionRequest } from '../admission.ts'

/** An object that is stored; undefined = there is none. */
export type Find = (
  plural: 'nodes' | 'pods',
  namespace: string | undefined,
  name: string,
) => Readonly<KubeObject> | undefined

/** Listers of client-go name the kind. */
const POD = { group: '', plural: 'pod' }
const NODE = { group: '', plural: 'node' }

/** Why a node may not do that with a pod; undefined = it may. Throws 404 for a pod that is not there. */
export function podRefusal(node: string, request: AdmissionRequest, find: Find): string | undefined {
  const { operation, subresource, namespace, name } = request
  const quoted = JSON.stringify(node)
  const isElsewhere = () => storedPod(find, namespace, name).spec?.nodeName !== node
  switch (subresource) {
    case undefined:
      if (operation === 'CREATE') return newPodRefusal(node, request.object as KubeObject, find)
      if (operation !== 'DELETE')
        return `unexpected operation "${operation}", node ${quoted} can only create and delete mirror pods`
      return isElsewhere() ? `node ${quoted} can only delete pods with spec.nodeName set to itself` : undefined
    case 'status':
      return statusRefusal(node, request)
    case 'eviction':
      return isElsewhere() ? `node ${node} can only evict pods with spec.nodeName set to itself` : undefined
    default:
      return `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`
  }
}

export function storedPod(find: Find, namespace: string | undefined, name: string): Readonly<KubeObject> {
  const pod = find('pods', namespace, name)
  if (!pod) throw notFound(POD, name)
  return pod
}

/** A node makes the mirrors of its static pods, and nothing that would open anything to it. */
function newPodRefusal(node: string, pod: KubeObject, find: Find): string | undefined {
  const quoted = JSON.stringify(node)
  if (!isMirror(pod)) {
    return `pod does not have "kubernetes.io/config.mirror" annotation, node ${quoted} can only create mirror pods`
  }
  if (pod.spec?.nodeName !== node) return `node ${quoted} can only create pods with spec.nodeName set to itself`
  const owners: Spec[] = pod.metadata.ownerReferences ?? []
  if (owners.length > 1) return `node ${quoted} can only create pods with a single owner reference set to itself`
  const refusal = ownerRefusal(node, owners[0], find)
  if (refusal !== undefined) return refusal
  const referenced = referencedBy(pod)
  return referenced && `node ${quoted} can not create pods that reference ${referenced}`
}

function ownerRefusal(node: string, owner: Spec | undefined, find: Find): string | undefined {
  const quoted = JSON.stringify(node)
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    return `node ${quoted} can only create pods with an owner reference set to itself`
  }
  if (!owner.controller) return `node ${quoted} can only create pods with a controller owner reference set to itself`
  if (owner.blockOwnerDeletion) return `node ${quoted} must not set blockOwnerDeletion on an owner reference`
  const stored = find('nodes', undefined, node)
  if (!stored) throw notFound(NODE, node)
  const { uid } = stored.metadata
  return owner.uid === uid ? undefined : `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`
}

/** What of the API a pod cannot be without (podutil.HasAPIObjectReference). */
function referencedBy(pod: KubeObject): string | undefined {
  const spec = (pod.spec ?? {}) as Spec
  if (spec.serviceAccountName) return 'serviceaccounts'
  if (secretsOf(pod).length > 0) return 'secrets'
  if (configMapsOf(pod).length > 0) return 'configmaps'
  if (spec.resourceClaims?.length > 0) return 'resourceclaims'
  for (const volume of volumesOf(spec)) {
    const found = VOLUMES.find(([source]) => volume[source] !== undefined)
    if (found) return found[1]
    for (const source of (volume.projected?.sources ?? []) as Spec[]) {
      if (source.serviceAccountToken) return 'serviceaccounts (via projected volumes)'
    }
  }
  return undefined
}

const VOLUMES: [string, string][] = [
  ['csi', 'csidrivers (via CSI volumes)'],
  ['glusterfs', 'endpoints (via glusterFS volumes)'],
  ['persistentVolumeClaim', 'persistentvolumeclaims'],
  ['ephemeral', 'persistentvolumeclaims (via ephemeral volumes)'],
  ['azureFile', 'secrets (via azureFile volumes)'],
]

function statusRefusal(node: string, { operation, object, old }: AdmissionRequest): string | undefined {
  const quoted = JSON.stringify(node)
  if (operation !== 'UPDATE' || !object || !old) return `unexpected operation "${operation}"`
  if (old.spec?.nodeName !== node) {
    return `node ${quoted} can only update pod status for pods with spec.nodeName set to itself`
  }
  if (!equalJson(old.metadata.labels ?? {}, object.metadata.labels ?? {})) {
    return `node ${quoted} cannot update labels through pod status`
  }
  if (!equalJson(old.status?.resourceClaimStatuses ?? [], object.status?.resourceClaimStatuses ?? [])) {
    return `node ${quoted} cannot update resource claim statues`
  }
  return undefined
}
