import { Controller, type Log } from '@slipway/controller-runtime'
import { TransientError } from '@slipway/errors'
import type { GitClient } from '@slipway/git-client'
import type { Platform } from '@slipway/helm-chart'
import type { Change, Informer, InformerSet, KubeClient } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import type { ChartReader, ChartSource } from './chart-source/chart-source.ts'
import { gitCharts } from './chart-source/git-charts.ts'
import { knownCharts } from './chart-source/known-charts.ts'
import { type ChartDownloader, repositoryCharts } from './chart-source/repository-charts.ts'
import { DriftWatch } from './drift.ts'
import type { HelmRelease } from './helm-release/helm-release.ts'
import { helmReleaseReconciler, type Supersession } from './helm-release/reconciler.ts'
import { valuesDependencies } from './helm-release/values.ts'
import { ReleaseActions } from './release/actions.ts'
import { ReleaseStorage } from './release/storage.ts'
import { ReleaseRenderer } from './rendering/renderer.ts'
import { SchemaDocuments } from './rendering/schema-documents.ts'

const HELM_RELEASE = { apiVersion: 'helm.fluxcd.io/v1', kind: 'HelmRelease' }

export interface HelmControllerDeps {
  client: KubeClient
  informers: InformerSet
  charts: ChartDownloader
  /** Where charts are read and rendered. */
  read: ChartReader
  git: GitClient
  platform: Platform
  log?: Log
}

export interface HelmControllerOptions {
  /** Milliseconds between looks without an event. @default 180000, the Operator's --charts-sync-interval */
  syncInterval?: number
}

/** Makes Helm releases match HelmRelease objects. */
export class HelmController {
  readonly #controller: Controller<HelmRelease>
  readonly #drift: DriftWatch
  readonly #releases: { list(): HelmRelease[] }

  constructor(deps: HelmControllerDeps, { syncInterval = 180_000 }: HelmControllerOptions = {}) {
    const { client, informers, platform, log } = deps
    const releases = informers.for<HelmRelease>(HELM_RELEASE)
    const storage = new ReleaseStorage(client, platform)
    const actions = new ReleaseActions(client, storage)
    this.#releases = releases
    this.#drift = new DriftWatch(informers, (key) => this.#controller.enqueue(key))
    this.#controller = new Controller<HelmRelease>({
      name: 'helm-controller',
      client,
      informers,
      query: HELM_RELEASE,
      status: 'own',
      finalizer: 'helm.fluxcd.io/finalizer',
      reconciler: helmReleaseReconciler({
        client,
        charts: chartSources(deps),
        renderer: new ReleaseRenderer(client, new SchemaDocuments(() => platform.now())),
        storage,
        actions,
        onDeployed: async (_release, stored) => this.#drift.watch(await actions.objectsOf(stored)),
        supersession: (release) => supersession(releases, release),
        syncInterval,
      }),
      watches: ['ConfigMap', 'Secret'].map((kind) => ({
        query: { apiVersion: 'v1', kind },
        map: (change: Change<KubeObject>) =>
          this.#readersOf(`${kind}/${change.object.metadata.namespace}/${change.object.metadata.name}`),
      })),
      ...(log && { log }),
    })
  }

  start(): Promise<void> {
    return this.#controller.start()
  }

  async stop(): Promise<void> {
    this.#drift.stop()
    await this.#controller.stop()
  }

  /** Looks at once at the releases that want a chart of this name, because a version of it was just pushed. */
  wakeChart(name: string): void {
    for (const { spec, metadata } of this.#releases.list()) {
      if (spec.chart?.name === name) this.#controller.enqueue(metadata)
    }
  }

  /** The releases whose values come from an object. */
  #readersOf(dependency: string): ObjectKey[] {
    return this.#releases
      .list()
      .flatMap((release) => (valuesDependencies(release).includes(dependency) ? [release.metadata] : []))
  }
}

function supersession(informer: Informer<HelmRelease>, { metadata }: HelmRelease): Supersession {
  const superseded = new AbortController()
  const reason = new TransientError('RELEASE_SUPERSEDED', 'context canceled: the HelmRelease has changed')
  const stop = informer.on(({ type, object }) => {
    if (object.metadata.uid !== metadata.uid) return
    const isSame = object.metadata.generation === metadata.generation && !object.metadata.deletionTimestamp
    if (type === 'deleted' || !isSame) superseded.abort(reason)
  })
  return { signal: superseded.signal, stop }
}

/** `spec.chart` says which: git and path, or a repository. */
function chartSources({ client, git, platform, charts, ...deps }: HelmControllerDeps): ChartSource {
  const read = knownCharts(deps.read)
  const fromGit = gitCharts({ client, git, platform, charts, read })
  const fromRepository = repositoryCharts(charts, platform, read)
  return { load: (release, signal) => (release.spec.chart.git ? fromGit : fromRepository).load(release, signal) }
}
