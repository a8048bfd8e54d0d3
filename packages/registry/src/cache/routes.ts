import { sendJson } from '@slipway/http-server'
import type { Content } from '../content/content.ts'
import type { Exchange } from '../exchange.ts'
import { blobHeaders } from '../oci/blobs.ts'
import { sendReferrers } from '../oci/lists.ts'
import { pageOf } from '../paging.ts'
import { Refusal } from '../refusal.ts'
import type { CachedRepository, Outcome, PullThrough } from './pull-through.ts'

export interface CacheDeps {
  content: Content
  cache: PullThrough
}

/** How it is told where content came from (RFC 9211). */
const STATUS: Record<Outcome, string> = {
  hit: 'slipway; hit',
  revalidated: 'slipway; hit; detail=revalidated',
  offline: 'slipway; hit; detail=offline',
  miss: 'slipway; fwd=uri-miss; stored',
}

/**
 * What is asked of a repository that stands for one of another registry. Afterwards the content is here, and is served as any
 * other; resolves to true when the request has been answered already.
 */
export async function serveCached(
  { content, cache }: CacheDeps,
  exchange: Exchange,
  cached: CachedRepository,
  { kind, reference }: { kind: string; reference: string },
): Promise<boolean> {
  const { request, response, url } = exchange
  switch (`${request.method} ${kind}`) {
    case 'GET manifests':
    case 'HEAD manifests':
      response.setHeader('cache-status', STATUS[await cache.manifest(cached, reference)])
      return false
    case 'GET blobs':
      return sendBlobAsItComes({ content, cache }, exchange, cached, reference)
    case 'HEAD blobs':
      return headBlob(cache, exchange, cached, reference)
    case 'GET tags': {
      const { page, headers } = pageOf(url, await cache.tags(cached))
      sendJson(response, 200, { name: cached.name, tags: page }, headers)
      return true
    }
    case 'GET referrers': {
      const referrers = await cache.referrers(cached, reference)
      if (referrers) sendReferrers(exchange, referrers)
      return referrers !== undefined
    }
    case 'DELETE manifests':
    case 'DELETE blobs':
      return false
    default:
      throw new Refusal(
        'UNSUPPORTED',
        `${cached.name} stands for a repository of ${cached.upstream.host} and takes no pushes`,
      )
  }
}

async function sendBlobAsItComes(
  { content, cache }: CacheDeps,
  { request, response }: Exchange,
  cached: CachedRepository,
  digest: string,
): Promise<boolean> {
  const download = await cache.blob(cached, digest)
  response.setHeader('cache-status', STATUS[download ? 'miss' : 'hit'])
  if (!download) return false
  if (request.headers.range !== undefined) {
    await download.stored()
    return false
  }
  content.rules.requireReadable(cached.name)
  // What fails before a byte is sent can be answered.
  await download.begun()
  const { size } = download
  response.writeHead(200, { ...blobHeaders(digest), ...(size !== undefined && { 'content-length': String(size) }) })
  try {
    await download.sendTo(response, content.blobs)
    response.end()
  } catch {
    // Told where the download ended; here the client must not take what it has for the whole.
    response.destroy()
  }
  return true
}

async function headBlob(
  cache: PullThrough,
  { response }: Exchange,
  cached: CachedRepository,
  digest: string,
): Promise<boolean> {
  const size = await cache.blobSize(cached, digest)
  if (size === undefined) throw new Refusal('BLOB_UNKNOWN', 'blob unknown to registry', { detail: digest })
  response.writeHead(200, { ...blobHeaders(digest), 'content-length': String(size) }).end()
  return true
}
