import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerSummary } from '@slipway/container-engine'
import { EventRecorder, type EventSubject, type Log } from '@slipway/controller-runtime'
import { messageOf } from '@slipway/errors'
import type { Change, InformerSet } from '@slipway/kube-client'
import type { ObjectMeta } from '@slipway/kube-objects'
import { NODES, PODS, SERVICES } from '../model/kinds.ts'
import type { NodeObject } from '../model/node.ts'
import type { Pod } from '../model/pod.ts'
import type { Service } from '../model/service.ts'
import { LABELS } from '../runtime/pod-runtime.ts'
import { type Rejection, rejectionOf } from './admission.ts'
import { type ConfigurationKind, ConfigurationWatch } from './configuration/configuration-watch.ts'
import { mounts } from './configuration/references.ts'
import { type EngineListener, EngineWatch } from './engine-watch.ts'
import { NodeImages } from './node-images.ts'
import { sayReadiness } from './node-object.ts'
import { podFilter, removeContainers } from './observe.ts'
import { PodWorker } from './pod-worker.ts'
import { resizeRefusal } from './resize/refusal.ts'
import { compareResizes } from './resize/resize-order.ts'
import type { WorkerDeps } from './worker-deps.ts'

const SIMULATED = 'slipway.dev/simulated'
const FIRST_RETRY = 200
const LAST_RETRY = 10_000

export interface KubeletDeps extends Omit<WorkerDeps, 'event' | 'log' | 'grantResizes' | 'pulled' | 'services'> {
  informers: InformerSet
  log?: Log
}

/** Runs the pods that are bound to one node. */
export class Kubelet {
  readonly #deps: WorkerDeps & { informers: InformerSet }
  readonly #events: EventRecorder
  readonly #workers = new Map<string, PodWorker>()
  /** Pods that the API no longer has, while their containers go. */
  readonly #leaving = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  readonly #configuration: ConfigurationWatch
  readonly #images: NodeImages
  readonly #engineWatch: EngineWatch
  /** Containers of pods that were there before this process, by their pod's uid. */
  readonly #adopted = new Map<string, ContainerSummary[]>()
  #unsubscribe = (): void => {}

  constructor(deps: KubeletDeps) {
    const log = deps.log ?? (() => {})
    this.#events = new EventRecorder(deps.client, { component: 'kubelet', host: deps.nodeName }, (error) =>
      log('error', `event not written: ${messageOf(error)}`),
    )
    this.#deps = {
      ...deps,
      log,
      grantResizes: () => this.#grantResizes(),
      pulled: () => this.#images.changed(),
      services: () => deps.informers.for<Service>(SERVICES).list(),
      event: (subject, type, reason, message) => this.#events.record(subject, type, reason, message),
    }
    this.#images = new NodeImages({
      ...{ client: deps.client, engine: deps.runtime.engine, nodeName: deps.nodeName, node: () => this.#node() },
      onError: (error) => log('error', `images of the node: ${messageOf(error)}`),
    })
    this.#engineWatch = new EngineWatch(deps.runtime.engine, deps.instance, this.#listener())
    this.#configuration = new ConfigurationWatch(
      deps.client,
      (kind, metadata) => this.#onConfiguration(kind, metadata),
      (error) => log('error', `configuration of pods: ${messageOf(error)}`),
    )
  }

  #listener(): EngineListener {
    return {
      connected: () => {
        for (const worker of this.#workers.values()) worker.wake()
      },
      ended: (uid) => this.#workers.get(uid)?.wake(),
      available: (isAvailable) => void this.#sayReadiness(isAvailable),
      error: (error) => this.#deps.log('error', messageOf(error)),
    }
  }

  async #sayReadiness(isReady: boolean): Promise<void> {
    const { client, nodeName, log } = this.#deps
    this.#tellNode(isReady ? 'NodeReady' : 'NodeNotReady')
    await sayReadiness(client, nodeName, isReady).catch((error: unknown) =>
      log('error', `readiness of the node: ${messageOf(error)}`),
    )
  }

  /** Adopts the containers that are there, removes those whose pod is gone, and begins. */
  async start(): Promise<void> {
    const { informers } = this.#deps
    const pods = informers.for<Pod>(PODS)
    // Containers are told where Services are.
    await Promise.all([pods, informers.for(SERVICES), informers.for(NODES)].map((informer) => informer.start()))
    await this.#adopt(new Set(pods.list().map(({ metadata }) => metadata.uid ?? '')))
    this.#engineWatch.start()
    this.#configuration.start()
    this.#images.start()
    this.#unsubscribe = pods.on((change) => this.#onPod(change))
    this.#tellStart()
  }

  #tellStart(): void {
    this.#events.record(this.#subject(), 'Normal', 'Starting', 'Starting kubelet.')
    for (const state of ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID', 'NodeReady']) {
      this.#tellNode(state)
    }
  }

  #tellNode(state: string): void {
    this.#events.record(this.#subject(), 'Normal', state, `Node ${this.#deps.nodeName} status is now: ${state}`)
  }

  /** The kubelet's events about its node have no version, and its name as the uid. */
  #subject(): EventSubject {
    const { nodeName } = this.#deps
    return { apiVersion: '', kind: 'Node', metadata: { name: nodeName, uid: nodeName } }
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    this.#abort.abort()
    await Promise.all([this.#configuration.stop(), this.#images.stop(), this.#engineWatch.stop()])
    await Promise.all([...this.#leaving, ...[...this.#workers.values()].map((worker) => worker.stop())])
    await this.#events.flush()
  }

  /** The pod that runs here under this name. */
  worker(namespace: string, name: string): PodWorker | undefined {
    for (const worker of this.#workers.values()) {
      const { metadata } = worker.pod
      if (metadata.name === name && metadata.namespace === namespace) return worker
    }
    return undefined
  }

  /** The pods that are here. */
  workers(): PodWorker[] {
    return [...this.#workers.values()]
  }

  #onPod({ type, object }: Change<Pod>): void {
    if (object.spec.nodeName !== this.#deps.nodeName) return
    const uid = object.metadata.uid ?? ''
    const worker = this.#workers.get(uid)
    if (type === 'deleted') {
      this.#workers.delete(uid)
      if (worker) this.#destroy(worker)
      return
    }
    if (worker) {
      worker.update(object)
      return
    }
    const created = new PodWorker(object, this.#adopted.get(uid) ?? [], this.#deps, this.#rejection(object))
    this.#adopted.delete(uid)
    this.#workers.set(uid, created)
    created.update(object)
    if (this.#deps.runtime.simulated) void this.#markSimulated(object)
  }

  #destroy(worker: PodWorker): void {
    const leaving = this.#takeAway(worker).finally(() => {
      this.#leaving.delete(leaving)
      this.#grantResizes()
    })
    this.#leaving.add(leaving)
  }

  /** Nobody else looks after what the API no longer has: it is tried until the engine lets it go, or the next start finds it. */
  async #takeAway(worker: PodWorker): Promise<void> {
    const { signal } = this.#abort
    for (let retry = FIRST_RETRY; ; retry = Math.min(retry * 2, LAST_RETRY)) {
      try {
        await worker.destroy()
        return
      } catch (error) {
        this.#deps.log('error', `pod ${worker.pod.metadata.name}: ${messageOf(error)}`)
      }
      await sleep(retry, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
    }
  }

  #node(): NodeObject | undefined {
    return this.#deps.informers.for<NodeObject>(NODES).get({ name: this.#deps.nodeName })
  }

  /** Undefined for a pod that may run, and for one that did already before this process began. */
  #rejection(pod: Pod): Rejection | undefined {
    const node = this.#node()
    if (!node || pod.status?.startTime || pod.metadata.deletionTimestamp) return undefined
    return rejectionOf(pod, node, this.#others(pod))
  }

  /** What one pod gives up may be what the next one waits for. */
  #grantResizes(): void {
    const node = this.#node()
    if (!node) return
    const grantOne = (): boolean =>
      [...this.#workers.values()]
        .flatMap((worker) => (worker.pendingResize ? [{ worker, ...worker.pendingResize }] : []))
        .toSorted(compareResizes)
        .some(({ worker, pod }) => worker.considerResize(resizeRefusal(pod, node, this.#others(pod))))
    while (grantOne());
  }

  /** The pods that hold something of the machine, as much as they are granted. */
  #others({ metadata }: Pod): Pod[] {
    return [...this.#workers.values()]
      .filter((worker) => worker.isAlive && worker.pod.metadata.uid !== metadata.uid)
      .map((worker) => worker.granted)
  }

  #onConfiguration(kind: ConfigurationKind, changed: ObjectMeta | undefined): void {
    for (const worker of this.#workers.values()) {
      const { namespace } = worker.pod.metadata
      if (!changed || (changed.namespace === namespace && mounts(worker.pod, kind, changed.name))) worker.reconfigure()
    }
  }

  async #markSimulated({ metadata }: Pod): Promise<void> {
    if (metadata.annotations?.[SIMULATED] === 'true') return
    const ref = {
      apiVersion: 'v1',
      kind: 'Pod',
      name: metadata.name,
      ...(metadata.namespace && { namespace: metadata.namespace }),
    }
    try {
      await this.#deps.client.patch(
        ref,
        'merge',
        { metadata: { annotations: { [SIMULATED]: 'true' } } },
        // Of pods a kubelet may write no more (NodeRestriction).
        { subresource: 'status', fieldManager: 'kubelet' },
      )
    } catch (error) {
      this.#deps.log('error', `pod ${metadata.name} is not marked as simulated: ${messageOf(error)}`)
    }
  }

  /** Finds the containers of these pods; those of others go, and what they had on disk. */
  async #adopt(uids: Set<string>): Promise<void> {
    const { podsDir, memoryDir, runtime } = this.#deps
    const { engine } = runtime
    const containers = await engine.list(podFilter(this.#deps.instance))
    const uidOf = ({ labels }: ContainerSummary): string => labels[LABELS.uid] ?? ''
    await removeContainers(
      engine,
      containers.filter((container) => !uids.has(uidOf(container))),
    )
    await Promise.all([podsDir, memoryDir].map((dir) => removeOthers(dir, uids)))
    for (const uid of uids) {
      this.#adopted.set(
        uid,
        containers.filter((container) => uidOf(container) === uid),
      )
    }
  }
}

/** Removes the folders that none of these pods has (kubelet, cleanupOrphanedPodDirs). */
async function removeOthers(dir: string, uids: ReadonlySet<string>): Promise<void> {
  // There is none before the first pod.
  const names = await readdir(dir).catch(() => [])
  const others = names.filter((name) => !uids.has(name))
  await Promise.all(others.map((name) => rm(join(dir, name), { recursive: true, force: true })))
}
