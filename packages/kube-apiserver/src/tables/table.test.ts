import { describe, expect, it } from 'vitest'
import { customCells } from './custom-cells.ts'
import { humanDuration } from './duration.ts'
import { podCells } from './pod-cells.ts'
import { workloadCells } from './workload-cells.ts'

describe('durations', () => {
  it.each([
    [-5, '<invalid>'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [200, '3m20s'],
    [3600, '60m'],
    [3 * 3600, '3h'],
    [3 * 3600 + 60, '3h1m'],
    [9 * 3600, '9h'],
    [50 * 3600, '2d2h'],
    [9 * 86_400, '9d'],
    [800 * 86_400, '2y70d'],
    [4000 * 86_400, '10y'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(humanDuration(seconds)).toBe(text)
  })
})

describe('a pod', () => {
  const pod = (status: object, metadata: object = {}, spec: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ...metadata },
    spec: { containers: [{ name: 'a' }, { name: 'b' }], ...spec },
    status,
  })
  const running = { state: { running: {} }, ready: true }
  const cells = (...input: Parameters<typeof pod>) => {
    const { Ready, Status, Restarts } = podCells(pod(...input), Date.parse('2026-01-01T00:10:00Z'))
    return [Ready, Status, Restarts]
  }

  it.each<[string, Parameters<typeof pod>, unknown[]]>([
    ['pending', [{ phase: 'Pending' }], ['0/2', 'Pending', '0']],
    ['running', [{ phase: 'Running', containerStatuses: [running, running] }], ['2/2', 'Running', '0']],
    [
      'crashing',
      [
        {
          phase: 'Running',
          containerStatuses: [
            running,
            {
              restartCount: 3,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: { finishedAt: '2026-01-01T00:08:00Z' } },
            },
          ],
        },
      ],
      ['1/2', 'CrashLoopBackOff', '3 (2m ago)'],
    ],
    [
      'completed',
      [{ phase: 'Succeeded', containerStatuses: [{ state: { terminated: { reason: 'Completed' } } }] }],
      ['0/2', 'Completed', '0'],
    ],
    [
      'initialising',
      [
        { phase: 'Pending', initContainerStatuses: [{ name: 'i', state: { running: {} } }] },
        {},
        { initContainers: [{ name: 'i' }] },
      ],
      ['0/2', 'Init:0/1', '0'],
    ],
    [
      'going',
      [{ phase: 'Running', containerStatuses: [running, running] }, { deletionTimestamp: 'x' }],
      ['2/2', 'Terminating', '0'],
    ],
    [
      'killed',
      [{ phase: 'Failed', containerStatuses: [{ state: { terminated: { signal: 9 } } }] }],
      ['0/2', 'Signal:9', '0'],
    ],
  ])('that is %s shows %j', (_, input, expected) => {
    expect(cells(...input)).toEqual(expected)
  })
})

it('shows lists and maps of custom resources as Go writes JSON', () => {
  const object = { apiVersion: 'x/v1', kind: 'X', metadata: { name: 'x' }, spec: { b: ['<'], a: '&' } }

  expect(customCells(object, [{ name: 'Spec', type: 'string', jsonPath: '.spec' }], 0)).toEqual([
    'x',
    String.raw`{"a":"\u0026","b":["\u003c"]}`,
  ])
})

it('selectors are shown as apimachinery writes them', () => {
  const selector = {
    matchLabels: { b: '2', a: '1' },
    matchExpressions: [
      { key: 'a', operator: 'In', values: ['1'] },
      { key: 'c', operator: 'NotIn', values: ['y', 'x'] },
      { key: 'd', operator: 'DoesNotExist' },
    ],
  }
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { selector } }

  expect(workloadCells['apps/deployments']?.(object, 0).Selector).toBe('a=1,a in (1),b=2,c notin (x,y),!d')
})
