import { describe, expect, it } from 'vitest'
import { compileExpression } from '../expression.ts'
import { celValue } from '../values.ts'
import { CostBudget, OutOfBudget } from './budget.ts'

const numbers = celValue(Array.from({ length: 2000 }, (_, index) => index))

/** What an expression over `self` costs: the least budget that it can be paid from. */
function costOf(expression: string, self: unknown): number {
  const [read, value] = [compileExpression(expression, ['self']), celValue(self)]
  let [low, high] = [0, 1_000_000]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    try {
      read.evaluate({ self: value }, new CostBudget(middle))
      high = middle
    } catch {
      low = middle + 1
    }
  }
  return low
}

describe('the cost of an evaluation', () => {
  // What cel-go v0.26 with apiserver's settings says of the same expression and value.
  it.each<[string, unknown, number]>([
    ['self.a == "abc"', { a: 'abc' }, 3],
    ['self.l.all(x, x != "c")', { l: ['a', 'b'] }, 13],
    ['self.l.exists_one(x, x == "a")', { l: ['a', 'b'] }, 10],
    ['self.l.map(x, x + "abc").size() == 2', { l: ['a', 'b'] }, 33],
    ['self.s.matches("^[a-z]+$")', { s: 'abc' }, 4],
    ['self.a.contains("b") && has(self.a)', { a: 'abc' }, 4],
    ['{"x": self.a}.x in ["a", "b"]', { a: 'a' }, 34],
    ['self.l.sort() == self.l', { l: [3, 1, 2] }, 34],
    ['sets.contains(self.l, [1])', { l: [1, 2, 3] }, 6],
  ])('%s', (expression, self, cost) => {
    expect(costOf(expression, self)).toBe(cost)
  })
})

describe('an expression that would take for ever', () => {
  it.each([
    'self.all(a, self.all(b, a != b - 5000))',
    'self.exists(a, self.exists(b, a == b + 5000)) || true',
    'self.map(a, self.map(b, a * b)).size() == 0',
    'self.all(a, self.filter(b, b > a).size() >= 0)',
    'self.all(a, b, self.all(c, d, a != d - 5000))',
    'self.distinct().size() == 2000',
    'sets.equivalent(self, self)',
    'lists.range(1000000000000).size() == 0',
  ])('%s is ended', (expression) => {
    const read = compileExpression(expression, ['self'])
    const began = performance.now()
    expect(() => read.evaluate({ self: numbers })).toThrow(/cost limit exceeded|cost budget/)
    // Some 0.1 s; without a limit these take seconds, hours, or all memory.
    expect(performance.now() - began).toBeLessThan(5000)
  })

  it('is not asked when the budget is used up, nor can it hide that', () => {
    const budget = new CostBudget(100)
    const first = compileExpression('self.all(a, a < 5000) || true', ['self'])
    expect(() => first.evaluate({ self: numbers }, budget)).toThrow(OutOfBudget)
    expect(() => compileExpression('true', ['self']).evaluate({ self: numbers }, budget)).toThrow(OutOfBudget)
  })
})
