import type { ReconcileContext } from '@slipway/controller-runtime'
import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject, OwnerReference } from '@slipway/kube-objects'
import { canonicalJson } from '../../canonical.ts'
import { createIfMissing } from '../../create-if-missing.ts'
import type { Pod } from '../../model/pod.ts'
import { claimsOf } from './identity.ts'
import { ordinalOf, type StatefulSet, startOf } from './stateful-set.ts'
import { claimWords } from './words.ts'

type Teller = Pick<ReconcileContext<KubeObject>, 'event'>

/** Makes the claims of a StatefulSet's pods, and gives them the owners with which they are to go (KEP-1847). */
export class ClaimKeeper {
  readonly #client: KubeClient

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** Makes those of an ordinal that are missing. */
  async create(set: StatefulSet, ordinal: number, context: Teller): Promise<void> {
    for (const { claim } of claimsOf(set, ordinal)) {
      const owners = isDeletedWithSet(set) ? [referenceTo(set)] : []
      const metadata = { ...claim.metadata, ...(owners.length > 0 && { ownerReferences: owners }) }
      const names = {
        claim: metadata.name,
        pod: `${set.metadata.name}-${ordinal}`,
        set: set.metadata.name,
      }
      try {
        const created = await createIfMissing(this.#client, { ...claim, metadata })
        if (created) context.event('Normal', 'SuccessfulCreate', claimWords(names))
      } catch (error) {
        context.event('Warning', 'FailedCreate', claimWords(names, error))
        throw error
      }
    }
  }

  /** Lets the claims of these pods go with the set, or with a pod that is too many, as the set's policy says. */
  async own(set: StatefulSet, pods: Pod[]): Promise<void> {
    if (!set.spec.persistentVolumeClaimRetentionPolicy) return
    for (const pod of pods) {
      for (const { claim } of claimsOf(set, ordinalOf(pod))) await this.#setOwners(claim, set, pod)
    }
  }

  async #setOwners({ apiVersion, kind, metadata }: KubeObject, set: StatefulSet, pod: Pod): Promise<void> {
    const ref = { apiVersion, kind, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
    const claim = await this.#client.get<KubeObject>(ref)
    if (!claim) return
    const own = new Set([set.metadata.uid, pod.metadata.uid])
    const before = claim.metadata.ownerReferences ?? []
    const wanted = [...before.filter(({ uid }) => !own.has(uid)), ...ownersOf(set, pod)]
    if (canonicalJson(before) === canonicalJson(wanted)) return
    const { resourceVersion } = claim.metadata
    await this.#client.patch(ref, 'merge', { metadata: { ownerReferences: wanted, resourceVersion } })
  }
}

function ownersOf(set: StatefulSet, pod: Pod): OwnerReference[] {
  const { replicas = 1, persistentVolumeClaimRetentionPolicy: policy } = set.spec
  const ordinal = ordinalOf(pod)
  const isSurplus = ordinal < startOf(set) || ordinal >= startOf(set) + replicas
  if (policy?.whenScaled === 'Delete' && isSurplus) return [referenceTo(pod)]
  return isDeletedWithSet(set) ? [referenceTo(set)] : []
}

const isDeletedWithSet = ({ spec }: StatefulSet): boolean =>
  spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'

function referenceTo({ apiVersion, kind, metadata }: KubeObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }
}
