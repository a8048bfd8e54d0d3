import type { ReconcileContext } from '@slipway/controller-runtime'
import type { KubeClient, ObjectRef } from '@slipway/kube-client'
import type { KubeObject, OwnerReference } from '@slipway/kube-objects'
import { canonicalJson } from '../../canonical.ts'
import { createIfMissing } from '../../create-if-missing.ts'
import { ownerReference } from '../../labels.ts'
import { PODS } from '../../model/kinds.ts'
import type { Pod } from '../../model/pod.ts'
import { claimsOf } from './identity.ts'
import { isInRange, ordinalOf, type StatefulSet } from './stateful-set.ts'
import { claimWords } from './words.ts'

type Teller = Pick<ReconcileContext<KubeObject>, 'event'>

/** Makes the claims of a StatefulSet's pods, and gives them the owners with which they are to go (KEP-1847). */
export class ClaimKeeper {
  readonly #client: KubeClient

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** Makes those of an ordinal that are missing. False while one of them is going, and is not to be used any more. */
  async create(set: StatefulSet, ordinal: number, context: Teller): Promise<boolean> {
    let areUsable = true
    for (const { claim } of claimsOf(set, ordinal)) {
      const existing = await this.#client.get<KubeObject>(refOf(claim))
      if (!existing) await this.#create(set, ordinal, claim, context)
      else if (existing.metadata.deletionTimestamp || isOfEarlierPod(existing, set, ordinal)) areUsable = false
    }
    return areUsable
  }

  async #create(set: StatefulSet, ordinal: number, claim: KubeObject, context: Teller): Promise<void> {
    const owners = isDeletedWithSet(set) ? [ownerReference(set)] : []
    const metadata = { ...claim.metadata, ...(owners.length > 0 && { ownerReferences: owners }) }
    const names = { claim: metadata.name, pod: podName(set, ordinal), set: set.metadata.name }
    try {
      const created = await createIfMissing(this.#client, { ...claim, metadata })
      if (created) context.event('Normal', 'SuccessfulCreate', claimWords(names))
    } catch (error) {
      context.event('Warning', 'FailedCreate', claimWords(names, error))
      throw error
    }
  }

  /** Lets the claims of these pods go with the set, or with a pod that is too many, as the set's policy says. */
  async own(set: StatefulSet, pods: Pod[]): Promise<void> {
    if (!set.spec.persistentVolumeClaimRetentionPolicy) return
    for (const pod of pods) {
      for (const { claim } of claimsOf(set, ordinalOf(pod))) await this.#setOwners(claim, set, pod)
    }
  }

  async #setOwners(wanted: KubeObject, set: StatefulSet, pod: Pod): Promise<void> {
    const claim = await this.#client.get<KubeObject>(refOf(wanted))
    const before = claim?.metadata.ownerReferences ?? []
    // One of a set or pod that is gone is the garbage collector's affair.
    if (!claim || before.some((owner) => isNamesake(owner, set) || isNamesake(owner, pod))) return
    const others = before.filter(({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid)
    const owners = others.some(({ controller }) => controller) ? others : [...others, ...ownersOf(set, pod)]
    if (canonicalJson(before) === canonicalJson(owners)) return
    const { resourceVersion } = claim.metadata
    await this.#client.patch(refOf(wanted), 'merge', { metadata: { ownerReferences: owners, resourceVersion } })
  }
}

/** The retention policy's rules (updateClaimOwnerRefForSetAndPod). */
function ownersOf(set: StatefulSet, pod: Pod): OwnerReference[] {
  const isSurplus = !isInRange(set, ordinalOf(pod))
  if (isDeletedWithPod(set) && isSurplus) return [ownerReference(pod)]
  return isDeletedWithSet(set) ? [ownerReference(set)] : []
}

const isDeletedWithSet = ({ spec }: StatefulSet): boolean =>
  spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'

const isDeletedWithPod = ({ spec }: StatefulSet): boolean =>
  spec.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete'

/** Whether a claim goes with a pod that was there before (PodClaimIsStale). */
function isOfEarlierPod({ metadata }: KubeObject, set: StatefulSet, ordinal: number): boolean {
  const pod = { ...PODS, metadata: { name: podName(set, ordinal) } }
  return isDeletedWithPod(set) && (metadata.ownerReferences ?? []).some((owner) => isNamesake(owner, pod))
}

/** Whether an owner is called as this object is, and is another one. */
const isNamesake = (owner: OwnerReference, { kind, metadata }: KubeObject): boolean =>
  owner.kind === kind && owner.name === metadata.name && owner.uid !== metadata.uid

const podName = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`

function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  const { name, namespace } = metadata
  return { apiVersion, kind, name, ...(namespace && { namespace }) }
}
