import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeldDigests } from '../metadata/held-digests.ts'
import { Repository } from '../metadata/repository.ts'
import { matcher } from '../policy/matcher.ts'
import type { Retention } from '../policy/settings.ts'
import { decideRetention, type RetentionFacts } from './decide-retention.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-06-01T00:00:00Z')
const daysAgo = (days: number): string => new Date(NOW - days * DAY).toISOString()

interface Manifest {
  /** Days since its push. */
  age?: number
  tags?: string[]
  references?: string[]
  subject?: string
}

/** Manifests by their digest; a tag is as old as its manifest. */
function repositoryOf(manifests: Record<string, Manifest>): Repository {
  const repository = new Repository('r', new HeldDigests())
  for (const [digest, { age = 0, references = [], subject, tags = [] }] of Object.entries(manifests)) {
    const at = daysAgo(age)
    const manifest = { digest, mediaType: 'm', size: 1, at, references, ...(subject !== undefined && { subject }) }
    repository.apply({ op: 'put-manifest', repository: 'r', manifest })
    for (const tag of tags) repository.apply({ op: 'tag', repository: 'r', tag, digest, at })
  }
  return repository
}

const rule = (fields: Partial<Retention>, tags = ['**']): Retention => ({ tags: matcher(tags), ...fields })
const facts = (more: Partial<RetentionFacts> = {}): RetentionFacts => ({
  now: NOW,
  patience: 2 * 3_600_000,
  tagsStay: 0,
  isDeployed: () => false,
  isDeletable: () => true,
  ...more,
})

const three = {
  'd:1': { age: 30, tags: ['1'] },
  'd:2': { age: 20, tags: ['2'] },
  'd:3': { age: 10, tags: ['3', 'latest'] },
}

describe('retention', () => {
  it.each<[string, Record<string, Manifest>, Retention[], Partial<RetentionFacts>, string[], string[]]>([
    ['keeps everything without a rule', three, [], {}, [], []],
    ['keeps everything when no rule has a number or an age', three, [rule({ keepDeployed: true })], {}, [], []],
    ['keeps the newest', three, [rule({ keepNewest: 2 })], {}, ['2', '1'], ['d:1', 'd:2']],
    ['keeps the young', three, [rule({ keepYoungerThan: 15 * DAY })], {}, ['2', '1'], ['d:1', 'd:2']],
    [
      'keeps what either reason holds for',
      three,
      [rule({ keepNewest: 1, keepYoungerThan: 25 * DAY })],
      {},
      ['1'],
      ['d:1'],
    ],
    [
      'counts only tags that the rule is about',
      three,
      [rule({ keepNewest: 1 }, ['[0-9]'])],
      {},
      ['2', '1'],
      ['d:1', 'd:2'],
    ],
    [
      'keeps what any rule keeps',
      three,
      [rule({ keepNewest: 0 }), rule({ keepNewest: 9 }, ['2'])],
      {},
      ['3', 'latest', '1'],
      ['d:1', 'd:3'],
    ],
    [
      'keeps what is deployed, by tag',
      three,
      [rule({ keepNewest: 0 })],
      { isDeployed: (r) => r === '1' },
      ['3', 'latest', '2'],
      ['d:2', 'd:3'],
    ],
    [
      'keeps what is deployed, by digest',
      three,
      [rule({ keepNewest: 0 })],
      { isDeployed: (r) => r === 'd:1' },
      ['3', 'latest', '2'],
      ['d:2', 'd:3'],
    ],
    [
      'keeps what is locked',
      three,
      [rule({ keepNewest: 0 })],
      { isDeletable: (r) => r !== 'd:1' && r !== 'latest' },
      ['3', '2'],
      ['d:2'],
    ],
    ['keeps a manifest that another tag leads to', three, [rule({ keepNewest: 0 }, ['3'])], {}, ['3'], []],
    [
      'takes along what an index lists and what is about it',
      {
        child: { age: 9, references: ['blob'] },
        shared: { age: 9 },
        index: { age: 9, tags: ['old'], references: ['child', 'shared'] },
        other: { age: 1, tags: ['new'], references: ['shared'] },
        signature: { age: 9, subject: 'index' },
        attestation: { age: 9, subject: 'child' },
      },
      [rule({ keepNewest: 1 })],
      {},
      ['old'],
      ['child', 'index', 'signature', 'attestation'],
    ],
    [
      'takes along what cosign put under a tag, and counts that for no version',
      {
        [`sha256:${'a'.repeat(64)}`]: { age: 9, tags: ['1'] },
        [`sha256:${'b'.repeat(64)}`]: { age: 1, tags: ['2'] },
        first: { age: 0, tags: [`sha256-${'a'.repeat(64)}.sig`] },
        second: { age: 0, tags: [`sha256-${'b'.repeat(64)}.sig`] },
      },
      [rule({ keepNewest: 1 })],
      {},
      ['1', `sha256-${'a'.repeat(64)}.sig`],
      [`sha256:${'a'.repeat(64)}`, 'first'],
    ],
    ['leaves what never had a tag', { plain: { age: 99 } }, [rule({ keepNewest: 0 })], {}, [], []],
    [
      'removes what never had a tag when it is old',
      { plain: { age: 9 }, young: { age: 1 } },
      [rule({ untaggedAfter: 5 * DAY })],
      {},
      [],
      ['plain'],
    ],
    [
      'never removes what a push may be about to tag',
      { child: { age: 0.01 } },
      [rule({ untaggedAfter: 0 })],
      {},
      [],
      [],
    ],
    [
      'keeps a signature whose subject is to come',
      { signature: { age: 0.01, subject: 'later' } },
      [rule({ untaggedAfter: 0 })],
      {},
      [],
      [],
    ],
    [
      'keeps a signature as long as its subject',
      { image: { age: 9, tags: ['1'] }, signature: { age: 9, subject: 'image' } },
      [rule({ untaggedAfter: 0 })],
      {},
      [],
      [],
    ],
  ])('%s', (_what, manifests, rules, more, tags, digests) => {
    expect(decideRetention(repositoryOf(manifests), rules, facts(more))).toEqual({ tags, manifests: digests })
  })

  it('never takes anything that a tag that stays needs, and twice is once', () => {
    const digests = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `d:${letter}`)
    const manifest = fc.record({
      age: fc.integer({ min: 0, max: 40 }),
      tags: fc.uniqueArray(fc.constantFrom('1', '2', '3', 'v1', 'latest'), { maxLength: 2 }),
      references: fc.subarray(digests),
      subject: fc.option(fc.constantFrom(...digests), { nil: undefined }),
    })
    const aRule = fc.record(
      {
        keepNewest: fc.integer({ min: 0, max: 3 }),
        keepYoungerThan: fc.integer({ min: 0, max: 40 }).map((days) => days * DAY),
        untaggedAfter: fc.integer({ min: 0, max: 40 }).map((days) => days * DAY),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...digests), manifest),
        fc.array(aRule, { maxLength: 3 }),
        (manifests, rules) => {
          const repository = repositoryOf(manifests as Record<string, Manifest>)
          const { tags, manifests: going } = decideRetention(
            repository,
            rules.map((fields) => rule(fields)),
            facts(),
          )

          const gone = new Set(going)
          for (const [tag, { digest }] of repository.tags) {
            if (tags.includes(tag)) continue
            expect(gone.has(digest)).toBe(false)
            for (const child of repository.manifests.get(digest)?.references ?? []) expect(gone.has(child)).toBe(false)
            for (const about of repository.referrers.get(digest) ?? []) expect(gone.has(about)).toBe(false)
          }
          for (const tag of tags) repository.apply({ op: 'untag', repository: 'r', tag })
          for (const digest of going) repository.apply({ op: 'delete-manifest', repository: 'r', digest })
          const again = decideRetention(
            repository,
            rules.map((fields) => rule(fields)),
            facts(),
          )
          expect(again.tags).toEqual([])
        },
      ),
    )
  })
})
