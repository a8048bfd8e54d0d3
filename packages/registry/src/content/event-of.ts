import type { Origin, RegistryEvent } from '../events.ts'
import type { ManifestRecord } from '../metadata/changes.ts'
import type { Content } from './content.ts'

/** The event that something happened to a manifest, or to a tag of it. */
export function eventOf(
  content: Content,
  action: RegistryEvent['action'],
  {
    repository,
    tag,
    record,
    origin,
  }: { repository: string; tag: string | undefined; record: ManifestRecord; origin: Origin },
): RegistryEvent {
  const { digest, mediaType, size, chart } = record
  const archive = chart && content.catalog.repository(repository)?.blobs.get(chart.layer)
  return {
    action,
    at: content.now(),
    repository,
    digest,
    mediaType,
    size,
    origin,
    ...(tag !== undefined && { tag }),
    ...(chart && {
      chart: {
        name: chart.metadata.name,
        version: chart.metadata.version,
        digest: chart.layer,
        size: archive?.size ?? 0,
      },
    }),
  }
}
