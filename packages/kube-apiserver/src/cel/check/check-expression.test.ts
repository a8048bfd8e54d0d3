import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateCost } from '../cost/estimate.ts'
import { checkExpression } from './check-expression.ts'
import { schemaType } from './schema-types.ts'
import type { Type } from './types.ts'

const text = { type: 'string' }
const integer = { type: 'integer' }
const SCHEMA = {
  type: 'object',
  properties: {
    s: text,
    name: { type: 'string', maxLength: 20 },
    i: integer,
    n: { type: 'number' },
    b: { type: 'boolean' },
    t: { type: 'string', format: 'date-time' },
    d: { type: 'string', format: 'duration' },
    l: { type: 'array', items: text, maxItems: 10 },
    ul: { type: 'array', items: { type: 'string', maxLength: 5 } },
    ol: { type: 'array', maxItems: 5, items: { type: 'object', properties: { k: text, v: integer } } },
    m: { type: 'object', maxProperties: 7, additionalProperties: text },
    o: { type: 'object', properties: { q: { type: 'object', properties: { r: integer } } } },
    is: { 'x-kubernetes-int-or-string': true },
    pu: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    'a-b': integer,
    namespace: text,
  },
}
const self = schemaType(SCHEMA, 'selfType', true) as Type
const variables = new Map([['self', self]])

/** The type of an expression, or what is wrong with it and where: `5: undefined field 'x'`. */
function outcome(expression: string): string {
  const checked = checkExpression(expression, variables)
  if (typeof checked !== 'string') return checked.type.name
  return [...checked.matchAll(/^ERROR: <input>:1:(\d+): (.*)$/gm)].map(([, at, why]) => `${at}: ${why}`).join('; ')
}

describe('the type of an expression', () => {
  it.each([
    ['self.i > self.n && self.s.size() > 3', 'bool'],
    ['self.metadata.name + self.kind', 'string'],
    ['self.namespace == self.__namespace__ || self.a__dash__b == 1', 'bool'],
    ['has(self.o.q.r) ? self.o.q.r : size(self.l)', 'int'],
    ['self.l.map(x, x.size()).filter(y, y > 2).sum()', 'int'],
    ['self.ol.exists_one(o, o.k.startsWith("a") && o.v == 1)', 'bool'],
    ['self.m.transformMap(k, v, v.size())', 'map'],
    ['self.?o.?q.r.orValue(1)', 'int'],
    ['optional.of(self.i).optMap(v, string(v)).value()', 'string'],
    ['type(self.is) == int || self.is.matches("x")', 'bool'],
    ['quantity(self.s).add(1).isGreaterThan(quantity("1Gi"))', 'bool'],
    ['cidr(self.s).containsIP(ip("10.0.0.1"))', 'bool'],
    ['sets.contains(self.l, ["a"]) && self.ol.sortBy(o, o.k)[0].v == 1', 'bool'],
    ['"%s is %d".format([self.s, self.i])', 'string'],
    ['self.t - timestamp("2026-01-01T00:00:00Z") > self.d', 'bool'],
    ['dyn(self.i)', 'dyn'],
    ['self.is', 'dyn'],
  ])('%s', (expression, type) => {
    expect(outcome(expression)).toBe(type)
  })
})

describe('what is wrong with an expression', () => {
  it.each([
    ['self.x', "5: undefined field 'x'"],
    [
      'self.x == 1 && self.i == "a"',
      "5: undefined field 'x'; 23: found no matching overload for '_==_' applied to '(int, string)'",
    ],
    ['self.pu.x', "8: undefined field 'x'"],
    ['self.s.foo()', "11: undeclared reference to 'foo' (in container '')"],
    ['foo(self.s)', "4: undeclared reference to 'foo' (in container '')"],
    ['this.s == ""', "1: undeclared reference to 'this' (in container '')"],
    ['self.s.startsWith(1)', "18: found no matching overload for 'startsWith' applied to 'string.(int)'"],
    ['!self.s', "1: found no matching overload for '!_' applied to '(string)'"],
    ['self.b && self.i', "15: expected type 'bool' but found 'int'"],
    ['self.b ? 1 : "a"', "8: found no matching overload for '_?_:_' applied to '(bool, int, string)'"],
    ['self.l.all(x, x > 1)', "17: found no matching overload for '_>_' applied to '(string, int)'"],
    [
      'self.i.all(x, true)',
      "5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
    ],
    ['self.s.size().y', "14: type 'int' does not support field selection"],
    ['[1, "a"] == []', "5: expected type 'int' but found 'string'"],
    ['{"a": 1, "b": "c"} == {}', "15: expected type 'int' but found 'string'"],
    ['self.d > duration("x")', '19: invalid duration argument'],
    ['self.t > timestamp("x")', '20: invalid timestamp argument'],
    ['self.s.matches("[a")', '16: invalid matches argument'],
    ['has(self.l[0])', '11: invalid argument to has() macro'],
    ['self.l.all(1, true)', '12: argument must be a simple name'],
    ['self.l.map(1, true)', '12: argument is not an identifier'],
    ['self.l.transformList(a, a, a)', '25: duplicate variable name: a'],
    ['self.i == 99999999999999999999', '11: invalid int literal'],
    ['for == 1', '1: reserved identifier: for'],
    [
      'self.i = 1',
      "8: Syntax error: token recognition error at: '= '; 10: Syntax error: extraneous input '1' expecting <EOF>",
    ],
    ['self.i == 1)', "12: Syntax error: extraneous input ')' expecting <EOF>"],
    ['self.i == 1 self.b', "13: Syntax error: mismatched input 'self' expecting <EOF>"],
    ['(self.i == 1', "13: Syntax error: missing ')' at '<EOF>'"],
    ['self. == 1', "7: Syntax error: no viable alternative at input '. =='"],
    [
      'self.i ==',
      "10: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ],
  ])('%s', (expression, issues) => {
    expect(outcome(expression)).toBe(issues)
  })

  it('is drawn with its line and a caret, which is wide below a wide character', () => {
    expect(checkExpression('"日本" == self.x &&\n\tself.y', variables)).toBe(
      [
        "ERROR: <input>:1:13: undefined field 'x'",
        ' | "日本" == self.x &&',
        ' | .．．.........^',
        "ERROR: <input>:2:6: undefined field 'y'",
        ' |  self.y',
        ' | .....^',
      ].join('\n'),
    )
  })
})

describe('any text', () => {
  const WORDS = [
    ...[
      'self',
      'self.i',
      'self.l',
      'self.m',
      'x',
      '1',
      '-1',
      '1.5',
      '"a"',
      'b"a"',
      'true',
      'null',
      'optional.of(1)',
      '[]',
      '{}',
    ],
    ...[
      '.',
      '.?',
      '[',
      '[?',
      ']',
      '(',
      ')',
      '{',
      '}',
      ',',
      ':',
      '?',
      ' ',
      '\n',
      '//',
      '"',
      "'",
      '\\',
      '`',
      '@',
      'é',
      '😀',
    ],
    ...['+', '-', '*', '/', '%', '!', '==', '<', '>=', '&&', '||', '=', '&', ' in ', 'has(', 'size(', 'type(', 'dyn('],
    ...[
      '.all(x, ',
      '.map(x, ',
      '.filter(x, ',
      '.exists(x, y, ',
      '.sortBy(x, ',
      '.optMap(x, ',
      '.transformMap(x, y, ',
      '.size()',
    ],
  ]

  it('is checked, or told what is wrong with it, without a fault of ours', () => {
    const text = fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join(''))
    fc.assert(
      fc.property(text, (expression) => {
        const found = checkExpression(expression, variables)
        if (typeof found === 'string') expect(found).toMatch(/^ERROR: <input>:\d+:\d+: /)
        else expect(estimateCost(found, variables)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 500 },
    )
  })

  it('of many comparisons is checked in time', () => {
    const began = performance.now()
    expect(checkExpression(Array.from({ length: 5000 }, () => '1 == 1').join('||'), variables)).toBeTypeOf('object')
    expect(performance.now() - began).toBeLessThan(5000)
  })

  it.each(['(', '[', '1+', 'self.l.all(x, ', 'self.'])('of many %s is no danger', (part) => {
    expect(checkExpression(`${part.repeat(20_000)}1`, variables)).toMatch(/^ERROR: <input>:/)
  })
})

describe('the most that an expression can cost', () => {
  // What cel-go v0.26 with the estimator of apiserver v0.34 says of the same expression and schema.
  it.each([
    ['self.i == 1', 2],
    ['self.s == self.s', 314_577],
    ['self.l.all(x, x == "a")', 53],
    ['self.ol.all(o, self.ol.all(p, o.k != p.k))', 7_864_533],
    ['self.ul.all(x, self.ul.all(y, x == y))', 7_696_573_005_828],
    ['self.name.matches("^a+$")', 11],
    ['self.m.all(k, self.m[k].contains(k))', 59],
    ['"a" + string(self.i) == "b"', 1_844_674_407_370_955_300],
  ])('%s', (expression, cost) => {
    const checked = checkExpression(expression, variables)
    expect(typeof checked === 'string' ? checked : estimateCost(checked, variables)).toBe(cost)
  })
})
