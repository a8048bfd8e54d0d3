import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '@slipway/errors'
import { claimNameOf } from '../../model/storage.ts'
import type { Volume } from '../../model/volume.ts'
import { ConfigurationReader } from '../configuration/configuration-reader.ts'
import { ServiceAccountTokens } from '../configuration/service-account-tokens.ts'
import { mountFailure, StartFailure } from '../containers/start-failure.ts'
import type { ObservedPod } from '../observed-pod.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import { swapIn } from './atomic-writer.ts'
import { claimedPath } from './claimed-path.ts'
import { hostPath } from './host-path.ts'
import { giveToGroup } from './ownership.ts'
import { isProjection, projectedFiles } from './projection.ts'

/** A volume on this machine. */
export interface PreparedVolume {
  path: string
  /** Whatever its mounts say. */
  readOnly: boolean
}

/** Keeps the volumes of one pod. */
export class VolumeManager {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps
  readonly #tokens: ServiceAccountTokens
  #outdated = true

  constructor(observed: ObservedPod, deps: WorkerDeps) {
    this.#observed = observed
    this.#deps = deps
    this.#tokens = new ServiceAccountTokens(deps.client)
  }

  /** What the volumes are made of has changed. */
  invalidate(): void {
    this.#outdated = true
  }

  /** Makes every volume and resolves to them by name. Harmless to repeat: contents that changed are swapped in. */
  async prepare(): Promise<Map<string, PreparedVolume>> {
    this.#outdated = false
    const { namespace = 'default' } = this.#observed.pod.metadata
    const configuration = new ConfigurationReader(this.#deps.client, namespace)
    const prepared = new Map<string, PreparedVolume>()
    try {
      for (const volume of this.#observed.pod.spec.volumes ?? []) {
        const path = await this.#prepare(volume, configuration).catch((error: unknown) => {
          throw mountFailure(volume.name, error)
        })
        prepared.set(volume.name, { path, readOnly: isReadOnly(volume) })
      }
    } catch (error) {
      this.#outdated = true
      throw error
    }
    return prepared
  }

  /** Brings contents that changed into a pod that runs. Resolves to the milliseconds until they have to be looked at again. */
  async refresh(): Promise<number | undefined> {
    if (this.#outdated || this.#tokens.untilRefresh() === 0) {
      await this.prepare().catch((error: unknown) => {
        if (!(error instanceof StartFailure)) throw error
        this.#deps.event(this.#observed.pod, 'Warning', error.event, error.eventMessage)
      })
    }
    return this.#outdated ? RETRY : this.#tokens.untilRefresh()
  }

  /** Takes everything of the pod away, which may be very much. */
  async remove(): Promise<void> {
    await Promise.all([this.#observed.dir, this.#memoryDir()].map((dir) => rm(dir, { recursive: true, force: true })))
  }

  async #prepare(volume: Volume, configuration: ConfigurationReader): Promise<string> {
    if (volume.hostPath) return hostPath(volume.hostPath)
    if (volume.emptyDir) return this.#emptyDir(volume.name, volume.emptyDir)
    const claimName = claimNameOf(this.#observed.pod, volume)
    if (claimName) return claimedPath(this.#deps.client, this.#observed.pod, claimName)
    if (isProjection(volume)) return this.#projection(volume, configuration)
    throw new UserError('POD_VOLUME_UNSUPPORTED', `volume "${volume.name}" is of a kind that this node does not have`, {
      hint: 'emptyDir, hostPath, configMap, secret, projected, downwardAPI, persistentVolumeClaim and ephemeral are supported',
    })
  }

  /** Made once: what its containers do to its access rights stays. */
  #emptyDir(name: string, { medium }: { medium?: string }): string {
    const root = join(medium === 'Memory' ? this.#memoryDir() : this.#observed.dir, 'volumes')
    const dir = join(root, name)
    if (existsSync(dir)) return dir
    mkdirSync(root, { recursive: true })
    const fresh = mkdtempSync(join(root, '.new-'))
    // As the root of a tmpfs is.
    chmodSync(fresh, medium === 'Memory' ? 0o1777 : 0o777)
    giveToGroup(fresh, this.#group(), { readOnly: false })
    renameSync(fresh, dir)
    return dir
  }

  async #projection(volume: Volume, configuration: ConfigurationReader): Promise<string> {
    const { pod, place, dir: root } = this.#observed
    const token = (audience: string | undefined, seconds: number) => this.#tokens.get(pod, audience, seconds)
    const files = await projectedFiles(volume, { pod, configuration, place, token })
    const dir = join(root, 'volumes', volume.name)
    mkdirSync(dir, { recursive: true })
    swapIn(dir, files, (folder) => giveToGroup(folder, this.#group(), { readOnly: true }))
    giveToGroup(dir, this.#group(), { readOnly: true })
    return dir
  }

  #group(): number | undefined {
    return this.#observed.pod.spec.securityContext?.fsGroup
  }

  /** Where volumes of medium Memory are: on a file system that is in memory already. */
  #memoryDir(): string {
    return join(this.#deps.memoryDir, this.#observed.pod.metadata.uid ?? '')
  }
}

/** What is projected is always read-only, since Kubernetes 1.9.6. */
const isReadOnly = (volume: Volume): boolean => isProjection(volume) || volume.persistentVolumeClaim?.readOnly === true

/** Configuration that was there when the pod started and is missing now. */
const RETRY = 10_000
