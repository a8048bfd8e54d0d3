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
  const found = content.hasBlob(name, digest) ? await content.blobs.stat(digest) : undefined
  if (!found) throw new Refusal('BLOB_UNKNOWN', 'blob unknown to registry', { detail: digest })
  const headers = blobHeaders(digest)
  if (isKnown(request, headers.etag)) return void response.writeHead(304, headers).end()
  const range = rangeOf(request.headers.range, found.size)
  if (range === 'unsatisfiable') {
    throw new Refusal('RANGE_INVALID', 'the range is outside of the blob', {
      headers: { 'content-range': `bytes */${found.size}` },
    })
  }
  const length = range ? range.end - range.start + 1 : found.size
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-length': String(length),
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${found.size}` }),
  })
  if (request.method === 'HEAD' || length === 0) return void response.end()
  if (!(await send(content, { digest, range, response }))) response.destroy()
  else response.end()
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
    if (!content.hasBlob(name, digest))
      throw new Refusal('BLOB_UNKNOWN', 'blob unknown to registry', { detail: digest })
    content.rules.requireDeletable(name)
    await content.catalog.commit([{ op: 'unlink-blob', repository: name, digest }])
  })
  sendEmpty(response, 202, { 'docker-content-digest': digest })
}

interface Sending {
  digest: string
  range: ByteRange | undefined
  response: ServerResponse
}

/** Whether there was anything to send, or nobody to send it to any more: a client that leaves in the middle is no fault of ours. */
async function send({ blobs, spoilt }: Content, { digest, range, response }: Sending): Promise<boolean> {
  try {
    return await spoilt.watch(digest, () => blobs.send(digest, response, range))
  } catch (error) {
    if (response.destroyed) return false
    throw error
  }
}

/** One `bytes=` range; several ranges, or another unit, are answered whole (RFC 9110 section 14.2). */
function rangeOf(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first, last] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return start > end || start >= size ? 'unsatisfiable' : { start, end }
}
