import { messageOf } from '@slipway/errors'
import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { Authorizer } from '../../access/authorize.ts'
import { nodeOf } from '../../access/nodes/node-identity.ts'
import { resourceKey } from '../../registry/resource.ts'
import { viewEntry } from '../../storage/codec.ts'
import { keyOf } from '../../storage/keys.ts'
import { type AdmissionPlugin, type AdmissionRequest, refused } from '../admission.ts'
import { forbiddenLabels } from './node-labels.ts'
import { type Find, podRefusal } from './node-pods.ts'
import { tokenRefusal } from './node-tokens.ts'

type Refusal = string | undefined | Promise<string | undefined>
type Rule = (node: string, request: AdmissionRequest) => Refusal

/** Keeps the agents of nodes to what is theirs, where rights alone cannot tell (Kubernetes' plug-in NodeRestriction). */
export function nodeRestriction(deps: { store: RevisionStore; authorize: Authorizer }): AdmissionPlugin {
  const find: Find = (plural, namespace, name) => {
    const entry = deps.store.get(keyOf({ group: '', plural, namespaced: plural === 'pods' }, namespace, name))
    return entry && viewEntry(entry)
  }
  const rules: Partial<Record<string, Rule>> = {
    '/pods': (node, request) => podRefusal(node, request, find),
    '/nodes': nodeRefusal,
    '/persistentvolumeclaims': claimRefusal,
    '/serviceaccounts': (node, request) =>
      request.operation === 'CREATE' && request.subresource === 'token'
        ? tokenRefusal(node, request, deps, find)
        : undefined,
    'certificates.k8s.io/podcertificaterequests': () => 'PodCertificateRequest feature gate is disabled',
    'coordination.k8s.io/leases': leaseRefusal,
    'storage.k8s.io/csinodes': ownName('CSINode'),
    'resource.k8s.io/resourceslices': sliceRefusal,
    'certificates.k8s.io/certificatesigningrequests': certificateRefusal,
  }
  return {
    mutate(request) {
      // What reaches into pods is not asked about.
      const node = request.operation === 'CONNECT' ? undefined : nodeOf(request.user)
      if (node === undefined) return
      if (node === '') throw refused(request, `could not determine node from user ${JSON.stringify(request.user.name)}`)
      const refusal = rules[resourceKey(request.resource)]?.(node, request)
      if (typeof refusal === 'string') throw refused(request, refusal)
      return refusal?.then((why) => {
        if (why !== undefined) throw refused(request, why)
      })
    },
  }
}

const nameOf = ({ operation, object, name }: AdmissionRequest): string =>
  operation === 'CREATE' ? (object?.metadata.name ?? '') : name

function nodeRefusal(node: string, request: AdmissionRequest): string | undefined {
  const quoted = JSON.stringify(node)
  const { operation, object, old } = request
  if (nameOf(request) !== node) return `node ${quoted} is not allowed to modify node ${JSON.stringify(nameOf(request))}`
  if (!object) return undefined
  if (operation === 'CREATE') {
    const labels = forbiddenLabels(object.metadata.labels)
    const list = labels.join(', ')
    return labels.length > 0 ? `node ${quoted} is not allowed to set the following labels: ${list}` : undefined
  }
  if (!equalJson(object.spec?.taints ?? [], old?.spec?.taints ?? []))
    return `node ${quoted} is not allowed to modify taints`
  if (!equalJson(object.metadata.ownerReferences ?? [], old?.metadata.ownerReferences ?? [])) {
    return `node ${quoted} is not allowed to modify ownerReferences`
  }
  const labels = forbiddenLabels(object.metadata.labels, old?.metadata.labels)
  return labels.length > 0 ? `is not allowed to modify labels: ${labels.join(', ')}` : undefined
}

function claimRefusal(node: string, { operation, subresource, object, old }: AdmissionRequest): string | undefined {
  if (subresource !== 'status') return 'may only update PVC status'
  if (operation !== 'UPDATE' || !object || !old) return `unexpected operation "${operation}"`
  if (equalJson(withoutGrowth(object), withoutGrowth(old))) return undefined
  return `node ${JSON.stringify(node)} is not allowed to update fields other than status.quantity and status.conditions`
}

/** A claim without what its node says of its size. */
function withoutGrowth({ metadata, status, ...claim }: Readonly<KubeObject>): unknown {
  const { resourceVersion: _, managedFields: __, ...own } = metadata
  const { capacity, conditions, allocatedResourceStatuses, allocatedResources, ...rest } = status ?? {}
  return { ...claim, metadata: own, status: rest }
}

function leaseRefusal(node: string, request: AdmissionRequest): string | undefined {
  if (request.namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace'
  return ownName('node lease')(node, request) as string | undefined
}

const ownName =
  (what: string): Rule =>
  (node, request) =>
    nameOf(request) === node ? undefined : `can only access ${what} with the same name as the requesting node`

function sliceRefusal(node: string, { operation, object, old }: AdmissionRequest): string | undefined {
  const verb = { CREATE: 'create', DELETE: 'delete' }[operation as string]
  const slice = operation === 'CREATE' ? object : old
  if (!verb || slice?.spec?.nodeName === node) return undefined
  return `can only ${verb} ResourceSlice with the same NodeName as the requesting node`
}

const NODE_SIGNERS = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']

async function certificateRefusal(
  node: string,
  { operation, subresource, object }: AdmissionRequest,
): Promise<string | undefined> {
  if (operation !== 'CREATE' || subresource || !NODE_SIGNERS.includes(object?.spec?.signerName)) return undefined
  const wanted = `system:node:${node}`
  // Loading the X.509 code takes longer than starting the server.
  const { readRequest } = await import('../../signers/sign-request.ts')
  try {
    const { subject } = await readRequest(Buffer.from(object?.spec?.request ?? '', 'base64').toString())
    return subject.commonName === wanted ? undefined : `can only create a node CSR with CN=${wanted}`
  } catch (error) {
    return `unable to parse csr: ${messageOf(error)}`
  }
}
