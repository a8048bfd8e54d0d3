import type { ManifestRecord } from '../metadata/changes.ts'
import type { Repository, TagRecord } from '../metadata/repository.ts'
import type { Retention } from '../policy/settings.ts'

export interface RetentionFacts {
  /** Milliseconds since 1970. */
  now: number
  /** What is younger than this many milliseconds may be part of a push that is under way. */
  grace: number
  /** Whether the cluster runs what a tag or digest names. */
  isDeployed: (reference: string) => boolean
  /** Whether a tag or digest may be deleted. */
  isDeletable: (reference: string) => boolean
}

/** What goes. A manifest goes with its last tag, and what belongs to it goes with it. */
export interface RetentionDecision {
  tags: string[]
  manifests: string[]
}

/**
 * What of a repository is not kept. A tag goes when a rule with a number or an age is about it and no rule keeps it. What no
 * tag leads to any more goes too: a manifest, those that it lists, and those about it (signatures), unless something else that
 * stays needs them. A manifest that never had a tag stays until a rule for such says otherwise.
 */
export function decideRetention(
  repository: Repository,
  rules: readonly Retention[],
  facts: RetentionFacts,
): RetentionDecision {
  if (rules.length === 0) return { tags: [], manifests: [] }
  const going = goingTags(repository, rules, facts)
  const staying = staysFrom(rootsOf(repository, rules, { ...facts, going }), repository)
  return {
    tags: [...going],
    manifests: [...repository.manifests.keys()].filter((digest) => !staying.has(digest)),
  }
}

function goingTags(repository: Repository, rules: readonly Retention[], facts: RetentionFacts): Set<string> {
  const tags = [...repository.tags].sort(([, a], [, b]) => Date.parse(b.at) - Date.parse(a.at))
  const verdicts = rules.filter(isReasonToDelete).map((rule) => ({ rule, newest: newestOf(tags, rule) }))
  const isGoing = ([tag, record]: [string, TagRecord]): boolean => {
    const about = verdicts.filter(({ rule }) => rule.tags(tag))
    if (about.length === 0 || !facts.isDeletable(tag) || !facts.isDeletable(record.digest)) return false
    if (facts.isDeployed(tag) || facts.isDeployed(record.digest)) return false
    const age = facts.now - Date.parse(record.at)
    return about.every(({ rule, newest }) => !newest.has(tag) && age >= (rule.keepYoungerThan ?? 0))
  }
  return new Set(tags.filter(isGoing).map(([tag]) => tag))
}

function isReasonToDelete({ keepNewest, keepYoungerThan }: Retention): boolean {
  return keepNewest !== undefined || keepYoungerThan !== undefined
}

/** `tags`: the newest first. */
function newestOf(tags: [string, TagRecord][], { tags: isAbout, keepNewest = 0 }: Retention): Set<string> {
  return new Set(
    tags
      .map(([tag]) => tag)
      .filter(isAbout)
      .slice(0, keepNewest),
  )
}

/** The manifests that stay by themselves. */
function rootsOf(
  repository: Repository,
  rules: readonly Retention[],
  { going, now, grace, isDeployed, isDeletable }: RetentionFacts & { going: Set<string> },
): string[] {
  const limits = rules.flatMap(({ untaggedAfter }) => untaggedAfter ?? [])
  const limit = limits.length > 0 ? Math.max(grace, ...limits) : Number.POSITIVE_INFINITY
  const tagged = new Set([...repository.tags.values()].map(({ digest }) => digest))
  const listed = new Set([...repository.manifests.values()].flatMap(({ references }) => references))
  const standsAlone = ({ digest, subject, at }: ManifestRecord): boolean => {
    const belongs = listed.has(digest) || (subject !== undefined && repository.manifests.has(subject))
    return !tagged.has(digest) && !belongs && now - Date.parse(at) < limit
  }
  const byTag = [...repository.tags].flatMap(([tag, { digest }]) => (going.has(tag) ? [] : digest))
  const byThemselves = [...repository.manifests.values()].filter(
    (record) => standsAlone(record) || isDeployed(record.digest) || !isDeletable(record.digest),
  )
  return [...byTag, ...byThemselves.map(({ digest }) => digest)]
}

/** The roots, what they list, and what is about any of them. */
function staysFrom(roots: string[], { manifests, referrers }: Repository): Set<string> {
  const staying = new Set<string>()
  const waiting = [...roots]
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    const record = staying.has(digest) ? undefined : manifests.get(digest)
    if (!record) continue
    staying.add(digest)
    waiting.push(...record.references, ...(referrers.get(digest) ?? []))
  }
  return staying
}
