import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Outcome } from '../cache/pull-through.ts'
import type { CareReport } from '../collect/caretaker.ts'
import type { Catalog } from '../metadata/catalog.ts'
import type { Repository } from '../metadata/repository.ts'
import type { ScrubReport } from '../scrub/scrubber.ts'
import type { Delivery } from '../webhooks/delivery.ts'

/** Seconds; a manifest takes milliseconds, a large layer minutes. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300]

/** What the registry counts, for Prometheus. Where Distribution counts the same, it bears Distribution's name. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests = this.#counter('registry_http_requests_total', 'Requests answered.', [
    'handler',
    'method',
    'code',
  ])
  readonly #durations: Histogram
  readonly #inFlight = this.#gauge('registry_http_in_flight_requests', 'Requests being answered.')
  readonly #blobs = this.#counter('slipway_registry_collected_blobs_total', 'Blobs removed by garbage collection.')
  readonly #bytes = this.#counter('slipway_registry_collected_bytes_total', 'Bytes freed by garbage collection.')
  readonly #tags = this.#counter('slipway_registry_retention_tags_total', 'Tags removed by retention.')
  readonly #scrubbed = this.#counter('slipway_registry_scrubbed_bytes_total', 'Bytes read to be compared with digests.')
  readonly #spoilt = this.#counter('slipway_registry_spoilt_blobs_total', 'Blobs found spoilt and set aside.')
  readonly #missing = this.#gauge(
    'slipway_registry_missing_blobs',
    'Blobs that repositories hold and the last scrub did not find.',
  )
  readonly #deliveries = this.#counter(
    'slipway_registry_webhook_deliveries_total',
    'Events that webhooks took, or did not take in the end.',
    ['webhook', 'state'],
  )

  readonly #hits = this.#counter('registry_proxy_hits_total', 'Content of other registries that was here.', [
    'upstream',
    'type',
  ])
  readonly #misses = this.#counter('registry_proxy_misses_total', 'Content of other registries that was fetched.', [
    'upstream',
    'type',
  ])
  readonly #fetched = this.#counter('registry_proxy_pulled_bytes_total', 'Bytes fetched from other registries.', [
    'upstream',
    'type',
  ])

  constructor(catalog: Catalog) {
    this.#durations = new Histogram({
      name: 'registry_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer.',
      labelNames: ['handler', 'method'],
      buckets: BUCKETS,
      registers: [this.#registry],
    })
    const total = (of: (repository: Repository) => number): number => {
      let sum = 0
      for (const repository of catalog.repositories()) sum += of(repository)
      return sum
    }
    this.#gauge('slipway_registry_repositories', 'Repositories.', () => total(() => 1))
    this.#gauge('slipway_registry_tags', 'Tags.', () => total(({ tags }) => tags.size))
    this.#gauge('slipway_registry_manifests', 'Manifests.', () => total(({ manifests }) => manifests.size))
    this.#gauge('slipway_registry_blobs', 'Blobs; what repositories share is counted in each.', () =>
      total(({ blobs }) => blobs.size),
    )
    this.#gauge('slipway_registry_bytes', 'Bytes; what repositories share is counted in each.', () =>
      total(({ size }) => size),
    )
  }

  /** Counts a request; returns what is to be called with the answer's status at its end. */
  request(method: string): (handler: string, status: number) => void {
    const start = performance.now()
    this.#inFlight.inc()
    return (handler, status) => {
      this.#inFlight.dec()
      this.#requests.inc({ handler, method, code: status })
      this.#durations.observe({ handler, method }, (performance.now() - start) / 1000)
    }
  }

  collected({ dryRun, retention, garbage }: CareReport): void {
    if (dryRun) return
    this.#tags.inc(retention.tags)
    this.#blobs.inc(garbage.blobs)
    this.#bytes.inc(garbage.bytes)
  }

  scrubbed({ bytes, missing }: ScrubReport): void {
    this.#scrubbed.inc(bytes)
    this.#missing.set(missing.length)
  }

  /** By the scrub, or by somebody who read it. */
  foundSpoilt(): void {
    this.#spoilt.inc()
  }

  delivered({ webhook, state }: Delivery): void {
    this.#deliveries.inc({ webhook, state })
  }

  cacheAsked(upstream: string, type: 'manifest' | 'blob', outcome: Outcome): void {
    const counter = outcome === 'miss' ? this.#misses : this.#hits
    counter.inc({ upstream, type })
  }

  cacheFetched(upstream: string, type: 'manifest' | 'blob', bytes: number): void {
    this.#fetched.inc({ upstream, type }, bytes)
  }

  /** In Prometheus' text format, with the Content-Type that it has. */
  async text(): Promise<{ text: string; contentType: string }> {
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType }
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  /** `read` is asked when somebody looks. */
  #gauge(name: string, help: string, read?: () => number): Gauge {
    return new Gauge({
      name,
      help,
      registers: [this.#registry],
      ...(read && {
        collect() {
          this.set(read())
        },
      }),
    })
  }
}
