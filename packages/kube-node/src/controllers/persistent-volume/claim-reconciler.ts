import type { ReconcileContext, ReconcileResult, Reconciler } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { createIfMissing } from '../../create-if-missing.ts'
import {
  BETA_STORAGE_PROVISIONER,
  type PersistentVolume,
  type PersistentVolumeClaim,
  STORAGE_PROVISIONER,
  type StorageClass,
} from '../../model/storage.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import type { Binder } from './binder.ts'
import { planClaim, type Storage } from './claim-plan.ts'
import { type LocalProvisioner, PROVISIONER } from './local-provisioner.ts'

export interface ClaimDeps {
  client: KubeClient
  volumes: FreshCache<PersistentVolume>
  claims: FreshCache<PersistentVolumeClaim>
  binder: Binder
  provisioner: LocalProvisioner
  surroundings(): Pick<Storage, 'classes' | 'node'>
}

type Context = ReconcileContext<PersistentVolumeClaim>

/** Finds a volume for each claim, or has one made. */
export class ClaimReconciler implements Reconciler<PersistentVolumeClaim> {
  readonly #deps: ClaimDeps

  constructor(deps: ClaimDeps) {
    this.#deps = deps
  }

  async reconcile(seen: PersistentVolumeClaim, context: Context): Promise<ReconcileResult> {
    const { binder, claims, volumes, surroundings } = this.#deps
    const claim = claims.newest(seen)
    const plan = planClaim(claim, { ...surroundings(), volumes: volumes.list() })
    switch (plan.kind) {
      case 'bind':
        await binder.bind(plan.volume, claim)
        break
      case 'assign-class':
        await binder.patchClaim(claim, { spec: { storageClassName: plan.storageClass.metadata.name } })
        break
      case 'provision':
        await this.#provision(claim, plan.storageClass, context)
        break
      case 'wait':
        if (plan.event) context.event(...plan.event)
        await binder.setClaimStatus(claim, { phase: 'Pending' })
        break
      case 'lose':
        if (claim.status?.phase !== 'Lost') context.event('Warning', plan.reason, plan.message)
        await binder.setClaimStatus(claim, { phase: 'Lost', accessModes: null, capacity: null })
    }
    return { kind: 'ready', reason: 'Synced', message: '' }
  }

  async #provision(claim: PersistentVolumeClaim, storageClass: StorageClass, context: Context): Promise<void> {
    const { binder } = this.#deps
    const { provisioner } = storageClass
    if (provisioner === NO_PROVISIONER) return binder.setClaimStatus(claim, { phase: 'Pending' })
    const annotations = { [STORAGE_PROVISIONER]: provisioner, [BETA_STORAGE_PROVISIONER]: provisioner }
    const marked =
      claim.metadata.annotations?.[STORAGE_PROVISIONER] === provisioner
        ? claim
        : await binder.patchClaim(claim, { metadata: { annotations } })
    if (provisioner === PROVISIONER) return this.#make(marked, storageClass, context)
    const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
    context.event('Normal', 'ExternalProvisioning', message)
    await binder.setClaimStatus(marked, { phase: 'Pending' })
  }

  async #make(claim: PersistentVolumeClaim, storageClass: StorageClass, context: Context): Promise<void> {
    const { binder, client, provisioner, volumes } = this.#deps
    const problem = unsupported(claim)
    if (problem) {
      context.event('Warning', 'ProvisioningFailed', problem)
      return binder.setClaimStatus(claim, { phase: 'Pending' })
    }
    let volume: PersistentVolume | undefined
    try {
      volume = await createIfMissing(client, await provisioner.make(claim, storageClass))
    } catch (error) {
      context.event('Warning', 'ProvisioningFailed', messageOf(error))
      throw error
    }
    // Otherwise it was made before, and the watch brings it.
    if (!volume) return
    const message = `Successfully provisioned volume ${volume.metadata.name} using ${PROVISIONER}`
    context.event('Normal', 'ProvisioningSucceeded', message)
    await binder.bind(volumes.wrote(volume), claim)
  }
}

const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

function unsupported({ spec }: PersistentVolumeClaim): string | undefined {
  if (spec.selector) return `claim.spec.selector is not supported for dynamic provisioning on this provisioner`
  if (spec.volumeMode === 'Block') return `${PROVISIONER} does not support block volume provisioning`
  return undefined
}
