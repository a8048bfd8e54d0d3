import { Controller, type Log } from '@slipway/controller-runtime'
import type { Authenticator, HttpRoute } from '@slipway/http-server'
import type { Informer, InformerSet, KubeClient } from '@slipway/kube-client'
import { RunRetention } from './retention/run-retention.ts'
import { LiveLogs } from './run/live-logs.ts'
import { logRoutes } from './run/log-routes.ts'
import { API_VERSION, type PipelineRun } from './run/model.ts'
import type { RunnerOptions } from './run/options.ts'
import { isFinal, pipelineRunReconciler } from './run/reconciler.ts'
import { serviceConnections } from './run/service-connections.ts'
import { Slots } from './run/slots.ts'
import { SourceMirror } from './run/source-mirror.ts'
import { triggerReconciler } from './trigger/reconciler.ts'
import type { Repository } from './trigger/repository.ts'

export interface PipelineRunnerDeps {
  client: KubeClient
  informers: InformerSet
  authenticator: Authenticator
  log?: Log
}

export interface PipelineRunnerOptions extends RunnerOptions {
  /** Of Repository, PipelineRun, PipelineRetention and ServiceConnection objects. @default 'slipway-system' */
  namespace?: string
}

const FINALIZER = 'slipway.dev/pipeline-runner'
/** Runs that may wait for a slot and still be canceled. */
const WAITING_RUNS = 64

/** Starts runs for pushes and carries them out. */
export class PipelineRunner {
  /** To be served by the program's HTTP server: `/runs/<name>/log`. */
  readonly routes: HttpRoute[]
  readonly #namespace: string
  readonly #triggers: Controller<Repository>
  readonly #runs: Controller<PipelineRun>
  readonly #retention: RunRetention

  constructor(deps: PipelineRunnerDeps, options: PipelineRunnerOptions) {
    const { client, informers, authenticator } = deps
    const namespace = options.namespace ?? 'slipway-system'
    this.#namespace = namespace
    const live = new LiveLogs()
    const sources = new SourceMirror(options)
    const runs = { apiVersion: API_VERSION, kind: 'PipelineRun', namespace }
    const informer = informers.for<PipelineRun>(runs)
    informer.on(() => live.changed())
    const shared = { client, informers, status: 'own' as const, ...(deps.log && { log: deps.log }) }
    this.#triggers = new Controller({
      ...shared,
      name: 'pipeline-trigger',
      query: { apiVersion: API_VERSION, kind: 'Repository', namespace },
      reconciler: triggerReconciler({ client, sources }, { namespace }),
      // What matters here is the status, which the git host writes.
      concerns: ({ type }) => type !== 'deleted',
    })
    const connections = serviceConnections(client, namespace, options.connections)
    this.#runs = new Controller({
      ...shared,
      name: 'pipeline-runner',
      query: runs,
      finalizer: FINALIZER,
      workers: WAITING_RUNS,
      reconciler: pipelineRunReconciler(
        {
          client,
          sources,
          live,
          slots: new Slots(options.concurrency ?? 2),
          cancellation: (run) => cancellation(informer, run),
        },
        { ...options, connections },
      ),
    })
    this.#retention = new RunRetention({ client, informers, log: deps.log ?? (() => {}) }, namespace)
    this.routes = logRoutes({
      runsDir: options.runsDir,
      live,
      authenticator,
      isPending: (name) => {
        const run = informer.get({ namespace, name })
        return run !== undefined && !isFinal(run)
      },
    })
  }

  /** Resolves when all of it works. Runs that were going on when the program was killed begin anew. */
  async start(): Promise<void> {
    await Promise.all([this.#triggers.start(), this.#runs.start()])
    await this.#retention.start()
  }

  /** Ends running steps at once; their runs begin anew at the next start. */
  async stop(): Promise<void> {
    await Promise.all([this.#retention.stop(), this.#triggers.stop(), this.#runs.stop()])
  }

  /** Looks for new commits of a repository now; `repository` is the Repository object's name. */
  wake(repository: string): void {
    this.#triggers.enqueue({ namespace: this.#namespace, name: repository.toLowerCase() })
  }
}

/** Aborts when the run's object asks for it or goes. */
function cancellation(informer: Informer<PipelineRun>, run: PipelineRun): AbortSignal {
  const cancel = new AbortController()
  const { uid } = run.metadata
  const stop = informer.on(({ type, object }) => {
    if (object.metadata.uid !== uid) return
    const isWanted = type !== 'deleted' && !object.metadata.deletionTimestamp && object.spec.cancelRequested !== true
    if (!isWanted) cancel.abort()
    if (!isWanted || isFinal(object)) queueMicrotask(() => stop())
  })
  return cancel.signal
}
