import { sendJson } from '@slipway/http-server'
import { type Descriptor, mediaTypes } from '@slipway/oci-format'
import type { Content } from '../content/content.ts'
import type { Exchange } from '../exchange.ts'
import type { ManifestRecord } from '../metadata/changes.ts'
import { pageOf } from '../paging.ts'
import { Refusal } from '../refusal.ts'

/** How many names a page of the catalog has when the client does not say; tags come all at once. */
export const CATALOG_PAGE = 100

/** The tags of a repository, sorted. */
export function listTags(content: Content, exchange: Exchange, name: string): void {
  const repository = content.catalog.repository(name)
  if (!repository) throw new Refusal('NAME_UNKNOWN', 'repository name not known to registry', { detail: { name } })
  const tags = [...repository.tags.keys()].filter((tag) => content.rules.isListed(name, tag))
  const { page, headers } = pageOf(exchange.url, tags.sort())
  sendJson(exchange.response, 200, { name, tags: page }, headers)
}

/** The repositories of the registry that the caller may know of, sorted. */
export function listRepositories(content: Content, exchange: Exchange): void {
  const isShown = (name: string): boolean =>
    content.rules.isListed(name) &&
    exchange.principal.couldAsk({ type: 'repository', name, actions: ['metadata_read'] })
  const { page, headers } = pageOf(exchange.url, content.catalog.names().filter(isShown), CATALOG_PAGE)
  sendJson(exchange.response, 200, { repositories: page }, headers)
}

/** The manifests about a manifest: an index, empty when there are none. */
export function listReferrers(content: Content, exchange: Exchange, name: string, digest: string): void {
  const repository = content.catalog.repository(name)
  const referrers = [...(repository?.referrers.get(digest) ?? [])].flatMap(
    (referrer) => repository?.manifests.get(referrer) ?? [],
  )
  sendReferrers(exchange, referrers.map(descriptorOf))
}

/** Those of the wanted type (distribution-spec, "Listing Referrers"). */
export function sendReferrers({ response, url }: Exchange, referrers: Descriptor[]): void {
  const wanted = url.searchParams.get('artifactType')
  const manifests = wanted ? referrers.filter(({ artifactType }) => artifactType === wanted) : referrers
  const body = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }
  sendJson(response, 200, body, {
    'content-type': mediaTypes.ociIndex,
    ...(wanted && { 'oci-filters-applied': 'artifactType' }),
  })
}

function descriptorOf({ mediaType, digest, size, artifactType, annotations }: ManifestRecord): Descriptor {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  }
}
