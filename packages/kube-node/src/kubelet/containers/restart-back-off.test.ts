import { describe, expect, it } from 'vitest'
import type { Attempt } from '../observe.ts'
import { RestartBackOff } from './restart-back-off.ts'

const container = { name: 'c', image: 'i' }
const SECOND = 1000

/** Attempts that each ran so many seconds, by what the next one waited for. */
function delays(backOff: RestartBackOff, seconds: number[], { image = 'i' } = {}): number[] {
  let now = 0
  return seconds.map((ran, attempt) => {
    now += ran * SECOND
    const last = { id: `${image}${attempt}`, attempt, finishedAt: new Date(now).toISOString() } as Attempt
    const delay = backOff.delayAfter({ ...container, image }, last)
    now += delay
    backOff.restarted({ ...container, image }, last, now)
    return delay / SECOND
  })
}

describe('RestartBackOff', () => {
  it('restarts at once the first time, and then waits longer each time', () => {
    expect(delays(new RestartBackOff(), [1, 1, 1, 1, 1, 1, 1, 1])).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
  })

  it('begins anew after ten steady minutes, however often the container was restarted before', () => {
    expect(delays(new RestartBackOff(), [1, 1, 1, 1, 601, 1, 1])).toEqual([0, 10, 20, 40, 0, 10, 20])
  })

  it('begins anew with another image', () => {
    const backOff = new RestartBackOff()

    expect(delays(backOff, [1, 1, 1])).toEqual([0, 10, 20])
    expect(delays(backOff, [1, 1], { image: 'next' })).toEqual([0, 10])
  })

  it('counts the restarts of an earlier process for nothing', () => {
    const last = { id: 'x', attempt: 12, finishedAt: new Date(0).toISOString() } as Attempt

    expect(new RestartBackOff().delayAfter(container, last)).toBe(0)
  })

  it('does not wait longer for the next try of the same restart', () => {
    const backOff = new RestartBackOff()
    const last = { id: 'x', attempt: 0, finishedAt: new Date(0).toISOString() } as Attempt
    backOff.restarted(container, last, SECOND)
    backOff.restarted(container, last, 2 * SECOND)

    expect(backOff.delayAfter(container, { ...last, id: 'y' })).toBe(10 * SECOND)
  })
})
