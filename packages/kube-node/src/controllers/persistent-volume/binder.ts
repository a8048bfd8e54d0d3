import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { PERSISTENT_VOLUME_CLAIMS } from '../../model/kinds.ts'
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  isFor,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '../../model/storage.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { says } from '../status.ts'
import { referenceAfterUnbinding } from './volume-plan.ts'

interface Deps {
  client: KubeClient
  volumes: FreshCache<PersistentVolume>
  claims: FreshCache<PersistentVolumeClaim>
}

/** Writes that volumes and claims belong together. Each write fails where somebody else has changed the object. */
export class Binder {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** The volume first: what a crash leaves half done is completed by the next look at the claim. Harmless to repeat. */
  async bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    const bound = await this.#bindVolume(volume, claim)
    await this.setPhase(bound, 'Bound')
    const settled = await this.#bindClaim(claim, bound)
    const { accessModes = [], capacity = {}, volumeAttributesClassName: attributes } = bound.spec
    const first = { capacity, ...(attributes && { currentVolumeAttributesClassName: attributes }) }
    const isNew = settled.status?.phase !== 'Bound'
    await this.setClaimStatus(settled, { phase: 'Bound', accessModes, ...(isNew && first) })
  }

  async unbind(volume: PersistentVolume): Promise<void> {
    const freed = await this.#patch(this.#deps.volumes, volume, {
      metadata: { annotations: { [BOUND_BY_CONTROLLER]: null } },
      spec: { claimRef: referenceAfterUnbinding(volume) },
    })
    await this.setPhase(freed, 'Available')
  }

  async setPhase(volume: PersistentVolume, phase: string, message?: string): Promise<void> {
    if (volume.status?.phase === phase) return
    await this.#patch(this.#deps.volumes, volume, { status: { phase, message: message ?? null } }, 'status')
  }

  async setClaimStatus(claim: PersistentVolumeClaim, status: Record<string, unknown>): Promise<void> {
    if (!says(claim.status ?? {}, status)) await this.#patch(this.#deps.claims, claim, { status }, 'status')
  }

  /** Changes a claim's labels, annotations or spec. */
  patchClaim(claim: PersistentVolumeClaim, change: object): Promise<PersistentVolumeClaim> {
    return this.#patch(this.#deps.claims, claim, change)
  }

  async #bindVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<PersistentVolume> {
    const { namespace, name, uid = '' } = claim.metadata
    if (volume.spec.claimRef?.uid === uid) return volume
    const { resourceVersion } = claim.metadata
    const claimRef = { ...PERSISTENT_VOLUME_CLAIMS, namespace, name, uid, resourceVersion }
    const annotations = isFor(volume, claim) ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }
    return this.#patch(this.#deps.volumes, volume, { metadata: { annotations }, spec: { claimRef } })
  }

  async #bindClaim(claim: PersistentVolumeClaim, { metadata }: PersistentVolume): Promise<PersistentVolumeClaim> {
    const { annotations = {} } = claim.metadata
    const isNamed = claim.spec.volumeName === metadata.name
    if (isNamed && annotations[BIND_COMPLETED]) return claim
    return this.patchClaim(claim, {
      metadata: { annotations: { [BIND_COMPLETED]: 'yes', ...(!isNamed && { [BOUND_BY_CONTROLLER]: 'yes' }) } },
      spec: { volumeName: metadata.name },
    })
  }

  async #patch<T extends KubeObject>(
    cache: FreshCache<T>,
    { apiVersion, kind, metadata }: T,
    change: { metadata?: object; spec?: object; status?: object },
    subresource?: 'status',
  ): Promise<T> {
    const { name, namespace, resourceVersion } = metadata
    const ref = { apiVersion, kind, name, ...(namespace && { namespace }) }
    const patch = { ...change, metadata: { ...change.metadata, resourceVersion } }
    return cache.wrote(await this.#deps.client.patch<T>(ref, 'merge', patch, subresource && { subresource }))
  }
}
