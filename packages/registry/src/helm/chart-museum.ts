import type { ServerResponse } from 'node:http'
import { describeError, UserError } from '@slipway/errors'
import { parse } from '@slipway/go-yaml'
import { readBody, sendJson } from '@slipway/http-server'
import { isRepositoryName } from '@slipway/oci-format'
import { namespaceOf } from '../auth/access.ts'
import type { Guard } from '../auth/guard.ts'
import type { Content } from '../content/content.ts'
import { type Exchange, type Incoming, originOf } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { CHART_LIMIT, decode, deleteVersion, notFound, readChart } from './chart-access.ts'
import { readChartFiles } from './chart-archive.ts'
import type { ChartEntry } from './chart-entry.ts'
import type { ChartIndex } from './chart-index.ts'
import { pushChart, setProvenance } from './chart-push.ts'

export interface ChartMuseumDeps {
  guard: Guard
  content: Content
  charts: ChartIndex
}

type Serve = (deps: ChartMuseumDeps, exchange: Exchange, namespace: string, path: string[]) => Promise<void> | void

/** What is served below the name of a repository of charts. GET is HEAD as well. */
const ENDPOINTS: Record<string, Serve> = {
  'POST charts': upload,
  'POST prov': uploadProvenance,
  'GET charts': listCharts,
  'GET charts/{chart}': listVersions,
  'GET charts/{chart}/{version}': sendVersion,
  'GET charts/{chart}/{version}/{part}': sendInside,
  'DELETE charts/{chart}/{version}': remove,
}
const PARTS = ['{chart}', '{version}', '{part}']

/** All that is served here, as `METHOD path`. */
export const CHART_MUSEUM_ENDPOINTS: string[] = Object.keys(ENDPOINTS).map((key) => key.replace(' ', ' /api/{repo}/'))

const ACTIONS: Record<string, 'pull' | 'push' | 'delete'> = { POST: 'push', DELETE: 'delete' }

/**
 * ChartMuseum's API (helm/chartmuseum, README "API"), `…/api/[{repo}/]charts…` and `…/api/[{repo}/]prov`, over the same charts as
 * everything else. `prefix` is what stands before `api/`.
 */
export async function serveChartMuseum(deps: ChartMuseumDeps, prefix: string, incoming: Incoming): Promise<void> {
  const { request, url, note } = incoming
  const parts = url.pathname.slice(prefix.length).split('/').map(decode)
  const repo = parts[1] === 'charts' || parts[1] === 'prov' ? (parts.shift() ?? '') : 'repo'
  const [kind = '', ...path] = parts
  if (!isRepositoryName(repo)) throw new Refusal('NAME_INVALID', 'invalid repository name', { status: 404 })
  const action = ACTIONS[request.method ?? ''] ?? 'pull'
  note.repository = repo
  note.reference = path.join(' ')
  if (action !== 'pull') note.action = action
  const actions = action === 'push' ? ['pull', 'push'] : [action]
  const exchange = await deps.guard.admit(incoming, { type: 'artifact-repository', name: repo, actions })
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const serve = ENDPOINTS[`${method} ${[kind, ...path.map((_, index) => PARTS[index])].join('/')}`]
  if (!serve) throw notFound(`${request.method} ${url.pathname} is not served`)
  return serve(deps, exchange, namespaceOf(repo), path)
}

/** A refusal in ChartMuseum's form. */
export function sendChartMuseumRefusal(response: ServerResponse, { status, message, headers }: Refusal): void {
  sendJson(response, status, { error: message }, headers)
}

/** `offset` and `limit` count charts in the order of their names. */
function listCharts(deps: ChartMuseumDeps, { response, url }: Exchange, namespace: string): void {
  const charts = deps.charts.charts(namespace)
  const offset = whole(url.searchParams.get('offset') ?? '0', 'offset', 0)
  const limit = whole(url.searchParams.get('limit') ?? String(Number.MAX_SAFE_INTEGER), 'limit', 1)
  const names = [...charts.keys()].sort().slice(offset, offset + limit)
  const listed = names.map((name) => [name, (charts.get(name) ?? []).map(({ shown }) => shown)])
  sendJson(response, 200, Object.fromEntries(listed))
}

function whole(text: string, name: string, least: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  const kind = least === 0 ? 'non-negative' : 'positive'
  throw new Refusal('UNSUPPORTED', `${name} is not a valid ${kind} integer`, { status: 400 })
}

function listVersions(deps: ChartMuseumDeps, { response }: Exchange, namespace: string, path: string[]): void {
  const versions = versionsOf(deps, namespace, path)
  sendJson(
    response,
    200,
    versions.map(({ shown }) => shown),
  )
}

function sendVersion(deps: ChartMuseumDeps, { response }: Exchange, namespace: string, path: string[]): void {
  sendJson(response, 200, versionOf(deps, namespace, path).shown)
}

async function remove(deps: ChartMuseumDeps, exchange: Exchange, namespace: string, path: string[]): Promise<void> {
  await deleteVersion(deps.content, versionOf(deps, namespace, path), originOf(exchange))
  sendJson(exchange.response, 200, { deleted: true })
}

function versionsOf({ charts }: ChartMuseumDeps, namespace: string, [name = '']: string[]): ChartEntry[] {
  const entries = charts.charts(namespace).get(name)
  if (!entries) throw notFound('chart not found')
  return entries
}

function versionOf(deps: ChartMuseumDeps, namespace: string, path: string[]): ChartEntry {
  const entries = versionsOf(deps, namespace, path)
  const [name, version] = path
  const found = version === 'latest' ? entries[0] : entries.find(({ chart }) => chart.metadata.version === version)
  if (!found) throw notFound(`no chart version found for ${name}-${version}`)
  return found
}

async function sendInside(
  deps: ChartMuseumDeps,
  { response }: Exchange,
  namespace: string,
  path: string[],
): Promise<void> {
  const { repository, chart } = versionOf(deps, namespace, path)
  const what = path[2]
  if (what !== 'values' && what !== 'templates') throw notFound(`there is no ${what} of a chart`)
  const isTemplate = (path: string): boolean => what === 'templates' && path.startsWith('templates/')
  const files = await readChartFiles(
    await readChart(deps.content, repository, chart.layer),
    (path) => path === 'values.yaml' || isTemplate(path),
  )
  const values = files.get('values.yaml')
  if (what === 'templates') {
    const templates = [...files].filter(([path]) => isTemplate(path))
    return sendJson(response, 200, {
      templates: templates.map(([name, data]) => ({ name, data: data.toString('base64') })),
      values: values ? parse(values.toString('utf8'), { file: 'values.yaml' }) : {},
    })
  }
  if (!values) throw notFound('values.yaml not found')
  response.writeHead(200, { 'content-type': 'application/yaml', 'content-length': values.length }).end(values)
}

/** A chart as the body, or chart and provenance file as the fields `chart` and `prov` of a form. */
async function upload({ content }: ChartMuseumDeps, exchange: Exchange, namespace: string): Promise<void> {
  const { response, url } = exchange
  const { chart, prov } = await filesIn(exchange, 'chart')
  const origin = originOf(exchange)
  const force = url.searchParams.has('force')
  if (chart) {
    const saved = await pushChart(content, { namespace, bytes: chart, force, origin })
    if (prov) await setProvenance(content, { ...saved, bytes: prov, origin })
  } else if (prov) await saveProvenance(content, { namespace, bytes: prov, origin })
  else
    throw new Refusal('UNSUPPORTED', 'no package or provenance file found in form fields chart and prov', {
      status: 400,
    })
  sendJson(response, 201, { saved: true })
}

async function uploadProvenance({ content }: ChartMuseumDeps, exchange: Exchange, namespace: string): Promise<void> {
  const { prov } = await filesIn(exchange, 'prov')
  if (!prov) throw new Refusal('UNSUPPORTED', 'no provenance file found in form field prov', { status: 400 })
  await saveProvenance(content, { namespace, bytes: prov, origin: originOf(exchange) })
  sendJson(exchange.response, 201, { saved: true })
}

async function saveProvenance(
  content: Content,
  { namespace, bytes, origin }: { namespace: string; bytes: Buffer; origin: ReturnType<typeof originOf> },
): Promise<void> {
  const { name, version } = chartNamedIn(bytes)
  const repository = `${namespace}/${name.toLowerCase()}`
  await setProvenance(content, { repository, tag: version.replaceAll('+', '_'), bytes, origin })
}

/** The files of a form, or the body as the file that it then is. */
async function filesIn({ request }: Exchange, whole: 'chart' | 'prov'): Promise<{ chart?: Buffer; prov?: Buffer }> {
  const bytes = await readBody(request, 2 * CHART_LIMIT)
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('multipart/form-data')) return { [whole]: bytes }
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } })
    .formData()
    .catch((cause) => {
      throw new UserError('CHART_FORM_INVALID', `the form can't be read: ${describeError(cause)}`, { cause })
    })
  const file = async (field: string): Promise<Buffer | undefined> => {
    const value = form.get(field)
    return value instanceof Blob ? Buffer.from(await value.arrayBuffer()) : undefined
  }
  const [chart, prov] = await Promise.all([file('chart'), file('prov')])
  return { ...(chart && { chart }), ...(prov && { prov }) }
}

/** Which chart a provenance file is about: the signed text is its Chart.yaml, then its digest (helm, provenance/sign.go). */
function chartNamedIn(provenance: Buffer): { name: string; version: string } {
  const text = provenance.toString('utf8').replaceAll('\r\n', '\n')
  const signed = /^-----BEGIN PGP SIGNED MESSAGE-----\n(?:.+\n)*\n([\s\S]*?)\n\.\.\.\n/.exec(text)?.[1]
  const metadata =
    signed === undefined ? undefined : (parse(signed, { file: 'Chart.yaml' }) as Record<string, unknown> | null)
  const { name, version } = metadata ?? {}
  if (typeof name === 'string' && typeof version === 'string') return { name, version }
  throw new UserError('CHART_PROVENANCE_INVALID', 'the provenance file names no chart', {
    hint: 'make it with helm package --sign',
  })
}
