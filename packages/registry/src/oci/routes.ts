import { sendJson } from '@slipway/http-server'
import { isDigest, isRepositoryName, isTag } from '@slipway/oci-format'
import type { Need } from '../auth/access.ts'
import type { Guard } from '../auth/guard.ts'
import type { PullThrough } from '../cache/pull-through.ts'
import { serveCached } from '../cache/routes.ts'
import type { Content } from '../content/content.ts'
import type { Exchange, Incoming } from '../exchange.ts'
import { Refusal } from '../refusal.ts'
import { deleteBlob, sendBlob } from './blobs.ts'
import { listReferrers, listRepositories, listTags } from './lists.ts'
import { deleteManifest, sendManifest, takeManifest } from './manifests.ts'
import type { Uploads } from './uploads.ts'

export interface OciDeps {
  guard: Guard
  content: Content
  uploads: Uploads
  cache: PullThrough
}

/** Where each kind of content is. */
const PATHS = {
  blobs: '/v2/{name}/blobs/{digest}',
  uploads: '/v2/{name}/blobs/uploads/{id}',
  manifests: '/v2/{name}/manifests/{reference}',
  tags: '/v2/{name}/tags/list',
  referrers: '/v2/{name}/referrers/{digest}',
}

interface Endpoint {
  kind: keyof typeof PATHS
  method: string
  /** What the caller must be allowed to do. */
  action: 'pull' | 'push' | 'delete' | 'metadata_read'
  /** What the log of who did what calls it; absent = not logged unless it is refused. */
  logged?: 'pull' | 'push' | 'delete'
  serve: (deps: OciDeps, exchange: Exchange, name: string, reference: string) => Promise<void> | void
}

/** What is served below a repository's name. */
const ENDPOINTS: Endpoint[] = [
  { kind: 'blobs', method: 'GET', action: 'pull', serve: ({ content }, ...rest) => sendBlob(content, ...rest) },
  { kind: 'blobs', method: 'HEAD', action: 'pull', serve: ({ content }, ...rest) => sendBlob(content, ...rest) },
  {
    kind: 'blobs',
    method: 'DELETE',
    action: 'delete',
    logged: 'delete',
    serve: ({ content }, ...rest) => deleteBlob(content, ...rest),
  },
  { kind: 'uploads', method: 'POST', action: 'push', serve: ({ uploads }, ...rest) => startUpload(uploads, ...rest) },
  { kind: 'uploads', method: 'PATCH', action: 'push', serve: ({ uploads }, ...rest) => uploads.append(...rest) },
  { kind: 'uploads', method: 'PUT', action: 'push', serve: ({ uploads }, ...rest) => uploads.finish(...rest) },
  { kind: 'uploads', method: 'GET', action: 'push', serve: ({ uploads }, ...rest) => uploads.status(...rest) },
  { kind: 'uploads', method: 'DELETE', action: 'push', serve: ({ uploads }, ...rest) => uploads.cancel(...rest) },
  {
    kind: 'manifests',
    method: 'GET',
    action: 'pull',
    logged: 'pull',
    serve: ({ content }, ...rest) => sendManifest(content, ...rest),
  },
  {
    kind: 'manifests',
    method: 'HEAD',
    action: 'pull',
    serve: ({ content }, ...rest) => sendManifest(content, ...rest),
  },
  {
    kind: 'manifests',
    method: 'PUT',
    action: 'push',
    logged: 'push',
    serve: ({ content }, ...rest) => takeManifest(content, ...rest),
  },
  {
    kind: 'manifests',
    method: 'DELETE',
    action: 'delete',
    logged: 'delete',
    serve: ({ content }, ...rest) => deleteManifest(content, ...rest),
  },
  {
    kind: 'tags',
    method: 'GET',
    action: 'metadata_read',
    serve: ({ content }, exchange, name) => listTags(content, exchange, name),
  },
  {
    kind: 'referrers',
    method: 'GET',
    action: 'pull',
    serve: ({ content }, ...rest) => listReferrers(content, ...rest),
  },
]

/** All that is served here, as `METHOD path`. */
export const OCI_ENDPOINTS: string[] = [
  'GET /v2/',
  'GET /v2/_catalog',
  ...ENDPOINTS.map(({ method, kind }) => `${method} ${PATHS[kind]}`),
]

/** OCI Distribution 1.1 and the catalog, below `/v2/`. */
export async function serveOci(deps: OciDeps, incoming: Incoming): Promise<void> {
  const { request, response, url, note } = incoming
  response.setHeader('docker-distribution-api-version', 'registry/2.0')
  const method = request.method ?? 'GET'
  if (url.pathname === '/v2' || url.pathname === '/v2/') {
    await deps.guard.admit(incoming)
    return sendJson(response, 200, {})
  }
  if (url.pathname === '/v2/_catalog') {
    const exchange = await deps.guard.admit(incoming, { type: 'registry', name: 'catalog', actions: ['*'] })
    if (method !== 'GET') throw unsupported(method)
    return listRepositories(deps.content, exchange)
  }
  const { name: named, kind, reference } = parsePath(url.pathname)
  const mirrored = url.searchParams.get('ns')
  const name = (mirrored && deps.cache.nameOf(mirrored, named)) ?? named
  const endpoint = ENDPOINTS.find((candidate) => candidate.kind === kind && candidate.method === method)
  note.handler = kind
  note.repository = name
  note.reference = reference
  if (endpoint?.logged) note.action = endpoint.logged
  const action = endpoint?.action ?? 'pull'
  const actions = action === 'push' ? ['pull', 'push'] : [action]
  const exchange = await deps.guard.admit(incoming, { type: 'repository', name, actions }, ...mountSource(method, url))
  if (!endpoint) throw unsupported(method)
  if (!isRepositoryName(name)) throw new Refusal('NAME_INVALID', 'invalid repository name', { detail: { name } })
  checkReference(kind, reference, method)
  const cached = deps.cache.of(name)
  if (cached && (await serveCached(deps, exchange, cached, { kind, reference }))) return
  const serve = async (): Promise<void> => endpoint.serve(deps, exchange, name, reference)
  if (action === 'push') await deps.content.activity.during(name, serve)
  else await serve()
}

/** A mount needs to pull from its source too; the challenge says so, and clients then ask for both (as with Distribution). */
function mountSource(method: string, url: URL): Need[] {
  const from = method === 'POST' && url.searchParams.has('mount') ? url.searchParams.get('from') : null
  return from === null || !isRepositoryName(from) ? [] : [{ type: 'repository', name: from, actions: ['pull'] }]
}

function startUpload(uploads: Uploads, exchange: Exchange, name: string, reference: string): Promise<void> {
  if (reference !== '') throw unsupported('POST')
  return uploads.start(exchange, name)
}

function parsePath(path: string): { name: string; kind: string; reference: string } {
  const text = decode(path)
  const match =
    /^\/v2\/(.+)\/blobs\/(uploads)\/?([^/]*)$/.exec(text) ??
    /^\/v2\/(.+)\/(blobs|manifests|tags|referrers)\/([^/]+)$/.exec(text)
  const [, name = '', kind = '', reference = ''] = match ?? []
  if (!match || (kind === 'tags' && reference !== 'list')) {
    throw new Refusal('UNSUPPORTED', 'there is nothing at this path', { status: 404 })
  }
  return { name, kind, reference }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new Refusal('NAME_INVALID', 'the path is not percent-encoded UTF-8')
  }
}

function checkReference(kind: string, reference: string, method: string): void {
  if ((kind === 'blobs' || kind === 'referrers') && !isDigest(reference)) {
    throw new Refusal('DIGEST_INVALID', 'the digest must be sha256:… or sha512:…', { detail: reference })
  }
  if (kind !== 'manifests' || isDigest(reference) || isTag(reference)) return
  if (reference.includes(':')) {
    throw new Refusal('DIGEST_INVALID', 'the digest must be sha256:… or sha512:…', { detail: reference })
  }
  // What cannot be a tag cannot be there either; only a push is told about the grammar.
  throw method === 'PUT'
    ? new Refusal('MANIFEST_INVALID', `"${reference}" is no tag`, { detail: reference })
    : new Refusal('MANIFEST_UNKNOWN', `manifest tagged by "${reference}" is not found`, { detail: { reference } })
}

function unsupported(method: string): Refusal {
  return new Refusal('UNSUPPORTED', `${method} is not supported here`)
}
