import { readBody, sendJson } from '@slipway/http-server'
import { isRepositoryName } from '@slipway/oci-format'
import type { Guard } from '../auth/guard.ts'
import type { Content } from '../content/content.ts'
import { removeLocked, removeRepository } from '../content/removal.ts'
import { ALL_ENABLED } from '../content/rules.ts'
import { type Exchange, type Incoming, originOf, sendEmpty } from '../exchange.ts'
import type { Attributes } from '../metadata/changes.ts'
import type { Repository } from '../metadata/repository.ts'
import { CATALOG_PAGE, listRepositories } from '../oci/lists.ts'
import { type Page, pageBehind, pageByName } from '../paging.ts'
import { Refusal } from '../refusal.ts'
import { manifestView, repositoryView, tagsByDigest, tagView } from './views.ts'

export interface AcrDeps {
  guard: Guard
  content: Content
  hostName: string
}

const ACTIONS: Record<string, string[]> = {
  GET: ['metadata_read'],
  PATCH: ['metadata_read', 'metadata_write'],
  DELETE: ['delete'],
}
const BODY_LIMIT = 64 * 1024

type Serve = (deps: AcrDeps, exchange: Exchange, repository: Repository, reference: string) => Promise<void> | void

/** What is served of a repository. */
const ENDPOINTS: Record<string, Serve> = {
  'GET /acr/v1/{name}': ({ hostName }, { response }, repository) =>
    sendJson(response, 200, repositoryView(hostName, repository)),
  'GET /acr/v1/{name}/_tags': listTags,
  'GET /acr/v1/{name}/_tags/{reference}': sendTag,
  'GET /acr/v1/{name}/_manifests': listManifests,
  'GET /acr/v1/{name}/_manifests/{reference}': sendManifest,
  'PATCH /acr/v1/{name}': (deps, exchange, repository) => setAttributes(deps, exchange, repository),
  'PATCH /acr/v1/{name}/_tags/{reference}': setAttributes,
  'PATCH /acr/v1/{name}/_manifests/{reference}': setAttributes,
  'DELETE /acr/v1/{name}': removeWhole,
  'DELETE /acr/v1/{name}/_tags/{reference}': untag,
}

/** All that is served here, as `METHOD path`. */
export const ACR_ENDPOINTS: string[] = ['GET /acr/v1/_catalog', ...Object.keys(ENDPOINTS)]

/** The catalogue of Azure Container Registry, `/acr/v1/…`: what `az acr repository` and `az acr manifest` talk to. */
export async function serveAcr(deps: AcrDeps, incoming: Incoming): Promise<void> {
  const { request, url, note } = incoming
  const method = request.method ?? 'GET'
  if (url.pathname === '/acr/v1/_catalog') {
    const exchange = await deps.guard.admit(incoming, { type: 'registry', name: 'catalog', actions: ['*'] })
    if (method !== 'GET') throw unsupported(method)
    return listRepositories(deps.content, exchange)
  }
  const { name, path, reference } = parsePath(url.pathname)
  note.repository = name
  note.reference = reference
  if (method === 'PATCH') note.action = 'lock'
  if (method === 'DELETE') note.action = 'delete'
  const actions = ACTIONS[method] ?? ['metadata_read']
  const exchange = await deps.guard.admit(incoming, { type: 'repository', name, actions })
  const repository = deps.content.catalog.repository(name)
  if (!isRepositoryName(name) || !repository) {
    throw new Refusal('NAME_UNKNOWN', 'repository name not known to registry', { detail: { name } })
  }
  const serve = ENDPOINTS[`${method} ${path}`]
  if (!serve) throw unsupported(method)
  return serve(deps, exchange, repository, reference)
}

/** `path`: as the table above has it. */
function parsePath(pathname: string): { name: string; path: string; reference: string } {
  const match = /^\/acr\/v1\/(.+?)(?:\/(_tags|_manifests)(?:\/([^/]+))?)?$/.exec(pathname)
  const [, name = '', kind = '', reference = ''] = match ?? []
  const path = `/acr/v1/{name}${kind && `/${kind}`}${reference && '/{reference}'}`
  try {
    return { name: decodeURIComponent(name), path, reference: decodeURIComponent(reference) }
  } catch {
    throw new Refusal('NAME_INVALID', 'the path is not percent-encoded UTF-8')
  }
}

function listTags({ content, hostName }: AcrDeps, { response, url }: Exchange, repository: Repository): void {
  const { name } = repository
  const digest = url.searchParams.get('digest')
  const shown = [...repository.tags].filter(
    ([tag, record]) => content.rules.isListed(name, tag) && (digest === null || record.digest === digest),
  )
  const { page, headers } = pageInOrder(url, shown, { nameOf: ([tag]) => tag, timeOf: ([, { at }]) => at })
  const tags = page.map(([tag, record]) => tagView(tag, record))
  sendJson(response, 200, { registry: hostName, imageName: name, tags }, headers)
}

function sendTag({ hostName }: AcrDeps, { response }: Exchange, { name, tags }: Repository, tag: string): void {
  const record = tags.get(tag)
  if (!record) throw unknown(name, tag)
  sendJson(response, 200, { registry: hostName, imageName: name, tag: tagView(tag, record) })
}

async function listManifests(deps: AcrDeps, { response, url }: Exchange, repository: Repository): Promise<void> {
  const { content, hostName } = deps
  const { name } = repository
  const tags = tagsByDigest(repository)
  const shown = [...repository.manifests.values()].filter(({ digest }) => content.rules.isListed(name, digest))
  const { page, headers } = pageInOrder(url, shown, { nameOf: ({ digest }) => digest, timeOf: ({ at }) => at })
  const manifests: object[] = []
  // One after the other: a page may have ten thousand, and each reads a file.
  for (const record of page)
    manifests.push(await manifestView(content, repository, record, tags.get(record.digest) ?? []))
  sendJson(response, 200, { registry: hostName, imageName: name, manifests }, headers)
}

async function sendManifest(
  { content, hostName }: AcrDeps,
  { response }: Exchange,
  repository: Repository,
  digest: string,
): Promise<void> {
  const record = repository.manifests.get(digest)
  if (!record) throw unknown(repository.name, digest)
  const manifest = await manifestView(content, repository, record, tagsByDigest(repository).get(digest) ?? [])
  sendJson(response, 200, { registry: hostName, imageName: repository.name, manifest })
}

/** PATCH of what may be done: only what it names changes. */
async function setAttributes(
  deps: AcrDeps,
  exchange: Exchange,
  repository: Repository,
  reference?: string,
): Promise<void> {
  const { content } = deps
  const changed = parseAttributes((await readBody(exchange.request, BODY_LIMIT)).toString('utf8'))
  const { name } = repository
  await content.locked(name, async () => {
    // It may be gone by now.
    const isHere = content.catalog.repository(name) === repository
    const record =
      reference === undefined ? repository : (repository.tags.get(reference) ?? repository.manifests.get(reference))
    if (!isHere || !record) throw unknown(name, reference ?? '')
    const attributes = { ...(record.attributes ?? ALL_ENABLED), ...changed }
    await content.catalog.commit([
      { op: 'set-attributes', repository: name, attributes, ...(reference !== undefined && { reference }) },
    ])
  })
  if (reference === undefined) return sendJson(exchange.response, 200, repositoryView(deps.hostName, repository))
  if (repository.tags.has(reference)) return sendTag(deps, exchange, repository, reference)
  return sendManifest(deps, exchange, repository, reference)
}

async function removeWhole({ content }: AcrDeps, exchange: Exchange, { name }: Repository): Promise<void> {
  const removed = await removeRepository(content, name, originOf(exchange))
  const { manifests = [], tags = [] } = removed ?? {}
  sendJson(exchange.response, 202, { manifestsDeleted: manifests, tagsDeleted: tags })
}

async function untag({ content }: AcrDeps, exchange: Exchange, { name, tags }: Repository, tag: string): Promise<void> {
  await content.locked(name, async () => {
    if (!tags.has(tag)) throw unknown(name, tag)
    await removeLocked(content, name, { tags: [tag] }, originOf(exchange))
  })
  sendEmpty(exchange.response, 202)
}

/** A page in Azure's `orderby`: `timeasc`, `timedesc`, or none for the order of names. */
function pageInOrder<T>(
  url: URL,
  things: T[],
  { nameOf, timeOf }: { nameOf: (thing: T) => string; timeOf: (thing: T) => string },
): Page<T> {
  const paging = { usual: CATALOG_PAGE, nameOf }
  const byName = things.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const order = url.searchParams.get('orderby')
  if (order !== 'timeasc' && order !== 'timedesc') return pageByName(url, byName, paging)
  const ascending = byName.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : Number(timeOf(a) > timeOf(b))))
  return pageBehind(url, order === 'timeasc' ? ascending : ascending.reverse(), paging)
}

function parseAttributes(text: string): Partial<Attributes> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badAttributes()
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badAttributes()
  const entries = Object.entries(value)
  const isGood = entries.every(([key, enabled]) => Object.hasOwn(ALL_ENABLED, key) && typeof enabled === 'boolean')
  if (!isGood || entries.length === 0) throw badAttributes()
  return value as Partial<Attributes>
}

function badAttributes(): Refusal {
  return new Refusal(
    'UNSUPPORTED',
    `the body must set some of ${Object.keys(ALL_ENABLED).join(', ')} to true or false`,
    {
      status: 400,
    },
  )
}

function unknown(name: string, reference: string): Refusal {
  return new Refusal('MANIFEST_UNKNOWN', `manifest tagged by "${reference}" is not found`, {
    detail: { name, reference },
  })
}

function unsupported(method: string): Refusal {
  return new Refusal('UNSUPPORTED', `${method} is not supported here`)
}
