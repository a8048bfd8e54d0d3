import type { Target } from '../api/request.ts'
import type { Labels, Metric } from './exposition.ts'

/** Seconds, as the API server's (endpoints/metrics/metrics.go). */
const BUCKETS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

/** Requests that differ in nothing but when they came. */
interface Series {
  readonly labels: Labels
  readonly isLongRunning: boolean
  open: number
  /** By status. */
  readonly codes: Map<number, number>
  /** How many took so long and no longer than the one before. */
  readonly buckets: Uint32Array
  seconds: number
}

/** Counts requests for objects as Kubernetes' API server does, under its names. A counter of our own: a library takes 2 µs of each request. */
export class RequestMetrics {
  readonly #series = new Map<string, Series>()

  /** Returns what is to be called with the answer's status at its end. */
  begin(target: Target, { isApply, dryRun }: { isApply: boolean; dryRun: boolean }): (status: number) => void {
    const series = this.#seriesOf(target, isApply, dryRun)
    const start = performance.now()
    series.open++
    return (status) => {
      series.open--
      series.codes.set(status, (series.codes.get(status) ?? 0) + 1)
      const seconds = (performance.now() - start) / 1000
      const at = BUCKETS.findIndex((bound) => seconds <= bound)
      const bucket = at < 0 ? BUCKETS.length : at
      series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
      series.seconds += seconds
    }
  }

  metrics(): Metric[] {
    const all = [...this.#series.values()]
    return [
      {
        name: 'apiserver_request_total',
        help: '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
        type: 'counter',
        samples: all.flatMap(({ labels, codes }) =>
          Array.from(codes, ([code, value]) => ({ labels: { code: String(code), ...labels }, value })),
        ),
      },
      {
        name: 'apiserver_request_duration_seconds',
        help: '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
        type: 'histogram',
        samples: all.flatMap(histogramOf),
      },
      {
        name: 'apiserver_current_inflight_requests',
        help: '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
        type: 'gauge',
        samples: ['mutating', 'readOnly'].map((kind) => ({
          labels: { request_kind: kind },
          value: openOf(all.filter((one) => !one.isLongRunning && kindOf(one) === kind)),
        })),
      },
      {
        name: 'apiserver_longrunning_requests',
        help: '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
        type: 'gauge',
        samples: all
          .filter(({ isLongRunning }) => isLongRunning)
          .map(({ labels: { dry_run: _, ...labels }, open }) => ({ labels, value: open })),
      },
    ]
  }

  #seriesOf({ resource, verb, namespace, name, subresource }: Target, isApply: boolean, dryRun: boolean): Series {
    const { group, version, plural } = resource
    const scope = name || verb === 'create' ? 'resource' : namespace === undefined ? 'cluster' : 'namespace'
    const key = `${verb} ${isApply} ${dryRun} ${group}/${version}/${plural}/${subresource} ${scope}`
    const known = this.#series.get(key)
    if (known) return known
    const series: Series = {
      labels: {
        component: 'apiserver',
        dry_run: dryRun ? 'All' : '',
        group,
        resource: plural,
        scope,
        subresource: subresource ?? '',
        verb: isApply ? 'APPLY' : (METHODS[verb] ?? verb.toUpperCase()),
        version,
      },
      isLongRunning: verb === 'watch' || subresource === 'log' || subresource === 'proxy',
      open: 0,
      codes: new Map(),
      buckets: new Uint32Array(BUCKETS.length + 1),
      seconds: 0,
    }
    this.#series.set(key, series)
    return series
  }
}

/** Verbs that metrics call by their method. */
const METHODS: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT' }

const READING = ['GET', 'LIST', 'WATCH']
const kindOf = ({ labels }: Series): string => (READING.includes(labels.verb ?? '') ? 'readOnly' : 'mutating')

const openOf = (series: readonly Series[]): number => series.reduce((sum, { open }) => sum + open, 0)

function histogramOf({ labels, buckets, seconds }: Series): Metric['samples'] {
  let count = 0
  const bounds = Array.from(buckets, (value, at) => {
    count += value
    return {
      suffix: '_bucket',
      labels: { ...labels, le: at < BUCKETS.length ? String(BUCKETS[at]) : '+Inf' },
      value: count,
    }
  })
  return [...bounds, { suffix: '_sum', labels, value: seconds }, { suffix: '_count', labels, value: count }]
}
