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

type Serve = (deps: HelmDeps, exchange: Exchange, namespace: string, path: string[]) => Promise<void> | void

/** What is served below the name of a repository of charts. */
const ENDPOINTS: Record<string, Serve> = {
  'GET index.yaml': sendIndex,
  'HEAD index.yaml': sendIndex,
  'GET _charts': listCharts,
  'GET _charts/{chart}': listVersions,
  'GET _charts/{chart}/{version}': sendVersion,
  'DELETE _charts/{chart}': deleteVersions,
  'DELETE _charts/{chart}/{version}': deleteVersions,
  'GET _blobs/{file}': sendFile,
  'HEAD _blobs/{file}': sendFile,
  'PUT _blobs/{file}': (...args) => save(false, ...args),
  'PATCH _blobs/{file}': (...args) => save(true, ...args),
  'DELETE _blobs/{file}': deleteFile,
  'GET _blobs/{file}.prov': sendFile,
  'HEAD _blobs/{file}.prov': sendFile,
  'PUT _blobs/{file}.prov': saveProvenance,
  'PATCH _blobs/{file}.prov': saveProvenance,
  'DELETE _blobs/{file}.prov': deleteProvenance,
}

/** All that is served here, as `METHOD path`. */
export const HELM_ENDPOINTS: string[] = Object.keys(ENDPOINTS).map((key) => key.replace(' ', ' /helm/v1/{repo}/'))

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
  const serve = ENDPOINTS[`${request.method} ${pathIn(kind, rest)}`]
  if (!serve) throw notFound(`${request.method} ${url.pathname} is not served`)
  return serve(deps, exchange, namespace, rest)
}

/** As the table has it. */
function pathIn(kind: string, [first, ...more]: string[]): string {
  if (kind === '_blobs' && first && more.length === 0) return `_blobs/{file}${isProvenance(first) ? '.prov' : ''}`
  return [kind, ...(first === undefined ? [] : ['{chart}']), ...more.map(() => '{version}')].join('/')
}

const isProvenance = (fileName: string): boolean => fileName.endsWith('.prov')

function sendIndex({ charts }: HelmDeps, { request, response }: Exchange, namespace: string): void {
  const { bytes, etag } = charts.file(namespace)
  const headers = { 'content-type': 'application/x-yaml', 'cache-control': 'no-cache', etag }
  if (isKnown(request, etag)) return void response.writeHead(304, headers).end()
  response.writeHead(200, { ...headers, 'content-length': String(bytes.length) })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function listCharts({ charts }: HelmDeps, { response }: Exchange, namespace: string): void {
  const listed = [...charts.charts(namespace)].map(([chart, entries]) => [chart, entries.map(({ shown }) => shown)])
  sendJson(response, 200, Object.fromEntries(listed))
}

function listVersions(deps: HelmDeps, { response }: Exchange, namespace: string, path: string[]): void {
  const versions = requireVersions(deps, namespace, path)
  sendJson(
    response,
    200,
    versions.map(({ shown }) => shown),
  )
}

function sendVersion(deps: HelmDeps, { response }: Exchange, namespace: string, path: string[]): void {
  sendJson(response, 200, requireVersions(deps, namespace, path)[0]?.shown)
}

async function deleteVersions(deps: HelmDeps, exchange: Exchange, namespace: string, path: string[]): Promise<void> {
  for (const entry of requireVersions(deps, namespace, path)) {
    await deleteVersion(deps.content, entry, originOf(exchange))
  }
  sendJson(exchange.response, 200, { deleted: true })
}

/** All versions of a chart, or the one that the path names. */
function requireVersions({ charts }: HelmDeps, namespace: string, [name = '', version]: string[]): ChartEntry[] {
  const entries = charts.charts(namespace).get(name) ?? []
  const chosen = version === undefined ? entries : entries.filter(({ chart }) => chart.metadata.version === version)
  if (chosen.length === 0) throw notFound(`there is no chart ${[name, version].join(' ').trim()}`)
  return chosen
}

function sendFile(deps: HelmDeps, exchange: Exchange, namespace: string, [fileName = '']: string[]): Promise<void> {
  return sendChartFile(deps, exchange, namespace, fileName)
}

async function save(
  force: boolean,
  ...[{ content }, exchange, namespace, [fileName = '']]: Parameters<Serve>
): Promise<void> {
  const { request, response } = exchange
  const bytes = await readBody(request, CHART_LIMIT)
  const saved = await pushChart(content, { namespace, bytes, fileName, force, origin: originOf(exchange) })
  // Where the same chart is as an OCI artifact.
  const headers = { location: `/v2/${saved.repository}/manifests/${saved.tag}`, 'docker-content-digest': saved.digest }
  sendJson(response, 201, { saved: true }, headers)
}

async function saveProvenance(
  deps: HelmDeps,
  exchange: Exchange,
  namespace: string,
  [file = '']: string[],
): Promise<void> {
  const { request, response } = exchange
  const { repository, tag } = requireEntry(deps, namespace, file.replace(/\.prov$/, ''))
  const bytes = await readBody(request, CHART_LIMIT)
  await setProvenance(deps.content, { repository, tag, bytes, origin: originOf(exchange) })
  sendJson(response, 201, { saved: true })
}

async function deleteFile(deps: HelmDeps, exchange: Exchange, namespace: string, [file = '']: string[]): Promise<void> {
  await deleteVersion(deps.content, requireEntry(deps, namespace, file), originOf(exchange))
  sendJson(exchange.response, 200, { deleted: true })
}

async function deleteProvenance(
  deps: HelmDeps,
  exchange: Exchange,
  namespace: string,
  [file = '']: string[],
): Promise<void> {
  const { repository, tag, chart } = requireEntry(deps, namespace, file.replace(/\.prov$/, ''))
  if (chart.provenance === undefined) throw notFound(`there is no ${file}`)
  await setProvenance(deps.content, { repository, tag, bytes: undefined, origin: originOf(exchange) })
  sendJson(exchange.response, 200, { deleted: true })
}

function requireEntry({ charts }: HelmDeps, namespace: string, fileName: string): ChartEntry {
  const entry = charts.byFileName(namespace, fileName)
  if (!entry) throw notFound(`there is no ${fileName}`)
  return entry
}
