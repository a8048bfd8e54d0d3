import { BugError, TransientError, UserError } from '@slipway/errors'
import type { KubeObject } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { nextConditions, reasonOf, setCondition } from './conditions.ts'

const object = (conditions: unknown[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', generation: 3 },
  status: { conditions },
})
const early = '2026-01-01T00:00:00Z'
const late = '2026-01-02T00:00:00Z'

describe('conditions', () => {
  it('moves lastTransitionTime only when the status changes', () => {
    const first = setCondition([], { type: 'Ready', status: 'True', reason: 'A', message: '' }, early)
    const same = setCondition(first, { type: 'Ready', status: 'True', reason: 'B', message: '' }, late)
    const other = setCondition(same, { type: 'Ready', status: 'False', reason: 'C', message: '' }, late)

    expect(same[0]).toMatchObject({ reason: 'B', lastTransitionTime: early })
    expect(other[0]?.lastTransitionTime).toBe(late)
  })

  it.each([
    ['ready', { kind: 'ready', reason: 'Done', message: 'm' } as const, [['Ready', 'True']]],
    [
      'waiting',
      { kind: 'waiting', reason: 'Soon', message: 'm' } as const,
      [
        ['Ready', 'Unknown'],
        ['Reconciling', 'True'],
      ],
    ],
    [
      'user error',
      { kind: 'failed', error: new UserError('X_Y', 'm') } as const,
      [
        ['Ready', 'False'],
        ['Stalled', 'True'],
      ],
    ],
    [
      'transient error',
      { kind: 'failed', error: new TransientError('X', 'm') } as const,
      [
        ['Ready', 'False'],
        ['Reconciling', 'True'],
      ],
    ],
    ['bug', { kind: 'failed', error: new BugError('X', 'm') } as const, [['Ready', 'Unknown']]],
  ])('says %s with kstatus conditions', (_name, outcome, expected) => {
    const before = [
      { type: 'Reconciling', status: 'True' },
      { type: 'Stalled', status: 'True' },
    ]

    const after = nextConditions(object(outcome.kind === 'waiting' ? [] : before), outcome, late)

    expect(after.filter(({ reason }) => reason).map(({ type, status }) => [type, status])).toEqual(
      expect.arrayContaining(expected),
    )
    if (outcome.kind === 'ready') expect(after.map(({ type }) => type)).toEqual(['Ready'])
  })

  it('notes the generation it looked at', () => {
    expect(nextConditions(object([]), { kind: 'ready', reason: 'R', message: '' }, late)[0]?.observedGeneration).toBe(3)
  })

  it('turns error codes into reasons', () => {
    expect(reasonOf(new UserError('CHART_NOT_FOUND', 'm'))).toBe('ChartNotFound')
    expect(reasonOf(new TypeError('m'))).toBe('InternalError')
  })
})
