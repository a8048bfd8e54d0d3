import { readBody, sendJson } from '@slipway/http-server'
import { isRepositoryName } from '@slipway/oci-format'
import { namespaceOf } from '../auth/access.ts'
import type { Guard } from '../auth/guard.ts'
import type { Content } from '../content/content.ts'
import { type Exchange, type Incoming, isKnown, originOf } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { CHART_LIMIT, decode, deleteVersion, notFound, sendChartFile } from './chart-access.ts'
import type { ChartEntry } from './chart-entry.ts'
import type { ChartIndex } from './chart-index.ts'
import { pushChart, setProvenance } from './chart-push.ts'

export interface HelmDeps {
  guard: Guard
  content: Content
  charts: ChartIndex
}

const ACTIONS: Record<string, 'pull' | 'push' | 'delete'> = {
  GET: 'pull',
  HEAD: 'pull',
  PUT: 'push',
  PATCH: 'push',
  DELETE: 'delete',
}

/** The Helm 2 style repository of Azure Container Registry, `/helm/v1/{repo}/…`. Its charts are the OCI artifacts below a namespace. */
export async function serveHelm(deps: HelmDeps, incoming: Incoming): Promise<void> {
  const { request, url, note } = incoming
  const [repo = '', kind = '', ...rest] = url.pathname.slice('/helm/v1/'.length).split('/').map(decode)
  if (!isRepositoryName(repo)) throw new Refusal('NAME_INVALID', 'invalid repository name', { status: 404 })
  const action = ACTIONS[request.method ?? ''] ?? 'pull'
  note.repository = repo
  note.reference = rest.join(' ')
  if (kind === '_blobs' || action !== 'pull') note.action = action
  const actions = action === 'push' ? ['pull', 'push'] : [action]
  const exchange = await deps.guard.admit(incoming, { type: 'artifact-repository', name: repo, actions })
  const namespace = namespaceOf(repo)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (kind === 'index.yaml' && rest.length === 0 && isRead) return sendIndex(deps, exchange, namespace)
  if (kind === '_charts' && rest.length <= 2) return serveCharts(deps, exchange, namespace, rest)
  if (kind === '_blobs' && rest.length === 1 && rest[0]) return serveFile(deps, exchange, namespace, rest[0])
  throw notFound(`${request.method} ${url.pathname} is not served`)
}

function sendIndex({ charts }: HelmDeps, { request, response }: Exchange, namespace: string): void {
  const { bytes, etag } = charts.file(namespace)
  const headers = { 'content-type': 'application/x-yaml', 'cache-control': 'no-cache', etag }
  if (isKnown(request, etag)) return void response.writeHead(304, headers).end()
  response.writeHead(200, { ...headers, 'content-length': String(bytes.length) })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

async function serveCharts(deps: HelmDeps, exchange: Exchange, namespace: string, path: string[]): Promise<void> {
  const { request, response } = exchange
  const [name, version] = path
  const charts = deps.charts.charts(namespace)
  if (request.method === 'GET' && name === undefined) {
    const listed = [...charts].map(([chart, entries]) => [chart, entries.map(({ shown }) => shown)])
    return sendJson(response, 200, Object.fromEntries(listed))
  }
  const entries = charts.get(name ?? '') ?? []
  const chosen = version === undefined ? entries : entries.filter(({ chart }) => chart.metadata.version === version)
  if (chosen.length === 0) throw notFound(`there is no chart ${path.join(' ')}`)
  if (request.method === 'GET') {
    return sendJson(response, 200, version === undefined ? chosen.map(({ shown }) => shown) : chosen[0]?.shown)
  }
  if (request.method !== 'DELETE') throw new Refusal('UNSUPPORTED', `${request.method} is not supported here`)
  for (const entry of chosen) await deleteVersion(deps.content, entry, originOf(exchange))
  sendJson(response, 200, { deleted: true })
}

async function serveFile(deps: HelmDeps, exchange: Exchange, namespace: string, fileName: string): Promise<void> {
  const provenance = fileName.endsWith('.prov')
  switch (exchange.request.method) {
    case 'GET':
    case 'HEAD':
      return sendChartFile(deps, exchange, namespace, fileName)
    case 'PUT':
      return provenance
        ? saveProvenance(deps, exchange, namespace, fileName)
        : save(deps, exchange, { namespace, fileName, force: false })
    case 'PATCH':
      return provenance
        ? saveProvenance(deps, exchange, namespace, fileName)
        : save(deps, exchange, { namespace, fileName, force: true })
    case 'DELETE':
      return provenance
        ? deleteProvenance(deps, exchange, namespace, fileName)
        : deleteFile(deps, exchange, namespace, fileName)
    default:
      throw new Refusal('UNSUPPORTED', `${exchange.request.method} is not supported here`)
  }
}

async function save(
  { content }: HelmDeps,
  exchange: Exchange,
  { namespace, fileName, force }: { namespace: string; fileName: string; force: boolean },
): Promise<void> {
  const { request, response } = exchange
  const bytes = await readBody(request, CHART_LIMIT)
  const saved = await pushChart(content, { namespace, bytes, fileName, force, origin: originOf(exchange) })
  // Where the same chart is as an OCI artifact.
  const headers = { location: `/v2/${saved.repository}/manifests/${saved.tag}`, 'docker-content-digest': saved.digest }
  sendJson(response, 201, { saved: true }, headers)
}

async function saveProvenance(deps: HelmDeps, exchange: Exchange, namespace: string, fileName: string): Promise<void> {
  const { request, response } = exchange
  const { repository, tag } = requireEntry(deps, namespace, fileName.replace(/\.prov$/, ''))
  const bytes = await readBody(request, CHART_LIMIT)
  await setProvenance(deps.content, { repository, tag, bytes, origin: originOf(exchange) })
  sendJson(response, 201, { saved: true })
}

async function deleteFile(deps: HelmDeps, exchange: Exchange, namespace: string, fileName: string): Promise<void> {
  await deleteVersion(deps.content, requireEntry(deps, namespace, fileName), originOf(exchange))
  sendJson(exchange.response, 200, { deleted: true })
}

async function deleteProvenance(
  deps: HelmDeps,
  exchange: Exchange,
  namespace: string,
  fileName: string,
): Promise<void> {
  const { repository, tag, chart } = requireEntry(deps, namespace, fileName.replace(/\.prov$/, ''))
  if (chart.provenance === undefined) throw notFound(`there is no ${fileName}`)
  await setProvenance(deps.content, { repository, tag, bytes: undefined, origin: originOf(exchange) })
  sendJson(exchange.response, 200, { deleted: true })
}

function requireEntry({ charts }: HelmDeps, namespace: string, fileName: string): ChartEntry {
  const entry = charts.byFileName(namespace, fileName)
  if (!entry) throw notFound(`there is no ${fileName}`)
  return entry
}
