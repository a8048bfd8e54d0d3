import { MAX_PODS } from '../kubelet/node-object.ts'
import { cadvisorMetrics } from './cadvisor-metrics.ts'
import { configz } from './configz.ts'
import { CpuRates } from './cpu-rates.ts'
import { EXPOSITION_TYPE, type Metric, writeExposition } from './exposition.ts'
import { kubeletMetrics, processMetrics } from './kubelet-metrics.ts'
import { type NodeSample, type SampleDeps, sampleNode } from './node-sample.ts'
import { podList, runningPods } from './pod-lists.ts'
import { resourceMetrics } from './resource-metrics.ts'
import { summaryOf } from './summary.ts'

export interface NodeViewsDeps extends SampleDeps {
  /** Name of the node. */
  node: string
  /** Where the kubelet listens. */
  address: { address: string; port: number }
  clusterDns: string | undefined
}

/** An answer of the kubelet's server. */
export interface View {
  /** @default 200 */
  status?: number
  type: string
  body: string
}

/** What is to be known of a node and of what runs on it. Nothing is measured unless somebody asks. */
export class NodeViews {
  readonly #deps: NodeViewsDeps
  readonly #rates = new CpuRates()
  #sampling: Promise<NodeSample> | undefined

  constructor(deps: NodeViewsDeps) {
    this.#deps = deps
  }

  /** Undefined = there is no such path. */
  async view({ pathname, searchParams }: URL): Promise<View | undefined> {
    const { pods, node, address, clusterDns } = this.#deps
    switch (pathname.replace(/(?<=.)\/$/, '')) {
      case '/healthz':
        return searchParams.has('verbose') ? text(HEALTHY) : text('ok')
      case '/healthz/ping':
      case '/healthz/log':
      case '/healthz/syncloop':
        return text('ok')
      case '/pods':
        return json(podList(pods.list()))
      case '/runningpods':
        return json(runningPods(pods.list()))
      case '/configz':
        return json(configz({ ...address, clusterDns, maxPods: Number(MAX_PODS) }))
      case '/stats/summary': {
        const onlyCpuAndMemory = searchParams.get('only_cpu_and_memory') === 'true'
        return json(summaryOf(await this.#sample(), this.#rates, { node, onlyCpuAndMemory }))
      }
      case '/metrics':
        return exposition(kubeletMetrics(node, pods.list()))
      case '/metrics/probes':
        return exposition(processMetrics().filter(({ name }) => name === 'process_start_time_seconds'))
      case '/metrics/resource':
        return exposition(resourceMetrics(await this.#sample()))
      case '/metrics/cadvisor':
        return exposition(cadvisorMetrics(await this.#sample()))
      case '/logs':
        return { status: 405, ...text('logs endpoint is disabled.\n') }
      default:
        return undefined
    }
  }

  /** Who asks while somebody else's answer is being made gets the same. */
  #sample(): Promise<NodeSample> {
    this.#sampling ??= sampleNode(this.#deps).finally(() => {
      this.#sampling = undefined
    })
    return this.#sampling
  }
}

const HEALTHY = '[+]ping ok\n[+]log ok\n[+]syncloop ok\nhealthz check passed\n'

const text = (body: string): View => ({ type: 'text/plain; charset=utf-8', body })
const json = (body: object): View => ({ type: 'application/json', body: JSON.stringify(body) })
const exposition = (metrics: Metric[]): View => ({ type: EXPOSITION_TYPE, body: writeExposition(metrics) })
