import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate } from './evaluate.ts'
import { ExpressionError } from './lexer.ts'
import { expandMacros, expandVariable } from './macros.ts'
import { parseExpression } from './parser.ts'
import { toText, type Value } from './values.ts'

const contexts: Record<string, Value> = {
  variables: { 'Build.Reason': 'Manual', empty: '', one: '1' },
  parameters: { list: ['a', 'b'], stages: [{ jobs: [{ task: 'x' }, { task: 'y' }] }, { jobs: [{ task: 'z' }] }] },
}
const scope = { contexts: Object.keys(contexts), functions: { succeeded: [0, 0] as const } }

function value(text: string): Value {
  return evaluate(parseExpression(text, scope), { contexts, functions: { succeeded: () => true } })
}

describe('expressions', () => {
  it.each<[string, Value]>([
    ["eq(variables['Build.Reason'], 'manual')", true],
    ['eq(variables.one, 1)', true],
    ['eq(1, variables.one)', true],
    ["eq(1, 'x')", false],
    ["ne(1, 'x')", true],
    ["eq(true, 'false')", true],
    ["eq('true', true)", true],
    ["eq(false, '')", true],
    ["eq(null, '')", true],
    ["eq('', null)", true],
    ["eq(variables.unknown, '')", true],
    ["eq(1.2.3, '1.2.3')", true],
    ["lt(1.2.3, '1.10.0')", true],
    ["gt(2, '10')", false],
    ["gt('2', 10)", true],
    ['and(succeeded(), or(false, eq(1, 1)))', true],
    ['and(false, lt(null, 1))', false],
    ['not(xor(true, false))', false],
    ["in('b', 'A', 'B')", true],
    ["notIn('b', 'A', 'C')", true],
    ["contains('Hello', 'ELL')", true],
    ["startsWith('refs/tags/v1', 'refs/tags/')", true],
    ["endsWith('a.YAML', '.yaml')", true],
    ["coalesce('', variables.empty, 'x')", 'x'],
    ["format('{0} {{it''s}} {1}', 'a', 2)", "a {it's} 2"],
    ["format('{0}', format('{0}', true))", 'True'],
    ["join(',', parameters.list)", 'a,b'],
    ["join(',', parameters.stages.*.jobs.*.task)", 'x,y,z'],
    ["containsValue(parameters.list, 'B')", true],
    ["length('abc')", 3],
    ["upper(replace('a.b', '.', '$&'))", 'A$&B'],
    ["join('+', split('a,b;c', ',;'))", 'a+b+c'],
    ["iif(eq(1, 2), 'yes', 'no')", 'no'],
    ['parameters.list[1]', 'b'],
    ['ge(3, 3)', true],
  ])('%s is %j', (text, expected) => {
    expect(value(text)).toEqual(expected)
  })

  it.each([
    'eq(1',
    'eq(1)',
    'nope()',
    'secrets.x',
    "'open",
    '1.2.3.4.5',
    'a b',
    '',
    'eq(1,2))',
    '#',
    'variables.',
    'lt(null, 1)',
    "lt(1, 'x')",
    "format('{1}', 'a')",
  ])('%s is refused', (text) => {
    expect(() => value(text)).toThrow(ExpressionError)
  })

  it('gives a value or an ExpressionError for any text', () => {
    const part = fc.constantFrom(
      'eq',
      'and',
      '(',
      ')',
      ',',
      "'a'",
      '1',
      '1.2.3',
      'variables',
      '.',
      '*',
      '[',
      ']',
      'true',
      ' ',
      'x',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            value(text)
          } catch (error) {
            expect(error).toBeInstanceOf(ExpressionError)
          }
        },
      ),
    )
  })

  it('gives strings back as they were quoted', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(toText(value(`'${text.replaceAll("'", "''")}'`))).toBe(text)
      }),
    )
  })
})

describe('macros', () => {
  const lookup = (name: string): string | undefined =>
    ({ a: '1', b: '$(a)', c: '$(b)$(b)', d: 'x$(e)', e: 'y$(d)' })[name.toLowerCase()]

  it.each([
    ['$(a)$(A)', '11'],
    ['$(unknown) $(a)', '$(unknown) 1'],
    ['$(b)', '$(a)'],
    ['$(x $(a))', '$(x 1)'],
    ['$(a', '$(a'],
    ['$$(a))', '$1)'],
  ])('one pass over %s gives %s', (text, expected) => {
    expect(expandMacros(text, lookup)).toBe(expected)
  })

  it('variables in variables are replaced to the end, a cycle is left as written', () => {
    expect(expandVariable('c', lookup)).toBe('11')
    expect(expandVariable('d', lookup)).toBe('xy$(d)')
    expect(expandVariable('nope', lookup)).toBeUndefined()
  })

  it('text without macros is left alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('$('))
        expect(expandMacros(text, () => 'no')).toBe(text)
      }),
    )
  })
})

describe('what grows', () => {
  it.each([
    ['format', (inner: string) => `format('{0}{0}', ${inner})`],
    ['replace', (inner: string) => `replace(${inner}, 'x', 'xx')`],
    ['join', (inner: string) => `join(${inner}, split(${inner}, 'x'))`],
  ])('in nested calls of %s is refused before it fills the memory', (name, nest) => {
    let text = "'xxxxxxxxxxxxxxxx'"
    for (let depth = 0; depth < (name === 'join' ? 4 : 40); depth++) text = nest(text)

    expect(() => value(text)).toThrow(ExpressionError)
  })

  it('in variables of variables is left as it is written', () => {
    const lookup = (name: string): string => `$(v${Number(name.slice(1)) + 1})`.repeat(2)

    expect(expandVariable('v0', lookup)?.length).toBeLessThan(4 * 1024 ** 2)
  })

  it('from one bracket to another is not looked through once for each of them', () => {
    const text = `${'$('.repeat(200_000)})`

    expect(expandMacros(text, () => undefined)).toBe(text)
  })
})
