import { describeError } from '@slipway/errors'
import { ConfigurationReader } from './configuration.ts'
import type { ObservedPod } from './observed-pod.ts'
import { prepareVolumes } from './volumes.ts'
import type { WorkerDeps } from './worker-deps.ts'

/** Keeps the volumes of one pod. */
export class VolumeManager {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps

  constructor(observed: ObservedPod, deps: WorkerDeps) {
    this.#observed = observed
    this.#deps = deps
  }

  /** Makes every volume and resolves to its path by name. */
  prepare(configuration: ConfigurationReader): Promise<Map<string, string>> {
    const { pod, dir, place } = this.#observed
    const { serviceAccountToken } = this.#deps
    return prepareVolumes({ pod, dir, configuration, place, ...(serviceAccountToken && { serviceAccountToken }) })
  }

  /** Brings contents that changed into a pod that runs; what went wrong is an event. */
  async refresh(): Promise<void> {
    const { namespace = 'default' } = this.#observed.pod.metadata
    await this.prepare(new ConfigurationReader(this.#deps.client, namespace)).catch((error: unknown) => {
      this.#deps.event(this.#observed.pod, 'Warning', 'FailedMount', describeError(error))
    })
  }
}
