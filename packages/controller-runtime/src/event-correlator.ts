import { Recent } from './recent.ts'

/** One that happened. Equal texts in `object` mean the same object, `part` is a part of it. */
export interface Happening {
  object: string
  part: string
  type: string
  reason: string
  message: string
}

/** The Event that tells of it: a new one with a count of 1, or one that has been told of before. */
export interface Told {
  name: string
  message: string
  count: number
  /** Milliseconds since 1970. */
  first: number
}

/** Different messages of one reason, within this many milliseconds of each other, that are told one by one. */
const MOST_MESSAGES = 10
const INTERVAL = 600_000
/** Events of one type about an object: so many at once, and one more in so many milliseconds. */
const BURST = 25
const REFILL = 300_000

/**
 * Keeps an object that fails again and again from filling the store, as client-go's recorder does (EventCorrelator): the same is
 * counted, what differs in its words alone becomes one Event, and of too many the rest is not told.
 */
export class EventCorrelator {
  readonly #messages = new Recent<{ texts: Set<string>; last: number }>()
  readonly #series = new Recent<Omit<Told, 'message'>>()
  readonly #budgets = new Recent<{ left: number; at: number }>()

  /** `name` is for an Event that is new. Undefined when it is not to be told. */
  correlate(happening: Happening, name: string, now: number): Told | undefined {
    const { series, message } = this.#combine(happening, now)
    const known = this.#series.get(series)
    const told = { name: known?.name ?? name, count: (known?.count ?? 0) + 1, first: known?.first ?? now }
    this.#series.set(series, told)
    return this.#spend(happening, now) ? { ...told, message } : undefined
  }

  #combine({ object, part, type, reason, message }: Happening, now: number): { series: string; message: string } {
    const group = keyOf(object, type, reason)
    const before = this.#messages.get(group)
    const texts = before && now - before.last <= INTERVAL ? before.texts : new Set<string>()
    texts.add(message)
    this.#messages.set(group, { texts, last: now })
    if (texts.size < MOST_MESSAGES) return { series: keyOf(object, part, type, reason, message), message }
    const [one = ''] = texts
    texts.delete(one)
    return { series: group, message: `(combined from similar events): ${message}` }
  }

  #spend({ object, type }: Happening, now: number): boolean {
    const key = keyOf(object, type)
    const { left, at } = this.#budgets.get(key) ?? { left: BURST, at: now }
    const budget = Math.min(BURST, left + (now - at) / REFILL)
    this.#budgets.set(key, { left: budget < 1 ? budget : budget - 1, at: now })
    return budget >= 1
  }
}

const keyOf = (...parts: string[]): string => JSON.stringify(parts)
