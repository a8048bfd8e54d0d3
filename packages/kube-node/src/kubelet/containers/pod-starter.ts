import type { Container } from '../../model/pod.ts'
import { SANDBOX } from '../../runtime/pod-runtime.ts'
import { ConfigurationReader } from '../configuration/configuration-reader.ts'
import type { Decision } from '../decide.ts'
import { writeNetworkFiles } from '../network-files/network-files.ts'
import type { ObservedPod } from '../observed-pod.ts'
import { aboutContainer } from '../pod-text.ts'
import { runHook } from '../probes/probe-action.ts'
import { untilAborted } from '../until-aborted.ts'
import type { PreparedVolume, VolumeManager } from '../volumes/volume-manager.ts'
import type { WorkerDeps } from '../worker-deps.ts'
import type { ContainerKiller } from './container-killer.ts'
import { ContainerStarter, type StartRequest } from './container-starter.ts'
import { startSandbox } from './sandbox.ts'
import type { StartBackOff } from './start-back-off.ts'

const POST_START_LIMIT = 300_000

/** What a start of a pod's containers needs, and whom it tells. */
export interface PodStarterParts {
  volumes: VolumeManager
  backOff: StartBackOff
  killer: ContainerKiller
  /** The pod is to go: nothing more is started, and what fails counts no more. */
  signal: AbortSignal
}

/** Starts a pod's sandbox and containers, with the volumes and files that they need. */
export class PodStarter {
  readonly #observed: ObservedPod
  readonly #deps: WorkerDeps
  readonly #starter: ContainerStarter
  readonly #volumes: VolumeManager
  readonly #backOff: StartBackOff
  readonly #killer: ContainerKiller
  readonly #signal: AbortSignal

  constructor(observed: ObservedPod, deps: WorkerDeps, { volumes, backOff, killer, signal }: PodStarterParts) {
    this.#observed = observed
    this.#deps = deps
    this.#starter = new ContainerStarter(observed, deps)
    this.#volumes = volumes
    this.#backOff = backOff
    this.#killer = killer
    this.#signal = signal
  }

  /** Volumes are made meanwhile; what goes wrong with them is told when they are needed. */
  async sandbox(attempt: number): Promise<void> {
    const volumes = this.#volumes.prepare().catch(() => {})
    try {
      await startSandbox(this.#observed, attempt, this.#deps)
      this.#backOff.started(SANDBOX)
    } catch (error) {
      if (!this.#signal.aborted) this.#backOff.failed(SANDBOX, error)
    }
    await volumes
  }

  /**
   * Starts what is due, all at the same time, but for what is listed after a container with a postStart hook: that waits for the hook,
   * as proxies of service meshes rely on. A failure is one container's own, but for that of a volume.
   */
  async containers(due: Decision['start']): Promise<void> {
    const { pod, dir, podIP, place, sandbox } = this.#observed
    let volumes: Map<string, PreparedVolume>
    try {
      volumes = await this.#volumes.prepare()
    } catch (error) {
      for (const { container } of due) this.#backOff.failed(container.name, error)
      return
    }
    const networkFiles = writeNetworkFiles(pod, { dir: `${dir}/etc`, podIP, clusterDns: this.#deps.clusterDns })
    const configuration = new ConfigurationReader(this.#deps.client, pod.metadata.namespace ?? 'default')
    const signal = this.#signal
    const shared = { sandbox: sandbox?.id ?? '', volumes, networkFiles, configuration, place, signal }
    let turn: Promise<void> | undefined
    const starts: Promise<void>[] = []
    for (const { container, attempt } of due) {
      const started = this.#startIn({ ...shared, container, attempt }, turn)
      starts.push(started)
      if (container.lifecycle?.postStart) turn = started
    }
    await Promise.all(starts)
  }

  async #startIn(request: StartRequest, turn: Promise<void> | undefined): Promise<void> {
    const { container, signal } = request
    await turn
    if (signal.aborted) return
    try {
      const id = await this.#starter.start(request)
      this.#backOff.started(container.name)
      if (id) await this.#postStart(container, id)
    } catch (error) {
      if (!signal.aborted) this.#backOff.failed(container.name, error)
    }
  }

  /** A pod that is to go waits for no hook. */
  async #postStart(container: Container, id: string): Promise<void> {
    const hook = container.lifecycle?.postStart
    if (!hook || this.#deps.runtime.simulated) return
    const running = runHook(hook, this.#observed.target(container, id), POST_START_LIMIT)
    const result = await Promise.race([running, untilAborted(this.#signal)])
    if (!result || result.success) return
    // What a hook prints may be secret (kubelet, kuberuntime_container.go).
    const subject = aboutContainer(this.#observed.pod, container.name)
    this.#deps.event(subject, 'Warning', 'FailedPostStartHook', 'PostStartHook failed')
    await this.#observed.observe()
    const current = this.#observed.containers.get(container.name)?.current
    if (current?.id === id) await this.#killer.kill(current, 'FailedPostStartHook')
  }
}
