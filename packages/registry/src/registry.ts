import { UserError } from '@slipway/errors'
import { type HttpHandler, type HttpRoute, sendJson } from '@slipway/http-server'
import type { BlobStore } from '@slipway/storage'
import { serveAcr } from './acr/routes.ts'
import { auditOf, auditOfSpoilt } from './audit/audit-entry.ts'
import { Callers } from './auth/callers.ts'
import { Guard } from './auth/guard.ts'
import { serveTokens } from './auth/token-routes.ts'
import { Tokens } from './auth/tokens.ts'
import { PullThrough } from './cache/pull-through.ts'
import { type CareReport, Caretaker } from './collect/caretaker.ts'
import { reportWords } from './collect/report-words.ts'
import { serveCare } from './collect/routes.ts'
import { Content } from './content/content.ts'
import { OpenUploads } from './content/open-uploads.ts'
import { Quotas } from './content/quotas.ts'
import { Rules } from './content/rules.ts'
import type { RegistryEvent } from './events.ts'
import { Front } from './front.ts'
import { ChartIndex } from './helm/chart-index.ts'
import { sendChartMuseumRefusal, serveChartMuseum } from './helm/chart-museum.ts'
import { serveHelm } from './helm/routes.ts'
import { Catalog } from './metadata/catalog.ts'
import { completeFrom } from './metadata/earlier-changes.ts'
import { Metrics } from './metrics/metrics.ts'
import { serveMetrics } from './metrics/routes.ts'
import { serveOci } from './oci/routes.ts'
import { Uploads } from './oci/uploads.ts'
import { NO_SETTINGS } from './policy/settings.ts'
import type { RegistryOptions } from './port.ts'
import { scrubWords, spoiltWords } from './scrub/scrub-words.ts'
import { Scrubber } from './scrub/scrubber.ts'
import { Deliveries } from './webhooks/deliveries.ts'
import { Dispatcher } from './webhooks/dispatcher.ts'
import { serveWebhooks } from './webhooks/routes.ts'

export interface Registry {
  /** `/v2/`, `/oauth2/`, `/acr/v1/`, `/helm/v1/`, `/api/`, `/metrics` and `/health`. */
  routes: HttpRoute[]
  /** Ends what it does by itself; after the last request, and before logs and stores are closed. */
  stop(): Promise<void>
}

/** ChartMuseum's clients put `api/` between the server's context path and the repository's name. */
const BESIDE_HELM = '/helm/v1/api/'
const isHelmPath = (url = ''): boolean => /^\/helm\/v1\/api\/(index\.yaml|_charts|_blobs)/.test(url)

/** As nginx's client_body_timeout and send_timeout. */
const PATIENCE = 60_000
/** Whoever pulls waits for as long before what is here is served in its place. */
const UPSTREAM_PATIENCE = 30_000
/** Bytes; the largest layer that Azure takes. */
const LARGEST_BLOB = 200 * 1024 ** 3

/** A registry of images and charts: OCI Distribution 1.1 and what Azure Container Registry adds to it. */
export async function createRegistry(options: RegistryOptions): Promise<Registry> {
  const { authenticator, hostName, realm, blobs, signingKey } = options
  const { clock = Date.now, settings = () => NO_SETTINGS, onAudit = () => {} } = options
  const { onError = () => {}, onReport = () => {} } = options
  const complete = completeFrom(blobs, clock)
  const catalog = await Catalog.open(options.metadata, { complete, requireNew: () => requireNoBlobs(blobs), onError })
  const deliveries = await Deliveries.open(options.deliveries, onError)
  const metrics = new Metrics(catalog)
  const charts = new ChartIndex(catalog, clock)
  charts.prepare().catch(onError)
  const tokens = new Tokens(signingKey, hostName, clock)
  const callers = new Callers({ authenticator, tokens, settings, clock })
  const guard = new Guard({ callers, tokens, hostName, realm })
  const dispatcher = new Dispatcher({
    deliveries,
    settings,
    clock,
    onError,
    onOver: (delivery) => metrics.delivered(delivery),
    ...(options.webhookPauses && { pauses: options.webhookPauses }),
  })
  const quotas = new Quotas(catalog, settings)
  const content = new Content({
    blobs,
    catalog,
    rules: new Rules(catalog, settings),
    quotas,
    uploads: await OpenUploads.open({ blobs, quotas, clock }),
    emit: (event: RegistryEvent) => {
      if (!event.origin.request) onAudit(auditOf(event))
      dispatcher.tell(event)
      options.onEvent?.(event)
    },
    onSpoilt: (blob) => {
      metrics.foundSpoilt()
      for (const entry of auditOfSpoilt(blob)) onAudit(entry)
      onReport(spoiltWords(blob))
    },
    maxBlobSize: options.maxBlobSize ?? LARGEST_BLOB,
    clock,
  })
  const uploads = new Uploads(content)
  const caretaker = new Caretaker({
    content,
    settings,
    deployed: options.deployed,
    onReport: (report: CareReport) => {
      metrics.collected(report)
      const words = reportWords(report)
      if (words) onReport(words)
    },
    onError,
  })
  const scrubber = new Scrubber({
    content,
    onPass: (report) => metrics.scrubbed(report),
    onReport: (report) => onReport(scrubWords(report)),
    onError,
  })
  const cache = new PullThrough({
    content,
    settings,
    metrics,
    clock,
    upstreamPatience: options.upstreamPatience ?? UPSTREAM_PATIENCE,
    onReport,
    onError,
  })
  dispatcher.start()
  const front = new Front({ metrics, audit: onAudit, clock, patience: options.patience ?? PATIENCE, onError })
  const oci = front.handle('base', (incoming) => serveOci({ guard, content, uploads, cache }, incoming))
  const helm = front.handle('helm', (incoming) => serveHelm({ guard, content, charts }, incoming))
  const chartMuseum = (path: string): HttpHandler =>
    front.handle(
      'chartmuseum',
      (incoming) => serveChartMuseum({ guard, content, charts }, path, incoming),
      sendChartMuseumRefusal,
    )
  const chartMuseumBeside = chartMuseum(BESIDE_HELM)
  return {
    routes: [
      { path: '/v2', handle: oci },
      { path: '/v2/', handle: oci },
      {
        path: '/v2/_slipway/',
        handle: front.handle('care', (incoming) => serveCare({ guard, content, caretaker, scrubber }, incoming)),
      },
      {
        path: '/v2/_slipway/webhooks/',
        handle: front.handle('webhooks', (incoming) =>
          serveWebhooks({ guard, settings, deliveries, dispatcher }, incoming),
        ),
      },
      { path: '/acr/v1/', handle: front.handle('acr', (incoming) => serveAcr({ guard, content, hostName }, incoming)) },
      {
        path: '/oauth2/',
        handle: front.handle('token', (incoming) => serveTokens({ callers, tokens, clock }, incoming)),
      },
      { path: '/helm/v1/', handle: helm },
      { path: '/api/', handle: chartMuseum('/api/') },
      {
        path: BESIDE_HELM,
        // A repository of charts may be named `api`.
        handle: (...request) => (isHelmPath(request[0].url) ? helm : chartMuseumBeside)(...request),
      },
      { path: '/health', handle: front.handle('health', ({ response }) => sendJson(response, 200, { healthy: true })) },
      { path: '/metrics', handle: front.handle('metrics', (incoming) => serveMetrics({ guard, metrics }, incoming)) },
    ],
    async stop() {
      await Promise.all([caretaker.stop(), scrubber.stop(), dispatcher.stop()])
    },
  }
}

/** Throws UserError REGISTRY_METADATA_LOST. */
async function requireNoBlobs(blobs: BlobStore): Promise<void> {
  for await (const digest of blobs.keys()) {
    throw new UserError(
      'REGISTRY_METADATA_LOST',
      `the registry's metadata is gone, but it has blobs such as ${digest}`,
      {
        hint: 'restore registry/metadata.jsonl of the data folder from a backup, or remove the blobs too, to begin anew',
      },
    )
  }
}
