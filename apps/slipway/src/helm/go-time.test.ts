import { describe, expect, it } from 'vitest'
import { ansiTime, isTime, timeText, wholeSeconds } from './go-time.ts'

describe('times of releases', () => {
  it.each([
    ['2026-11-04T07:08:09.120Z', 'Wed Nov  4 07:08:09 2026', '2026-11-04 07:08:09.12 +0000 UTC'],
    ['2026-11-24T07:08:09+01:00', 'Tue Nov 24 07:08:09 2026', '2026-11-24 07:08:09 +0100 +0100'],
    ['2026-11-24T07:08:09.123456789-05:30', 'Tue Nov 24 07:08:09 2026', '2026-11-24 07:08:09.123456789 -0530 -0530'],
  ])('prints %s in the zone it is written in', (text, ansi, long) => {
    expect(ansiTime(text)).toBe(ansi)
    expect(timeText(text)).toBe(long)
  })

  it.each([
    ['2006-01-02 15:04:05Z0700', '2026-11-04 07:08:09Z'],
    ['Monday, 02-Jan-06 3:04pm .000 MST', 'Wednesday, 04-Nov-26 7:08am .120 UTC'],
    ['no time at all', 'no time at all'],
  ])('prints the layout %s', (layout, shown) => {
    expect(timeText('2026-11-04T07:08:09.12Z', layout)).toBe(shown)
  })

  it.each(['', undefined, '0001-01-01T00:00:00Z', 'yesterday'])('takes %j for no time', (text) => {
    expect(isTime(text)).toBe(false)
  })

  it('leaves out decimals', () => {
    expect(wholeSeconds('2026-11-24T07:08:09.123Z')).toBe('2026-11-24T07:08:09Z')
  })
})
