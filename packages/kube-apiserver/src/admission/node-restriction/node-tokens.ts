import type { KubeObject } from '@slipway/kube-objects'
import type { RevisionStore } from '@slipway/storage'
import type { Authorizer } from '../../access/authorize.ts'
import { claimsOf, volumesOf } from '../../access/nodes/pod-references.ts'
import { notFound } from '../../api/status.ts'
import type { Spec } from '../../defaults/spec.ts'
import { viewEntry } from '../../storage/codec.ts'
import { keyOf } from '../../storage/keys.ts'
import type { AdmissionRequest } from '../admission.ts'
import { type Find, storedPod } from './node-pods.ts'

const CLAIMS: Stored = { group: '', plural: 'persistentvolumeclaims', namespaced: true }
const VOLUMES: Stored = { group: '', plural: 'persistentvolumes', namespaced: false }
const DRIVERS: Stored = { group: 'storage.k8s.io', plural: 'csidrivers', namespaced: false }

type Stored = Parameters<typeof keyOf>[0]

interface TokenDeps {
  store: RevisionStore
  authorize: Authorizer
}

/** Why a node gets no such token of an account; undefined = it gets it: for a pod that it runs, and for whom the pod says. */
export function tokenRefusal(node: string, request: AdmissionRequest, deps: TokenDeps, find: Find): string | undefined {
  const { boundObjectRef: bound, audiences: asked } = (request.object?.spec ?? {}) as Spec
  const audiences: string[] = asked ?? []
  if (bound?.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name)
    return 'node requested token not bound to a pod'
  if (!bound.uid) return 'node requested token with a pod binding without a uid'
  const pod = storedPod(find, request.namespace, bound.name)
  if (bound.uid !== pod.metadata.uid) {
    return `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`
  }
  if (pod.spec?.nodeName !== node) return 'node requested token bound to a pod scheduled on a different node'
  if (audiences.length > 1) return 'node may only request 0 or 1 audiences'
  return audienceRefusal(audiences[0] ?? '', pod, request, deps)
}

/** KEP-4412, ServiceAccountNodeAudienceRestriction. */
function audienceRefusal(
  audience: string,
  pod: Readonly<KubeObject>,
  { user, namespace, name }: AdmissionRequest,
  { store, authorize }: TokenDeps,
): string | undefined {
  const { audiences, fault } = audiencesOf(pod, store)
  if (audiences.has(audience)) return undefined
  if (fault !== undefined) return `error validating audience ${JSON.stringify(audience)}: ${fault}`
  const verb = 'request-serviceaccounts-token-audience'
  const where = { ...(namespace !== undefined && { namespace }), name }
  if (authorize({ user, verb, group: '', resource: audience, ...where })) return undefined
  return `audience "${audience}" not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`
}

/** For whom the pod's volumes want tokens (empty = the API server), and why not all of them can be told. */
function audiencesOf(
  pod: Readonly<KubeObject>,
  store: RevisionStore,
): { audiences: Set<string>; fault: string | undefined } {
  const audiences = new Set<string>()
  const faults: string[] = []
  const find = (type: Stored, name: string): Spec => {
    const entry = store.get(keyOf(type, pod.metadata.namespace, name))
    // Listers of client-go name the kind.
    if (!entry) throw notFound({ ...type, plural: type.plural.slice(0, -1) }, name)
    return viewEntry(entry).spec ?? {}
  }
  for (const volume of volumesOf(pod.spec ?? {})) {
    for (const { serviceAccountToken } of (volume.projected?.sources ?? []) as Spec[]) {
      if (serviceAccountToken) audiences.add(serviceAccountToken.audience ?? '')
    }
    const [claim] = claimsOf({ ...pod, spec: { volumes: [volume] } })
    try {
      const driver = claim ? find(VOLUMES, find(CLAIMS, claim).volumeName ?? '').csi?.driver : volume.csi?.driver
      const requests: Spec[] = driver ? (find(DRIVERS, driver).tokenRequests ?? []) : []
      for (const { audience } of requests) audiences.add(audience ?? '')
    } catch (error) {
      faults.push((error as Error).message)
    }
  }
  const distinct = [...new Set(faults)]
  return { audiences, fault: distinct.length > 1 ? `[${distinct.join(', ')}]` : distinct[0] }
}
