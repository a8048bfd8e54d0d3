import { describe, expect, it } from 'vitest'
import { EventCorrelator, type Told } from './event-correlator.ts'

const MINUTE = 60_000

/** What is told of these messages of one reason about one object, one each `step` milliseconds. */
function tell(
  messages: string[],
  { step = 0, object = 'o', type = 'Warning', correlator = new EventCorrelator() } = {},
) {
  return messages.map((message, index): Told | undefined =>
    correlator.correlate({ object, part: '', type, reason: 'Failed', message }, `e${index}`, index * step),
  )
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`)

describe('the Events about an object', () => {
  it('are one that counts where they say the same', () => {
    expect(tell(['a', 'b', 'a'], { step: MINUTE })).toEqual([
      { name: 'e0', message: 'a', count: 1, first: 0 },
      { name: 'e1', message: 'b', count: 1, first: MINUTE },
      { name: 'e0', message: 'a', count: 2, first: 0 },
    ])
  })

  it('become one from the tenth on that differs in its words alone', () => {
    const told = tell(numbered(12))

    expect(told[8]).toMatchObject({ name: 'e8', message: 'm8', count: 1 })
    expect(told.slice(9)).toMatchObject([
      { name: 'e9', message: '(combined from similar events): m9', count: 1 },
      { name: 'e9', message: '(combined from similar events): m10', count: 2 },
      { name: 'e9', message: '(combined from similar events): m11', count: 3 },
    ])
  })

  it('are told one by one when more than ten minutes are between them', () => {
    const told = tell(numbered(12), { step: 11 * MINUTE })

    expect(told.map((one) => one?.message)).toEqual(numbered(12))
  })

  it('are no more than 25 at once, and one more in five minutes', () => {
    const correlator = new EventCorrelator()
    const same = Array.from({ length: 40 }, () => 'same')
    const told = (options: object): number => tell(same, { correlator, ...options }).filter(Boolean).length

    expect(told({})).toBe(25)
    expect(told({ step: MINUTE / 2 })).toBe(3)
    expect(told({ object: 'another' })).toBe(25)
    expect(told({ type: 'Normal' })).toBe(25)
  })

  it('count also those that were not told', () => {
    const correlator = new EventCorrelator()
    const same = Array.from({ length: 40 }, () => 'same')
    tell(same, { correlator })

    const [next] = tell(['same', 'same'], { correlator, step: 5 * MINUTE }).slice(1)

    expect(next).toMatchObject({ name: 'e0', count: 42 })
  })
})
