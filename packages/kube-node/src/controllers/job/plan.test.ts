import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Pod } from '../../model/pod.ts'
import { formatIndexes, INDEX, parseIndexes } from './indexes.ts'
import { type Job, type JobSpec, type JobStatus, TRACKING } from './job.ts'
import { planJob } from './plan.ts'
import { FAILURES, tallyOf } from './tally.ts'
import { afterRelease, track } from './tracking.ts'
import { verdictOf } from './verdict.ts'

const NOW = Date.parse('2026-01-01T01:00:00Z')
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString()

const job = (spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'n', uid: 'j' },
  spec: { template: { spec: { containers: [], restartPolicy: 'Never' } }, ...spec },
  status,
})

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'
interface Facts {
  index?: number
  exitCode?: number
  failures?: number
  endedAgo?: number
  deleted?: boolean
  counted?: boolean
  restarts?: number
}

function pod(name: string, phase: Phase, facts: Facts = {}): Pod {
  const { index, exitCode = 1, failures, endedAgo = 1, deleted, counted, restarts = 0 } = facts
  const terminated = { exitCode, reason: '', startedAt: ago(60), finishedAt: ago(endedAgo) }
  const isOver = phase === 'Succeeded' || phase === 'Failed'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      namespace: 'n',
      annotations: {
        ...(index !== undefined && { [INDEX]: String(index) }),
        ...(failures !== undefined && { [FAILURES]: String(failures) }),
      },
      ...(!counted && { finalizers: [TRACKING] }),
      ...(deleted && { deletionTimestamp: ago(1) }),
    },
    spec: { containers: [] },
    status: {
      phase,
      containerStatuses: [
        {
          ...{ name: 'c', image: '', imageID: '', ready: false, restartCount: restarts, lastState: {} },
          state: isOver ? { terminated: { ...terminated, exitCode: phase === 'Succeeded' ? 0 : exitCode } } : {},
        },
      ],
    },
  }
}

const run = (name: string, facts?: Facts): Pod => pod(name, 'Running', facts)
const ok = (name: string, facts?: Facts): Pod => pod(name, 'Succeeded', facts)
const bad = (name: string, facts?: Facts): Pod => pod(name, 'Failed', facts)
const indexed = (completions: number, more: Partial<JobSpec> = {}): Partial<JobSpec> => ({
  completionMode: 'Indexed',
  completions,
  parallelism: completions,
  ...more,
})

describe('planJob', () => {
  const plan = (input: Job, pods: Pod[]): object => {
    const { create, remove, wait } = planJob(tallyOf(input, pods), NOW)
    return { create, remove: remove.map(({ metadata }) => metadata.name), ...(wait !== undefined && { wait }) }
  }
  const nothing = { create: [], remove: [] }

  it.each([
    ['runs one pod', job(), [], { create: [undefined], remove: [] }],
    [
      'runs as many as may run at once',
      job({ parallelism: 2, completions: 5 }),
      [run('a')],
      { create: [undefined], remove: [] },
    ],
    [
      'runs no more than are still needed',
      job({ parallelism: 3, completions: 3 }),
      [ok('a'), ok('b'), run('c')],
      nothing,
    ],
    [
      'takes away what is too many',
      job({ parallelism: 1, completions: 3 }),
      [run('a'), run('b')],
      { create: [], remove: ['a'] },
    ],
    ['takes all away while suspended', job({ suspend: true }), [run('a')], { create: [], remove: ['a'] }],
    ['leaves the others after a success where any will do', job({ parallelism: 2 }), [ok('a'), run('b')], nothing],
    ['waits after a failure', job(), [bad('a', { endedAgo: 3 })], { ...nothing, wait: 7_000 }],
    [
      'waits longer after more failures',
      job({ backoffLimit: 9 }),
      [bad('a', { endedAgo: 40 }), bad('b', { endedAgo: 4 })],
      { ...nothing, wait: 16_000 },
    ],
    [
      'goes on at once after a success',
      job({ completions: 2 }),
      [bad('a', { endedAgo: 9 }), ok('b', { endedAgo: 2 })],
      { create: [undefined], remove: [] },
    ],
    [
      'creates the indexes that are missing',
      job(indexed(4)),
      [run('a', { index: 1 }), ok('b', { index: 2 })],
      { create: [0, 3], remove: [] },
    ],
    [
      'takes away pods that do the same index, or none',
      job(indexed(2)),
      [run('a', { index: 0 }), run('b', { index: 0 }), run('c')],
      { create: [], remove: ['c', 'a'] },
    ],
    [
      'lets each index wait for itself',
      job(indexed(3, { backoffLimitPerIndex: 2 })),
      [bad('a', { index: 1, endedAgo: 4 })],
      { create: [0, 2], remove: [], wait: 6_000 },
    ],
    [
      'leaves lost indexes alone',
      job(indexed(2, { backoffLimitPerIndex: 0 })),
      [bad('a', { index: 0 }), run('b', { index: 1 })],
      nothing,
    ],
    [
      'replaces a deleted pod at once',
      job({ backoffLimit: 6 }),
      [pod('a', 'Running', { deleted: true, counted: true })],
      { ...nothing, wait: 9_000 },
    ],
    [
      'waits for a deleted pod to end where only failed ones are replaced',
      job({ podReplacementPolicy: 'Failed' }),
      [pod('a', 'Running', { deleted: true })],
      nothing,
    ],
  ] as [string, Job, Pod[], object][])('%s', (_name, input, pods, expected) => {
    expect(plan(input, pods)).toEqual(expected)
  })
})

describe('verdictOf', () => {
  const failIndex = {
    rules: [{ action: 'FailIndex' as const, onExitCodes: { operator: 'In' as const, values: [42] } }],
  }
  const failJob = { rules: [{ action: 'FailJob' as const, onExitCodes: { operator: 'In' as const, values: [42] } }] }
  const ignore = { rules: [{ action: 'Ignore' as const, onExitCodes: { operator: 'NotIn' as const, values: [1] } }] }

  it.each([
    ['goes on', job({ completions: 2 }), [ok('a'), run('b')], undefined],
    ['is complete with enough successes', job({ completions: 2 }), [ok('a'), ok('b')], 'CompletionsReached'],
    ['waits for the last pod where any will do', job({ parallelism: 2 }), [ok('a'), run('b')], undefined],
    ['fails beyond the limit', job({ backoffLimit: 1 }), [bad('a'), bad('b')], 'BackoffLimitExceeded'],
    ['counts what the status has counted', job({ backoffLimit: 1 }, { failed: 1 }), [bad('b')], 'BackoffLimitExceeded'],
    [
      'does not count twice what has no finalizer any more',
      job({ backoffLimit: 1 }, { failed: 1 }),
      [bad('a', { counted: true })],
      undefined,
    ],
    [
      'fails by restarts in place',
      job({ backoffLimit: 2, template: { spec: { containers: [], restartPolicy: 'OnFailure' } } }),
      [run('a', { restarts: 2 })],
      'BackoffLimitExceeded',
    ],
    [
      'fails at its deadline',
      job({ activeDeadlineSeconds: 10 }, { startTime: ago(11) }),
      [run('a')],
      'DeadlineExceeded',
    ],
    [
      'has no deadline while suspended',
      job({ activeDeadlineSeconds: 10, suspend: true }, { startTime: ago(11) }),
      [],
      undefined,
    ],
    ['fails when a rule says so', job({ podFailurePolicy: failJob }), [bad('a', { exitCode: 42 })], 'PodFailurePolicy'],
    [
      'ignores failures when a rule says so',
      job({ backoffLimit: 0, podFailurePolicy: ignore }),
      [bad('a', { exitCode: 7 })],
      undefined,
    ],
    [
      'fails with an index that a rule gives up',
      job(indexed(1, { backoffLimitPerIndex: 3, podFailurePolicy: failIndex })),
      [bad('a', { index: 0, exitCode: 42 })],
      'FailedIndexes',
    ],
    [
      'fails with too many lost indexes',
      job(indexed(5, { backoffLimitPerIndex: 0, maxFailedIndexes: 0 })),
      [bad('a', { index: 3 })],
      'MaxFailedIndexesExceeded',
    ],
    [
      'runs the other indexes first',
      job(indexed(2, { backoffLimitPerIndex: 0 })),
      [bad('a', { index: 0 }), run('b', { index: 1 })],
      undefined,
    ],
    [
      'has succeeded with the indexes that count',
      job(indexed(3, { successPolicy: { rules: [{ succeededIndexes: '0,2' }] } })),
      [ok('a', { index: 0 }), ok('b', { index: 2 }), run('c', { index: 1 })],
      'SuccessPolicy',
    ],
    [
      'has succeeded with as many as count',
      job(indexed(3, { successPolicy: { rules: [{ succeededCount: 1 }] } })),
      [ok('a', { index: 1 })],
      'SuccessPolicy',
    ],
  ] as [string, Job, Pod[], string | undefined][])('%s', (_name, input, pods, reason) => {
    expect(verdictOf(tallyOf(input, pods), NOW)?.reason).toBe(reason)
  })
})

describe('track', () => {
  const now = new Date(NOW)

  it('writes down who is counted before it lets them go, and counts them when they are gone', () => {
    const input = job({ completions: 3 })
    const pods = [ok('a'), bad('b'), run('c')]

    const { status, release } = track(tallyOf(input, pods), undefined, now)
    const after = afterRelease(status, { tracked: new Set(['c']), verdict: undefined, terminating: 0, now })

    expect(release.map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
    expect(status).toMatchObject({ active: 1, uncountedTerminatedPods: { succeeded: ['a'], failed: ['b'] } })
    expect(after).toMatchObject({ succeeded: 1, failed: 1, uncountedTerminatedPods: { succeeded: [], failed: [] } })
  })

  it('goes on where a crash left it', () => {
    const input = job({ completions: 3 }, { succeeded: 1, uncountedTerminatedPods: { succeeded: ['a', 'b'] } })

    const { status } = track(tallyOf(input, [ok('a', { counted: true }), ok('b')]), undefined, now)

    expect(status).toMatchObject({ succeeded: 2, uncountedTerminatedPods: { succeeded: ['b'] } })
  })

  it('says that it has ended once nothing of it is left', () => {
    const input = job()
    const pods = [ok('a')]
    const verdict = verdictOf(tallyOf(input, pods), NOW)
    const { status } = track(tallyOf(input, pods), verdict, now)
    const types = (one: JobStatus): string[] => (one.conditions ?? []).map(({ type }) => type)
    const ending = (tracked: string[], terminating: number): JobStatus =>
      afterRelease(status, { tracked: new Set(tracked), verdict, terminating, now })

    expect(types(status)).toEqual(['SuccessCriteriaMet'])
    expect(types(ending(['a'], 0))).toEqual(['SuccessCriteriaMet'])
    expect(types(ending([], 1))).toEqual(['SuccessCriteriaMet'])
    expect(types(ending([], 0))).toEqual(['SuccessCriteriaMet', 'Complete'])
    expect(ending([], 0)).toMatchObject({ succeeded: 1, completionTime: '2026-01-01T01:00:00Z' })
  })

  it('keeps the last failed pod of an index until its successor knows how often that failed', () => {
    const input = job(indexed(1, { backoffLimitPerIndex: 5 }))

    const { release } = track(tallyOf(input, [bad('a', { index: 0 })]), undefined, now)

    expect(release).toEqual([])
  })
})

describe('indexes', () => {
  it.each([
    ['0,2-4,9', [0, 2, 3, 4]],
    ['', []],
    ['x,1', [1]],
  ])('%s is read below five', (text, expected) => {
    expect([...parseIndexes(text, 5)]).toEqual(expected)
  })

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(30)), (numbers) => {
        const text = formatIndexes(numbers)

        expect([...parseIndexes(text, 31)]).toEqual([...numbers].sort((a, b) => a - b))
        expect(formatIndexes(parseIndexes(text, 31))).toBe(text)
      }),
    )
  })

  it.each([
    [[0, 1, 2], '0-2'],
    [[0, 1], '0,1'],
    [[3], '3'],
  ])('%s are written as the Job controller does', (numbers, expected) => {
    expect(formatIndexes(numbers)).toBe(expected)
  })
})
