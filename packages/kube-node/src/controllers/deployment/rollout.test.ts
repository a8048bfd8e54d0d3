import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planRollingUpdate, type RolloutState, resolveFenceposts } from './rollout.ts'

const state = (
  desired: number,
  fresh: [number, number],
  old: [number, number][],
  fence = { maxSurge: 1, maxUnavailable: 0 },
): RolloutState => ({
  desired,
  ...fence,
  fresh: { name: 'new', wanted: fresh[0], available: fresh[1] },
  old: old.map(([wanted, available], index) => ({ name: `old-${index}`, wanted, available })),
})

describe('resolveFenceposts', () => {
  it.each([
    ['the default', 4, undefined, undefined, { maxSurge: 1, maxUnavailable: 1 }],
    ['one replica by default', 1, undefined, undefined, { maxSurge: 1, maxUnavailable: 0 }],
    ['surge rounds up and unavailable down', 3, '50%', '50%', { maxSurge: 2, maxUnavailable: 1 }],
    ['both zero would never move', 3, 0, '10%', { maxSurge: 0, maxUnavailable: 1 }],
    ['not more than there are', 2, 0, 5, { maxSurge: 0, maxUnavailable: 2 }],
  ] as const)('%s', (_name, desired, surge, unavailable, expected) => {
    expect(resolveFenceposts(desired, surge, unavailable)).toEqual(expected)
  })
})

describe('planRollingUpdate', () => {
  it.each([
    ['nothing to do', state(2, [2, 2], []), {}],
    ['grows at once when nothing is old', state(3, [0, 0], []), { new: 3 }],
    ['starts one more first', state(2, [0, 0], [[2, 2]]), { new: 1 }],
    ['waits for the new one', state(2, [1, 0], [[2, 2]]), {}],
    ['takes an old one when the new one serves', state(2, [1, 1], [[2, 2]]), { 'old-0': 1 }],
    [
      'takes old ones that do not serve first',
      state(
        3,
        [1, 1],
        [
          [2, 2],
          [2, 0],
        ],
        { maxSurge: 1, maxUnavailable: 1 },
      ),
      { 'old-0': 1, 'old-1': 0 },
    ],
    ['shrinks to a smaller size', state(1, [3, 3], []), { new: 1 }],
    ['replaces broken old ones without waiting', state(1, [1, 0], [[1, 0]], { maxSurge: 1, maxUnavailable: 0 }), {}],
  ] as [string, RolloutState, object][])('%s', (_name, input, expected) => {
    expect(Object.fromEntries(planRollingUpdate(input))).toEqual(expected)
  })

  it('always ends, within surge and unavailability', () => {
    const settings = fc.record({
      desired: fc.integer({ min: 1, max: 12 }),
      old: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
      maxSurge: fc.integer({ min: 0, max: 4 }),
      maxUnavailable: fc.integer({ min: 0, max: 4 }),
    })
    fc.assert(
      fc.property(settings, ({ desired, old, ...limits }) => {
        const fence = resolveFenceposts(desired, limits.maxSurge, limits.maxUnavailable)
        const current = state(
          desired,
          [0, 0],
          old.map((size) => [size, size]),
          fence,
        )
        const most = Math.max(
          desired + fence.maxSurge,
          old.reduce((sum, size) => sum + size, 0),
        )
        const least = Math.min(
          desired - fence.maxUnavailable,
          old.reduce((sum, size) => sum + size, 0),
        )
        for (let round = 0; round < 200; round++) {
          const plan = planRollingUpdate({ ...current, old: current.old.filter(({ wanted }) => wanted > 0) })
          if (plan.size === 0) break
          for (const set of [current.fresh, ...current.old]) {
            set.wanted = plan.get(set.name) ?? set.wanted
            set.available = set.wanted
          }
          const total = [current.fresh, ...current.old].reduce((sum, { wanted }) => sum + wanted, 0)
          expect(total).toBeLessThanOrEqual(most)
          expect(total).toBeGreaterThanOrEqual(least)
        }
        expect(current.fresh.wanted).toBe(desired)
        expect(current.old.every(({ wanted }) => wanted === 0)).toBe(true)
      }),
    )
  })
})
