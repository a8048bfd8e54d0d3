import type { ServerResponse } from 'node:http'
import type { RevisionStore } from '@slipway/storage'
import { healthMetric } from '../health.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { SERVER_VERSION } from '../server-version.ts'
import { prefixOf } from '../storage/keys.ts'
import { exposition, METRICS_TYPE, type Metric } from './exposition.ts'
import type { RequestMetrics } from './request-metrics.ts'

export interface MetricsDeps {
  readonly registry: ResourceRegistry
  readonly store: RevisionStore
  readonly requests: RequestMetrics
}

/** `/metrics`, for Prometheus: what dashboards of Kubernetes ask an API server, under its own names. */
export function serveMetrics({ registry, store, requests }: MetricsDeps, response: ServerResponse): void {
  send(response, [...requests.metrics(), objectMetric(registry, store), buildMetric(), ...processMetrics()])
}

/** `/metrics/slis`: of what the service levels are computed. */
export function serveHealthMetrics(response: ServerResponse): void {
  send(response, [healthMetric])
}

function send(response: ServerResponse, metrics: Metric[]): void {
  const text = exposition(metrics)
  response.writeHead(200, { 'content-type': METRICS_TYPE, 'content-length': Buffer.byteLength(text) }).end(text)
}

function objectMetric(registry: ResourceRegistry, store: RevisionStore): Metric {
  const resources = registry
    .all()
    .filter(({ verbs, version, storageVersion }) => verbs.includes('list') && version === storageVersion)
  return {
    name: 'apiserver_resource_objects',
    help: '[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    type: 'gauge',
    samples: resources.map((resource) => {
      const { entries, remaining } = store.list(prefixOf(resource), { limit: 1 })
      return { labels: { group: resource.group, resource: resource.plural }, value: entries.length + remaining }
    }),
  }
}

function buildMetric(): Metric {
  const { major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform } = SERVER_VERSION
  const labels = {
    build_date: buildDate,
    compiler,
    git_commit: gitCommit,
    git_tree_state: gitTreeState,
    git_version: gitVersion,
    go_version: goVersion,
    major,
    minor,
    platform,
  }
  const help =
    "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running."
  return { name: 'kubernetes_build_info', help, type: 'gauge', samples: [{ labels, value: 1 }] }
}

function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage()
  const one = (name: string, type: Metric['type'], help: string, value: number): Metric => ({
    name: `process_${name}`,
    help,
    type,
    samples: [{ value }],
  })
  return [
    one('cpu_seconds_total', 'counter', 'Total user and system CPU time spent in seconds.', (user + system) / 1e6),
    one('resident_memory_bytes', 'gauge', 'Resident memory size in bytes.', process.memoryUsage.rss()),
    one(
      'start_time_seconds',
      'gauge',
      'Start time of the process since unix epoch in seconds.',
      performance.timeOrigin / 1000,
    ),
  ]
}
