import type { Content } from '../content/content.ts'
import type { MetadataChange } from '../metadata/changes.ts'
import type { Repository } from '../metadata/repository.ts'

export interface GarbageRun {
  /** What nobody has asked for in so many milliseconds is not part of a push, unless somebody is pushing beside it. */
  grace: number
  /** Since when it is known what pushes were told; milliseconds since 1970. */
  knownSince: number
  /** Uploads that nobody has added to since are given up; milliseconds since 1970. */
  uploadsBefore: number
  dryRun: boolean
  /** Ends it early; what is left is for the next run. */
  signal: AbortSignal
}

export interface GarbageReport {
  /** Links of blobs to repositories in which no manifest needs them. */
  links: number
  /** Blobs and manifests that no repository holds. */
  blobs: number
  /** Of those. */
  bytes: number
  uploads: number
}

/**
 * Frees what nothing needs, while pushes go on. First each repository lets go of blobs that none of its manifests refers to,
 * except those that a push may count on: asked for or pushed lately, or within a day in a repository that is being pushed to. Then
 * the store lets go of what no repository holds. A link goes in the log before its bytes go, so a crash leaves bytes behind, never a gap.
 */
export async function collectGarbage(content: Content, run: GarbageRun): Promise<GarbageReport> {
  const report: GarbageReport = { links: 0, blobs: 0, bytes: 0, uploads: 0 }
  const letGo = new Map<string, number>()
  for (const repository of [...content.catalog.repositories()]) {
    if (run.signal.aborted) return report
    const digests = await content.locked(repository.name, () => unlinkUnneeded(content, repository, run))
    report.links += digests.length
    for (const digest of digests) letGo.set(digest, (letGo.get(digest) ?? 0) + 1)
  }
  const isNeeded = (digest: string): boolean =>
    content.catalog.holders(digest) > (run.dryRun ? (letGo.get(digest) ?? 0) : 0)
  for await (const digest of content.blobs.keys()) {
    if (run.signal.aborted) return report
    if (isNeeded(digest)) continue
    const size = (await content.blobs.stat(digest))?.size ?? 0
    const isGone =
      run.dryRun ||
      (await content.holds.remove(
        digest,
        () => isNeeded(digest),
        () => content.blobs.delete(digest),
      ))
    if (!isGone) continue
    report.blobs += 1
    report.bytes += size
  }
  report.uploads = await content.uploads.expire(run.uploadsBefore, run)
  return report
}

/** Also forgets the repository when nothing is left in it. For a caller that holds its lock. */
async function unlinkUnneeded(
  content: Content,
  repository: Repository,
  { grace, knownSince, dryRun }: GarbageRun,
): Promise<string[]> {
  const { name, blobs, manifests } = repository
  const before = content.clock() - content.activity.patience(name, grace)
  // What pushes were told before the start is not known any more: they get their time counted from there.
  if (knownSince >= before) return []
  const needed = new Set([...manifests.values()].flatMap(({ references }) => references))
  const unneeded = [...blobs].filter(([digest, { wantedAt }]) => !needed.has(digest) && wantedAt < before)
  const digests = unneeded.map(([digest]) => digest)
  if (dryRun) return digests
  const isEmptied = digests.length === blobs.size && manifests.size === 0 && repository.tags.size === 0
  const changes: MetadataChange[] =
    isEmptied && !repository.attributes
      ? [{ op: 'delete-repository', repository: name }]
      : digests.map((digest) => ({ op: 'unlink-blob', repository: name, digest }))
  if (changes.length > 0) await content.catalog.commit(changes)
  for (const digest of digests) content.collected.add(name, digest)
  return digests
}
