import { readBody } from '@slipway/http-server'
import { digestOf, isDigest, isTag } from '@slipway/oci-format'
import { type Content, hash } from '../content.ts'
import type { MetadataChange } from '../metadata/changes.ts'
import { Refusal } from '../refusal.ts'
import { type Exchange, isKnown, sendEmpty } from './exchange.ts'

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
  const etag = `"${record.digest}"`
  const headers = { 'content-type': record.mediaType, 'docker-content-digest': record.digest, etag }
  if (isKnown(request, etag)) return void response.writeHead(304, headers).end()
  const bytes = request.method === 'HEAD' ? undefined : await content.readAll(record.digest)
  response.writeHead(200, { ...headers, 'content-length': String(record.size) }).end(bytes)
}

/** PUT under a tag, or under its digest together with any number of `?tag=`. */
export async function putManifest(
  content: Content,
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  const { request, response, url, principal } = exchange
  const tags = isDigest(reference) ? url.searchParams.getAll('tag') : [reference]
  const wrong = tags.find((tag) => !isTag(tag))
  if (wrong !== undefined) throw new Refusal('MANIFEST_INVALID', `"${wrong}" is no tag`, { detail: wrong })
  const bytes = await readBody(request, MANIFEST_LIMIT)
  const digest = isDigest(reference) ? reference : digestOf(bytes, hash)
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim()
  const record = await content.putManifest({
    repository: name,
    bytes,
    digest,
    tags,
    by: principal.name,
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
  { response }: Exchange,
  name: string,
  reference: string,
): Promise<void> {
  await content.locked(name, async () => {
    const repository = content.catalog.repository(name)
    const known = isDigest(reference) ? repository?.manifests.has(reference) : repository?.tags.has(reference)
    if (!repository || !known) throw unknownManifest(content, name, reference)
    if (!isDigest(reference)) return content.catalog.commit([{ op: 'untag', repository: name, tag: reference }])
    const tags = [...repository.tags].filter(([, { digest }]) => digest === reference)
    await content.catalog.commit([
      ...tags.map(([tag]): MetadataChange => ({ op: 'untag', repository: name, tag })),
      { op: 'delete-manifest', repository: name, digest: reference },
    ])
  })
  sendEmpty(response, 202)
}

function unknownManifest(content: Content, name: string, reference: string): Refusal {
  if (!content.catalog.repository(name)) {
    return new Refusal('NAME_UNKNOWN', 'repository name not known to registry', { detail: { name } })
  }
  return new Refusal('MANIFEST_UNKNOWN', `manifest tagged by "${reference}" is not found`, {
    detail: { name, reference },
  })
}
