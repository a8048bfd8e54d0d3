import type { Content } from '../content/content.ts'
import { removeLocked } from '../content/removal.ts'
import type { Origin } from '../events.ts'
import { type Exchange, isKnown } from '../exchange.ts'
import { sendBlob } from '../oci/blobs.ts'
import { Refusal } from '../refusal.ts'
import type { ChartEntry } from './chart-entry.ts'
import type { ChartIndex } from './chart-index.ts'

/** Bytes; Helm keeps releases in Secrets, so charts are small. */
export const CHART_LIMIT = 32 * 1024 * 1024

/** GET of a packaged chart, or of its provenance file. */
export async function sendChartFile(
  { content, charts }: { content: Content; charts: ChartIndex },
  exchange: Exchange,
  namespace: string,
  fileName: string,
): Promise<void> {
  const { request, response } = exchange
  const provenance = fileName.endsWith('.prov')
  const entry = charts.byFileName(namespace, fileName.replace(/\.prov$/, ''))
  const digest = provenance ? entry?.chart.provenance : entry?.chart.layer
  if (!entry || digest === undefined) throw notFound(`there is no ${fileName}`)
  content.rules.requireReadable(entry.repository, entry.tag)
  if (isLarge(content, entry.repository, digest)) return sendBlob(content, exchange, entry.repository, digest)
  const etag = `"${digest}"`
  const headers = {
    'content-type': provenance ? 'text/plain' : 'application/gzip',
    'docker-content-digest': digest,
    etag,
  }
  if (isKnown(request, etag)) return void response.writeHead(304, headers).end()
  const bytes = await content.readAll(digest)
  response.writeHead(200, { ...headers, 'content-length': String(bytes.length) })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

/** A packaged chart. Throws Refusal SIZE_INVALID for one that is too large to be held. */
export async function readChart(content: Content, repository: string, digest: string): Promise<Buffer> {
  if (isLarge(content, repository, digest)) throw new Refusal('SIZE_INVALID', `${digest} is too large for a chart`)
  return content.readAll(digest)
}

/** What came as an OCI artifact can have any size. */
function isLarge(content: Content, repository: string, digest: string): boolean {
  return (content.blobLink(repository, digest)?.size ?? 0) > CHART_LIMIT
}

/** Removes a version: its tag, and the manifest when no other tag leads to it. */
export async function deleteVersion(content: Content, { repository, tag }: ChartEntry, origin: Origin): Promise<void> {
  const removed = await content.locked(repository, async () => {
    const record = content.catalog.manifest(repository, tag)
    if (!record) return []
    const others = [...(content.catalog.repository(repository)?.tags ?? [])].some(
      ([other, { digest }]) => other !== tag && digest === record.digest,
    )
    await removeLocked(content, repository, others ? { tags: [tag] } : { manifests: [record.digest] }, origin)
    return [record.digest]
  })
  await content.discard(removed)
}

/** A part of a path. */
export function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw notFound('the path is not percent-encoded UTF-8')
  }
}

export function notFound(message: string): Refusal {
  return new Refusal('MANIFEST_UNKNOWN', message)
}
