import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@slipway/controller-runtime'
import { describeError } from '@slipway/errors'
import { type Informer, type InformerSet, isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { API_VERSION, type PipelineRun } from '../run/model.ts'
import type { Repository } from '../trigger/repository.ts'
import { type RetentionRule, runsToDelete } from './decide.ts'
import { DEFAULT_RETENTION } from './kind.ts'

interface PipelineRetention extends KubeObject {
  spec: RetentionRule
}

export interface RunRetentionDeps {
  client: KubeClient
  informers: InformerSet
  log: Log
}

/** Azure looks once a day. Milliseconds. */
const INTERVAL = 3_600_000

/** Deletes the runs that nothing keeps any more, at the start and every hour; their finalizer takes logs and artifacts along. */
export class RunRetention {
  readonly #client: KubeClient
  readonly #log: Log
  readonly #runs: Informer<PipelineRun>
  readonly #rules: Informer<PipelineRetention>
  readonly #repositories: Informer<Repository>
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor({ client, informers, log }: RunRetentionDeps, namespace: string) {
    this.#client = client
    this.#log = log
    const query = { apiVersion: API_VERSION, namespace }
    this.#runs = informers.for({ ...query, kind: 'PipelineRun' })
    this.#rules = informers.for({ ...query, kind: 'PipelineRetention' })
    this.#repositories = informers.for({ ...query, kind: 'Repository' })
  }

  /** Resolves when it knows what is wanted; what goes, goes after that. */
  async start(): Promise<void> {
    await Promise.all([this.#runs.start(), this.#rules.start(), this.#repositories.start()])
    this.#running = this.#work(this.#stop.signal)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#sweep(signal)
      } catch (error) {
        this.#log('error', `pipeline-runner: runs that are old were not deleted: ${describeError(error)}`)
      }
      await sleep(INTERVAL, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const wanted = this.#rules.list().map(({ spec }) => spec)
    const going = runsToDelete(this.#runs.list(), {
      rules: wanted.length > 0 ? wanted : [DEFAULT_RETENTION],
      repositories: this.#repositories.list(),
      now: Date.now(),
    })
    let deleted = 0
    for (const run of going) {
      if (signal.aborted) break
      if (await this.#delete(run)) deleted++
    }
    if (deleted > 0)
      this.#log(
        'info',
        `pipeline-runner: ${deleted} old runs deleted, the newest of them ${going.at(-1)?.metadata.name}`,
      )
  }

  /** One that changed meanwhile may have been retained; the next look tells. */
  async #delete({ apiVersion, kind, metadata }: PipelineRun): Promise<boolean> {
    const { name, namespace = '', uid = '', resourceVersion = '' } = metadata
    try {
      return await this.#client.delete(
        { apiVersion, kind, namespace, name },
        { preconditions: { uid, resourceVersion } },
      )
    } catch (error) {
      if (isApiError(error, 'KUBE_CONFLICT')) return false
      throw error
    }
  }
}
