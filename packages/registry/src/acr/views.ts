import { isIndexMediaType } from '@slipway/oci-format'
import type { Content } from '../content/content.ts'
import { ALL_ENABLED } from '../content/rules.ts'
import type { ManifestRecord } from '../metadata/changes.ts'
import type { Repository, TagRecord } from '../metadata/repository.ts'

/** A repository as Azure shows it (data plane API 2021-07-01, ContainerRepositoryProperties). */
export function repositoryView(registry: string, repository: Repository): object {
  const { name, manifests, tags, attributes } = repository
  return {
    registry,
    imageName: name,
    createdTime: earliest([...manifests.values()].map(({ at }) => at)),
    lastUpdateTime: latest([...manifests.values(), ...tags.values()].map(({ at }) => at)),
    manifestCount: manifests.size,
    tagCount: tags.size,
    changeableAttributes: attributes ?? ALL_ENABLED,
  }
}

export function tagView(name: string, { digest, at, createdAt, attributes }: TagRecord): object {
  return {
    name,
    digest,
    createdTime: createdAt,
    lastUpdateTime: at,
    changeableAttributes: attributes ?? ALL_ENABLED,
  }
}

/** Reads the image's config for its platform. */
export async function manifestView(
  content: Content,
  repository: Repository,
  record: ManifestRecord,
  tags: string[],
): Promise<object> {
  const { digest, mediaType, at, attributes } = record
  return {
    digest,
    imageSize: imageSize(repository, record),
    createdTime: at,
    lastUpdateTime: at,
    mediaType,
    ...(await platformOf(content, repository, record)),
    tags: tags.sort(),
    changeableAttributes: attributes ?? ALL_ENABLED,
  }
}

/** The tags of each manifest. */
export function tagsByDigest({ tags }: Repository): Map<string, string[]> {
  const byDigest = new Map<string, string[]>()
  for (const [tag, { digest }] of tags) {
    const named = byDigest.get(digest)
    if (named) named.push(tag)
    else byDigest.set(digest, [tag])
  }
  return byDigest
}

/** Bytes of config and layers; of an index, those of its manifests. What they share counts once, and so does who is listed in many ways. */
export function imageSize({ manifests, blobs }: Repository, { references }: ManifestRecord): number {
  const seen = new Set<string>()
  const waiting = [...references]
  let size = 0
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (seen.has(digest)) continue
    seen.add(digest)
    const child = manifests.get(digest)
    if (child) waiting.push(...child.references)
    else size += blobs.get(digest)?.size ?? 0
  }
  return size
}

/** A config is small; what is larger is none. */
const CONFIG_LIMIT = 4 * 1024 * 1024

async function platformOf(
  content: Content,
  { blobs }: Repository,
  { references: [config = ''], mediaType }: ManifestRecord,
): Promise<{ architecture?: string; os?: string }> {
  const size = blobs.get(config)?.size
  if (isIndexMediaType(mediaType) || size === undefined || size > CONFIG_LIMIT) return {}
  try {
    const { architecture, os } = JSON.parse((await content.readAll(config)).toString('utf8')) as Record<string, unknown>
    return {
      ...(typeof architecture === 'string' && { architecture }),
      ...(typeof os === 'string' && { os }),
    }
  } catch {
    // The config of another kind of artifact; or its bytes are gone, which is told when it is pulled.
    return {}
  }
}

function earliest(times: string[]): string | undefined {
  return times.reduce<string | undefined>(
    (first, time) => (first === undefined || time < first ? time : first),
    undefined,
  )
}

function latest(times: string[]): string | undefined {
  return times.reduce<string | undefined>((last, time) => (last === undefined || time > last ? time : last), undefined)
}
