import type { ManifestRecord } from '../metadata/changes.ts'
import type { Repository, TagRecord } from '../metadata/repository.ts'
import type { Retention } from '../policy/settings.ts'

export interface RetentionFacts {
  /** Milliseconds since 1970. */
  now: number
  /** What has no tag and is younger than this many milliseconds may be part of a push that is under way. */
  patience: number
  /** Tags that are younger than this many milliseconds stay, whatever the rules say. */
  tagsStay: number
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
  const tags = sortTags(repository, facts)
  const going = goingTags(tags, rules, facts)
  const staying = staysFrom(rootsOf(repository, rules, { ...facts, tags, going }), repository, tags)
  const left = [...tags.subjects].filter(([, subject]) => !staying.has(subject)).map(([tag]) => tag)
  return {
    tags: [...going, ...left],
    manifests: [...repository.manifests.keys()].filter((digest) => !staying.has(digest)),
  }
}

interface Tags {
  /** The newest first. */
  own: [string, TagRecord][]
  /** Tags that are no versions but stand for the place of a signature: tag -> the manifest that it is about. */
  subjects: Map<string, string>
  /** Digest of a manifest -> those that such tags lead to. */
  about: Map<string, string[]>
}

/** `sha256-….sig` of cosign, and `sha256-…`, the tag in the place of referrers (distribution-spec, "Referrers Tag Schema"). */
const SUBJECT_TAG = /^(sha256|sha512)-([0-9a-f]{64,})(\.[a-z]+)?$/

function sortTags({ tags, manifests }: Repository, { isDeletable }: RetentionFacts): Tags {
  const sorted: Tags = { own: [], subjects: new Map(), about: new Map() }
  for (const [tag, record] of tags) {
    const [, algorithm, hex] = SUBJECT_TAG.exec(tag) ?? []
    const subject = `${algorithm}:${hex}`
    if (hex === undefined || !manifests.has(subject) || !isDeletable(tag)) {
      sorted.own.push([tag, record])
      continue
    }
    sorted.subjects.set(tag, subject)
    sorted.about.set(subject, [...(sorted.about.get(subject) ?? []), record.digest])
  }
  sorted.own.sort(([, a], [, b]) => Date.parse(b.at) - Date.parse(a.at))
  return sorted
}

function goingTags({ own: tags }: Tags, rules: readonly Retention[], facts: RetentionFacts): Set<string> {
  const verdicts = rules.filter(isReasonToDelete).map((rule) => ({ rule, newest: newestOf(tags, rule) }))
  const isGoing = ([tag, record]: [string, TagRecord]): boolean => {
    const about = verdicts.filter(({ rule }) => rule.tags(tag))
    if (about.length === 0 || !facts.isDeletable(tag) || !facts.isDeletable(record.digest)) return false
    if (facts.isDeployed(tag) || facts.isDeployed(record.digest)) return false
    const age = facts.now - Date.parse(record.at)
    return about.every(
      ({ rule, newest }) => !newest.has(tag) && age >= Math.max(rule.keepYoungerThan ?? 0, facts.tagsStay),
    )
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
  { tags, going, now, patience, isDeployed, isDeletable }: RetentionFacts & { tags: Tags; going: Set<string> },
): string[] {
  const limits = rules.flatMap(({ untaggedAfter }) => untaggedAfter ?? [])
  const limit = limits.length > 0 ? Math.max(patience, ...limits) : Number.POSITIVE_INFINITY
  const tagged = new Set([...repository.tags.values()].map(({ digest }) => digest))
  const listed = new Set([...repository.manifests.values()].flatMap(({ references }) => references))
  const standsAlone = ({ digest, subject, at }: ManifestRecord): boolean => {
    const belongs = listed.has(digest) || (subject !== undefined && repository.manifests.has(subject))
    return !tagged.has(digest) && !belongs && now - Date.parse(at) < limit
  }
  const byTag = tags.own.flatMap(([tag, { digest }]) => (going.has(tag) ? [] : digest))
  const byThemselves = [...repository.manifests.values()].filter(
    (record) => standsAlone(record) || isDeployed(record.digest) || !isDeletable(record.digest),
  )
  return [...byTag, ...byThemselves.map(({ digest }) => digest)]
}

/** The roots, what they list, and what is about any of them. */
function staysFrom(roots: string[], { manifests, referrers }: Repository, { about }: Tags): Set<string> {
  const staying = new Set<string>()
  const waiting = [...roots]
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    const record = staying.has(digest) ? undefined : manifests.get(digest)
    if (!record) continue
    staying.add(digest)
    waiting.push(...record.references, ...(referrers.get(digest) ?? []), ...(about.get(digest) ?? []))
  }
  return staying
}
