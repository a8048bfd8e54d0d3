import { describe, expect, it } from 'vitest'
import { testNodeObject, testPod } from '../../testing/scheduling.ts'
import { NodeInfo } from '../cluster/node-info.ts'
import { podInfo } from '../cluster/pod-info.ts'
import { leastLoss } from './choice.ts'
import type { Candidate } from './victims.ts'

type Victim = [priority: number, startTime?: string]

const candidate = (name: string, victims: Victim[], violations = 0): Candidate => ({
  node: new NodeInfo(testNodeObject(name)),
  victims: victims.map(([priority, startTime], index) =>
    podInfo(testPod(`${name}-${index}`, { priority, ...(startTime && { status: { startTime } }) })),
  ),
  violations,
})

const EARLY = '2026-01-01T00:00:00Z'
const LATE = '2026-01-02T00:00:00Z'

describe('of several Nodes', () => {
  it.each<[string, Candidate[]]>([
    ['the one where fewer budgets break', [candidate('other', [[1]], 1), candidate('best', [[9]])]],
    [
      'the one whose most important victim matters least',
      [candidate('other', [[9]]), candidate('best', [[5], [5], [5]])],
    ],
    ['the one whose victims matter less together', [candidate('other', [[5], [4]]), candidate('best', [[5], [3]])]],
    [
      'the one with fewer victims, be their priorities negative',
      [candidate('other', [[-5], [-5]]), candidate('best', [[-5]])],
    ],
    [
      'the one whose victims have run for less long',
      [
        candidate('other', [
          [5, EARLY],
          [5, LATE],
        ]),
        candidate('best', [
          [5, LATE],
          [5, LATE],
        ]),
      ],
    ],
    ['the one whose victims have not begun', [candidate('other', [[5, LATE]]), candidate('best', [[5]])]],
    ['the first of equals', [candidate('best', [[5, EARLY]]), candidate('other', [[5, EARLY]])]],
  ])('takes %s', (_title, candidates) => {
    expect(leastLoss(candidates)?.node.name).toBe('best')
  })

  it('takes none where there is none', () => {
    expect(leastLoss([])).toBeUndefined()
  })
})
