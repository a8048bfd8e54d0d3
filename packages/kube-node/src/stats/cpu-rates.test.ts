import { describe, expect, it } from 'vitest'
import { CpuRates } from './cpu-rates.ts'

const START = 1_000_000
const reading = (seconds: number, used: number) => ({ at: START + seconds * 1000, nanoseconds: used * 1e9 })

describe('the use of a processor', () => {
  it('is first the mean since the start, then the mean since the last look', () => {
    const rates = new CpuRates()

    expect(rates.rate('c', reading(10, 5), START)).toBe(500_000_000)
    expect(rates.rate('c', reading(20, 25), START)).toBe(2_000_000_000)
    expect(rates.rate('c', reading(30, 25), START)).toBe(0)
  })

  it('stays what it was for looks that follow at once', () => {
    const rates = new CpuRates()
    rates.rate('c', reading(10, 5), START)

    expect(rates.rate('c', reading(10.5, 9), START)).toBe(500_000_000)
    expect(rates.rate('c', reading(11, 6), START)).toBe(1_000_000_000)
  })

  it.each([
    ['at its start', reading(0, 1)],
    ['whose counter went back', reading(20, 1)],
  ])('is nothing for something %s', (_what, next) => {
    const rates = new CpuRates()
    if (next.at > START) rates.rate('c', reading(10, 5), START)

    expect(rates.rate('c', next, START)).toBe(0)
  })

  it('is forgotten with what is gone', () => {
    const rates = new CpuRates()
    rates.rate('gone', reading(10, 5), START)
    rates.keep(new Set(['other']))

    expect(rates.rate('gone', reading(20, 20), START)).toBe(1_000_000_000)
  })
})
