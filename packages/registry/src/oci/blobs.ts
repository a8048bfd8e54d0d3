import type { ServerResponse } from 'node:http'
import type { ByteRange } from '@slipway/storage'
import type { Content } from '../content/content.ts'
import { type Exchange, isKnown, sendEmpty } from '../exchange.ts'
import { Refusal } from '../refusal.ts'

/** GET and HEAD of a blob, whole or a range of it. */
export async function sendBlob(
  content: Content,
  { request, response }: Exchange,
  name: string,
  digest: string,
): Promise<void> {
  content.rules.requireReadable(name)
  const link = content.blobLink(name, digest)
  // Whoever is told that it is here does not push it, and what was lost stays lost.
  const isHere = link && (request.method !== 'HEAD' || (await content.blobs.stat(digest))?.size === link.size)
  if (!isHere) throw unknownBlob(digest)
  const headers = blobHeaders(digest)
  if (isKnown(request, headers.etag)) return void response.writeHead(304, headers).end()
  const part = partOf(request.headers.range, link.size)
  const begin = (): ServerResponse => response.writeHead(part.status, { ...headers, ...part.headers })
  if (request.method === 'HEAD' || link.size === 0) return void begin().end()
  await send(content, { digest, range: part.range, begin, response })
}

/** What is said of every blob. */
export function blobHeaders(digest: string): Record<string, string> & { etag: string } {
  return {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    'cache-control': 'max-age=31536000, immutable',
    etag: `"${digest}"`,
  }
}

/** DELETE of a blob: it is no longer in this repository; others keep it. */
export async function deleteBlob(
  content: Content,
  { response }: Exchange,
  name: string,
  digest: string,
): Promise<void> {
  await content.locked(name, async () => {
    if (!content.hasBlob(name, digest)) throw unknownBlob(digest)
    content.rules.requireDeletable(name)
    await content.catalog.commit([{ op: 'unlink-blob', repository: name, digest }])
  })
  await content.discard([digest])
  sendEmpty(response, 202, { 'docker-content-digest': digest })
}

interface Sending {
  digest: string
  range: ByteRange
  response: ServerResponse
  /** Writes the head of the response. */
  begin: () => ServerResponse
}

async function send({ blobs, spoilt }: Content, { digest, range, response, begin }: Sending): Promise<void> {
  try {
    if (!(await spoilt.watch(digest, () => blobs.send(digest, range, begin)))) throw unknownBlob(digest)
    response.end()
  } catch (error) {
    // A client that leaves in the middle is no fault of ours.
    if (!response.destroyed) throw error
  }
}

interface Part {
  status: 200 | 206
  range: ByteRange
  headers: Record<string, string | number>
}

/** The whole, or one `bytes=` range; several ranges, or another unit, are answered whole (RFC 9110 section 14.2). */
function partOf(header: string | undefined, size: number): Part {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') {
    return { status: 200, range: { start: 0, end: size - 1 }, headers: { 'content-length': size } }
  }
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start > end) {
    throw new Refusal('RANGE_INVALID', 'the range is outside of the blob', {
      headers: { 'content-range': `bytes */${size}` },
    })
  }
  return {
    status: 206,
    range: { start, end },
    headers: { 'content-length': end + 1 - start, 'content-range': `bytes ${start}-${end}/${size}` },
  }
}

function unknownBlob(digest: string): Refusal {
  return new Refusal('BLOB_UNKNOWN', 'blob unknown to registry', { detail: digest })
}
