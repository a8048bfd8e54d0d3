import type { Origin } from '../events.ts'
import type { ManifestRecord, MetadataChange } from '../metadata/changes.ts'
import type { Repository } from '../metadata/repository.ts'
import type { Content } from './content.ts'
import { eventOf } from './event-of.ts'

/** What is to go from a repository: tags, and manifests with all tags that lead to them. */
export interface Removal {
  tags?: readonly string[]
  manifests?: readonly string[]
}

/**
 * Removes tags and manifests, all in one step, and tells of it; what is not there is gone already. For a caller that holds the
 * repository's lock. Throws Refusal when anything of it must not be deleted.
 */
export async function removeLocked(content: Content, name: string, removal: Removal, origin: Origin): Promise<void> {
  const repository = content.catalog.repository(name)
  if (!repository) return
  const manifests = (removal.manifests ?? []).flatMap((digest) => repository.manifests.get(digest) ?? [])
  const gone = new Set(manifests.map(({ digest }) => digest))
  const named = new Set(removal.tags)
  const tags = [...repository.tags].filter(([tag, { digest }]) => named.has(tag) || gone.has(digest))
  content.rules.requireDeletable(name, ...tags.map(([tag]) => tag), ...gone)
  const untagged = tags.flatMap(([tag, { digest }]) => {
    const record = repository.manifests.get(digest)
    return record && !gone.has(digest) ? [{ tag, record }] : []
  })
  await content.catalog.commit([
    ...tags.map(([tag]): MetadataChange => ({ op: 'untag', repository: name, tag })),
    ...manifests.map(({ digest }): MetadataChange => ({ op: 'delete-manifest', repository: name, digest })),
  ])
  for (const { tag, record } of untagged)
    content.emit(eventOf(content, 'untag', { repository: name, tag, record, origin }))
  for (const record of manifests) content.emit(deletion(content, repository, record, { origin, tags }))
}

type Removed = Required<Removal>

/** Removes a repository with all that is in it; others keep the blobs that they share. Throws Refusal when it must not be deleted. */
export async function removeRepository(content: Content, name: string, origin: Origin): Promise<Removed | undefined> {
  let held: string[] = []
  const removed = await content.locked(name, async () => {
    const repository = content.catalog.repository(name)
    if (!repository) return undefined
    content.rules.requireRepositoryDeletable(repository)
    held = [...repository.blobs.keys(), ...repository.manifests.keys()]
    const removed = { tags: [...repository.tags.keys()], manifests: [...repository.manifests.keys()] }
    const events = [...repository.manifests.values()].map((record) =>
      deletion(content, repository, record, { origin, tags: [...repository.tags] }),
    )
    await content.catalog.commit([
      ...removed.tags.map((tag): MetadataChange => ({ op: 'untag', repository: name, tag })),
      { op: 'delete-repository', repository: name },
    ])
    for (const event of events) content.emit(event)
    return removed
  })
  await content.discard(held)
  return removed
}

/** Azure tells of charts by name and version, so a chart's one tag is part of the event. */
function deletion(
  content: Content,
  { name }: Repository,
  record: ManifestRecord,
  { origin, tags }: { origin: Origin; tags: [string, { digest: string }][] },
): ReturnType<typeof eventOf> {
  const tag = record.chart && tags.find(([, { digest }]) => digest === record.digest)?.[0]
  return eventOf(content, 'delete', { repository: name, tag, record, origin })
}
