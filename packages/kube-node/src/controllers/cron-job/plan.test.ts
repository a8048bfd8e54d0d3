import { describe, expect, it } from 'vitest'
import type { Job } from '../job/job.ts'
import type { CronJob, CronJobStatus } from './cron-job.ts'
import { planCronJob } from './plan.ts'
import { parseSchedule } from './schedule.ts'

const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`)
const NOW = at('12:00:30')

const cron = (spec: Partial<CronJob['spec']> = {}, status: CronJobStatus = {}): CronJob => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'c', namespace: 'n', uid: 'c', creationTimestamp: '2026-01-01T11:58:10Z' },
  spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { containers: [] } } } }, ...spec },
  status,
})

const job = (name: string, end?: 'Complete' | 'Failed', time = '11:59:00'): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'n', uid: name },
  spec: { template: { spec: { containers: [] } } },
  status: {
    startTime: `2026-01-01T${time}Z`,
    ...(end === 'Complete' && { completionTime: `2026-01-01T${time}Z` }),
    ...(end && {
      conditions: [{ type: end, status: 'True', reason: '', message: '', lastProbeTime: '', lastTransitionTime: '' }],
    }),
  },
})

const active = (...names: string[]): CronJobStatus => ({
  active: names.map((name) => ({ apiVersion: 'batch/v1', kind: 'Job', name, uid: name })),
})

function summary(input: CronJob, jobs: Job[]): object {
  const { start, remove, status, events, next } = planCronJob(
    input,
    jobs,
    parseSchedule(input.spec.schedule, undefined),
    NOW,
  )
  return {
    ...(start !== undefined && { start: new Date(start).toISOString().slice(11, 19) }),
    ...(next !== undefined && { next: new Date(next).toISOString().slice(11, 19) }),
    remove: remove.map(({ metadata }) => metadata.name),
    active: (status.active ?? []).map(({ name }) => name),
    events: events.map(([, reason]) => reason),
  }
}

describe('planCronJob', () => {
  const idle = { next: '12:01:00', remove: [], active: [], events: [] }

  it.each([
    ['starts for the last time that was missed', cron(), [], { ...idle, start: '12:00:00' }],
    ['starts once for a time', cron({}, { lastScheduleTime: '2026-01-01T12:00:00Z' }), [], idle],
    ['starts nothing while suspended', cron({ suspend: true }), [], { remove: [], active: [], events: [] }],
    [
      'tells of a schedule that never comes',
      cron({ schedule: '59 23 31 2 *' }),
      [],
      { remove: [], active: [], events: ['InvalidSchedule'] },
    ],
    ['starts nothing for a time that is too long ago', cron({ startingDeadlineSeconds: 20 }), [], idle],
    ['starts beside the ones before', cron({}, active('j')), [job('j')], { ...idle, start: '12:00:00', active: ['j'] }],
    [
      'waits for the one before',
      cron({ concurrencyPolicy: 'Forbid' }, active('j')),
      [job('j')],
      { ...idle, active: ['j'], events: ['JobAlreadyActive'] },
    ],
    [
      'replaces the one before',
      cron({ concurrencyPolicy: 'Replace' }, active('j')),
      [job('j')],
      { ...idle, start: '12:00:00', remove: ['j'] },
    ],
    [
      'sees that one has ended',
      cron({ concurrencyPolicy: 'Forbid' }, active('j')),
      [job('j', 'Complete')],
      { ...idle, start: '12:00:00', events: ['SawCompletedJob'] },
    ],
    [
      'tells of one that it does not know',
      cron({ suspend: true }, active('j')),
      [job('j'), job('by-hand'), job('by-hand-and-over', 'Complete')],
      { remove: [], active: ['j'], events: ['UnexpectedJob'] },
    ],
    [
      'tells that it has missed very many',
      cron({}, { lastScheduleTime: '2026-01-01T09:00:00Z' }),
      [],
      { ...idle, start: '12:00:00', events: ['TooManyMissedTimes'] },
    ],
    ['misses one that is gone', cron({}, active('j')), [], { ...idle, start: '12:00:00', events: ['MissingJob'] }],
    [
      'keeps so much history',
      cron({ suspend: true, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 }),
      [job('a', 'Complete', '11:01:00'), job('b', 'Complete', '11:02:00'), job('c', 'Failed')],
      { remove: ['a', 'c'], active: [], events: [] },
    ],
  ] as [string, CronJob, Job[], object][])('%s', (_name, input, jobs, expected) => {
    expect(summary(input, jobs)).toEqual(expected)
  })

  it('knows when one last succeeded', () => {
    const jobs = [job('a', 'Complete', '11:01:00'), job('b', 'Complete', '11:02:00')]

    expect(planCronJob(cron({ suspend: true }), jobs, undefined, NOW).status.lastSuccessfulTime).toBe(
      '2026-01-01T11:02:00Z',
    )
  })
})

describe('parseSchedule', () => {
  it.each([
    ['*/5 * * * *', undefined, '2026-01-01T12:05:00.000Z'],
    ['@hourly', undefined, '2026-01-01T13:00:00.000Z'],
    ['@every 1h30m', undefined, '2026-01-01T13:30:30.000Z'],
    ['0 8 * * *', 'America/New_York', '2026-01-01T13:00:00.000Z'],
    ['TZ=America/New_York 0 8 * * *', undefined, '2026-01-01T13:00:00.000Z'],
    ['0 0 13 * 5', undefined, '2026-01-02T00:00:00.000Z'],
  ])('%s in %s comes next at %s', (text, zone, expected) => {
    expect(new Date(parseSchedule(text, zone).next(NOW) ?? 0).toISOString()).toBe(expected)
  })

  it.each([
    ['61 * * * *', undefined],
    ['* * * *', undefined],
    ['@every day', undefined],
    ['* * * * *', 'Middle/Earth'],
  ])('%s in %s is refused', (text, zone) => {
    expect(() => parseSchedule(text, zone)).toThrow(expect.objectContaining({ code: 'CRON_SCHEDULE_INVALID' }))
  })
})
