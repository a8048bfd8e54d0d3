import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startWallTimer } from './wall-timer.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Whether the work is done when so much time has gone by since the start. */
function timer(milliseconds: number): { isDoneAfter: (time: number) => boolean; stop: () => void } {
  const begun = performance.now()
  let isDone = false
  const stop = startWallTimer(milliseconds, () => {
    isDone = true
  })
  const isDoneAfter = (time: number): boolean => {
    vi.advanceTimersByTime(begun + time - performance.now())
    return isDone
  }
  return { isDoneAfter, stop }
}

it.each([1, MINUTE, 10 * MINUTE + 1, 40 * DAY])('goes off after %i milliseconds, not before', (time) => {
  const { isDoneAfter } = timer(time)

  expect(isDoneAfter(time - 1)).toBe(false)
  expect(isDoneAfter(time)).toBe(true)
})

it('goes off within a minute once the machine wakes up after its time', () => {
  const { isDoneAfter } = timer(DAY)
  expect(isDoneAfter(MINUTE)).toBe(false)

  vi.setSystemTime(Date.now() + 2 * DAY)

  expect(isDoneAfter(2 * MINUTE)).toBe(true)
})

it('goes off in time when the clock is set back', () => {
  const { isDoneAfter } = timer(10 * MINUTE)

  vi.setSystemTime(Date.now() - DAY)

  expect(isDoneAfter(10 * MINUTE)).toBe(true)
})

it('does not go off when it was called off, whenever that is', () => {
  const { isDoneAfter, stop } = timer(10 * MINUTE)
  expect(isDoneAfter(5 * MINUTE)).toBe(false)

  stop()

  expect(isDoneAfter(20 * MINUTE)).toBe(false)
})
