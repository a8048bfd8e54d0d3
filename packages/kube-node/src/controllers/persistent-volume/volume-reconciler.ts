import type { ReconcileContext, ReconcileResult, Reconciler } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../model/kinds.ts'
import { type PersistentVolume, type PersistentVolumeClaim, PROVISIONED_BY } from '../../model/storage.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { removeFinalizer } from '../ownership/remove-finalizer.ts'
import type { Binder } from './binder.ts'
import { type LocalProvisioner, PROVISIONER, RECLAIMING } from './local-provisioner.ts'
import { planVolume } from './volume-plan.ts'

export interface VolumeDeps {
  client: KubeClient
  volumes: FreshCache<PersistentVolume>
  binder: Binder
  provisioner: LocalProvisioner
}

type Context = ReconcileContext<PersistentVolume>

/** Keeps the phase of each volume, and does what its policy says when its claim is gone. */
export class VolumeReconciler implements Reconciler<PersistentVolume> {
  readonly #deps: VolumeDeps

  constructor(deps: VolumeDeps) {
    this.#deps = deps
  }

  async reconcile(seen: PersistentVolume, context: Context): Promise<ReconcileResult> {
    const { binder, volumes } = this.#deps
    const volume = volumes.newest(seen)
    const plan = planVolume(volume, await this.#claimOf(volume))
    if (plan.kind === 'phase') await binder.setPhase(volume, plan.phase)
    else if (plan.kind === 'unbind') await binder.unbind(volume)
    else if (plan.kind === 'release') await this.#release(volume, context)
    return { kind: 'ready', reason: 'Synced', message: '' }
  }

  /** Asked of the API, as a volume that is taken for released by mistake is deleted. */
  async #claimOf({ spec: { claimRef } }: PersistentVolume): Promise<PersistentVolumeClaim | undefined> {
    if (!claimRef?.uid || !claimRef.name) return undefined
    const { name, namespace } = claimRef
    return this.#deps.client.get({ ...PERSISTENT_VOLUME_CLAIMS, name, ...(namespace && { namespace }) })
  }

  async #release(volume: PersistentVolume, context: Context): Promise<void> {
    const { binder, volumes } = this.#deps
    const { phase } = volume.status ?? {}
    if (phase !== 'Released' && phase !== 'Failed') await binder.setPhase(volume, 'Released')
    const released = volumes.newest(volume)
    const { persistentVolumeReclaimPolicy: policy } = released.spec
    if (policy === 'Recycle') return this.#fail(released, 'VolumeFailedRecycle', NO_RECYCLER, context)
    if (policy === 'Delete') return this.#delete(released, context)
    await this.#letGo(released)
  }

  async #delete(volume: PersistentVolume, context: Context): Promise<void> {
    const { client, provisioner } = this.#deps
    const { name, annotations = {}, deletionTimestamp, uid } = volume.metadata
    // What others provision they take away.
    if (annotations[PROVISIONED_BY] !== PROVISIONER) {
      if (annotations[PROVISIONED_BY]) return
      const message = `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`
      return this.#fail(volume, 'VolumeFailedDelete', message, context)
    }
    try {
      await provisioner.remove(volume)
    } catch (error) {
      await this.#fail(volume, 'VolumeFailedDelete', messageOf(error), context)
      throw error
    }
    if (!deletionTimestamp)
      await client.delete({ ...PERSISTENT_VOLUMES, name }, { ...(uid && { preconditions: { uid } }) })
    await this.#letGo(volume)
  }

  /** Takes our finalizer from a volume that is deleted. */
  async #letGo(volume: PersistentVolume): Promise<void> {
    const { client, volumes } = this.#deps
    if (!volume.metadata.finalizers?.includes(RECLAIMING)) return
    const freed = await removeFinalizer(client, volume, RECLAIMING)
    if (freed) volumes.wrote(freed)
  }

  async #fail(volume: PersistentVolume, reason: string, message: string, context: Context): Promise<void> {
    if (volume.status?.phase !== 'Failed') context.event('Warning', reason, message)
    await this.#deps.binder.setPhase(volume, 'Failed', message)
  }
}

const NO_RECYCLER = 'No recycler plugin found for the volume!'
