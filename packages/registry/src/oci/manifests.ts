import { readBody } from '@slipway/http-server'
import { digestOf, isDigest, isTag } from '@slipway/oci-format'
import { type Content, hash } from '../content/content.ts'
import { putManifest } from '../content/put-manifest.ts'
import { removeLocked } from '../content/removal.ts'
import { type Exchange, isKnown, originOf, sendEmpty } from '../exchange.ts'
import { Refusal } from '../refusal.ts'

/** Bytes; the specification asks for 4 MiB at least. */
const MANIFEST_LIMIT = 8 * 1024 * 1024

/** GET and HEAD, byte for byte as it was pushed. */
export async function sendManifest(
  content: Content,
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  const { request, response } = exchange
  const record = content.catalog.manifest(name, reference)
  if (!record) throw unknownManifest(content, name, reference)
  content.rules.requireReadable(name, reference, record.digest)
  const etag = `"${record.digest}"`
  const headers = { 'content-type': record.mediaType, 'docker-content-digest': record.digest, etag }
  if (isKnown(request, etag)) return void response.writeHead(304, headers).end()
  // Also for HEAD: whoever is told that it is here does not push it, and what was lost stays lost.
  const bytes = await content.readAll(record.digest)
  response
    .writeHead(200, { ...headers, 'content-length': String(record.size) })
    .end(request.method === 'HEAD' ? undefined : bytes)
}

/** PUT under a tag, or under its digest together with any number of `?tag=`. */
export async function takeManifest(
  content: Content,
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  const { request, response, url } = exchange
  const tags = isDigest(reference) ? url.searchParams.getAll('tag') : [reference]
  const wrong = tags.find((tag) => !isTag(tag))
  if (wrong !== undefined) throw new Refusal('MANIFEST_INVALID', `"${wrong}" is no tag`, { detail: wrong })
  const bytes = await readBody(request, MANIFEST_LIMIT)
  const digest = isDigest(reference) ? reference : digestOf(bytes, hash)
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim()
  const record = await putManifest(content, {
    repository: name,
    bytes,
    digest,
    tags,
    origin: originOf(exchange),
    ...(mediaType && { mediaType }),
  })
  sendEmpty(response, 201, {
    location: `/v2/${name}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(record.subject !== undefined && { 'oci-subject': record.subject }),
    ...(isDigest(reference) && tags.length > 0 && { 'oci-tag': tags }),
  })
}

/** DELETE of a tag, or of a manifest with all tags that lead to it. */
export async function deleteManifest(
  content: Content,
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  await content.locked(name, async () => {
    const repository = content.catalog.repository(name)
    const isKnown = isDigest(reference) ? repository?.manifests.has(reference) : repository?.tags.has(reference)
    if (!isKnown) throw unknownManifest(content, name, reference)
    const removal = isDigest(reference) ? { manifests: [reference] } : { tags: [reference] }
    await removeLocked(content, name, removal, originOf(exchange))
  })
  if (isDigest(reference)) await content.discard([reference])
  sendEmpty(exchange.response, 202)
}

function unknownManifest(content: Content, name: string, reference: string): Refusal {
  if (!content.catalog.repository(name)) {
    return new Refusal('NAME_UNKNOWN', 'repository name not known to registry', { detail: { name } })
  }
  return new Refusal('MANIFEST_UNKNOWN', `manifest tagged by "${reference}" is not found`, {
    detail: { name, reference },
  })
}
