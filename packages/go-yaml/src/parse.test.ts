import { readFileSync } from 'node:fs'
import { UserError } from '@slipway/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, parseDocuments } from './index.ts'

// What sigs.k8s.io/yaml 1.6.0 (Unmarshal into interface{}) gives.
const golden: { text: string; json?: string; error?: string }[] = JSON.parse(
  readFileSync(new URL('testdata/parse.json', import.meta.url), 'utf8'),
)

describe('reads as sigs.k8s.io/yaml does', () => {
  it.each(golden.map((each) => [JSON.stringify(each.text), each] as const))('%s', (_, { text, json, error }) => {
    const read = () => parse(text, { duplicateKeys: 'last' })

    if (json === undefined) expect(read).toThrow(error)
    else expect(read()).toEqual(JSON.parse(json))
  })
})

describe('parse', () => {
  it('says where the problem is', () => {
    expect(() => parse('a: 1\nb: c: d\n', { file: 'x.yaml' })).toThrow(
      expect.objectContaining({
        code: 'YAML_INVALID',
        message: 'error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context',
        at: { file: 'x.yaml', line: 2, column: 5 },
      }),
    )
  })

  it('refuses a key that comes twice unless the last one shall count', () => {
    expect(() => parse('a: 1\nb:\n  c: 1\n  c: 2\n')).toThrow(
      'error converting YAML to JSON: yaml: unmarshal errors:\n  line 4: key "c" already set in map',
    )
    expect(parse('a: 1\na: 2', { duplicateKeys: 'last' })).toEqual({ a: 2 })
  })

  it('shows what only an unsigned integer holds in hexadecimal, as Go does', () => {
    expect(() => parse('? {a: 18446744073709551615}\n: 1\n')).toThrow(
      'yaml: invalid map key: map[interface {}]interface {}{"a":0xffffffffffffffff}',
    )
  })

  it('lets keys override what a merge brings', () => {
    expect(parse('a: &a {x: 1, z: 2}\nb:\n  <<: *a\n  x: 3\n')).toMatchObject({ b: { x: 3, z: 2 } })
  })

  it.each(['__proto__', 'constructor', 'hasOwnProperty'])('takes %s for a plain key', (key) => {
    const value = parse(`${key}: {a: 1}`) as Record<string, unknown>

    expect(Object.keys(value)).toEqual([key])
    expect(value[key]).toEqual({ a: 1 })
    expect(Object.getPrototypeOf(value)).toBeNull()
  })

  it('stops alias bombs and bottomless nesting', () => {
    const bomb = Array.from({ length: 20 }, (_, i) => `a${i}: &a${i} [${Array(9).fill(i ? `*a${i - 1}` : 'x')}]`)

    expect(() => parse(bomb.join('\n'))).toThrow('document contains excessive aliasing')
    expect(() => parse('['.repeat(100_000))).toThrow('exceeded max depth of 1000')
    expect(() => parse('- '.repeat(100_000))).toThrow('exceeded max depth of 1000')
  })

  it('answers any text with a value or a UserError', () => {
    const piece = fc.constantFrom(
      ...['a', ':', ' ', '\n', '-', '[', ']', '{', '}', ',', '&a', '*a', '!', '|', '>', '"', "'"],
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((list) => list.join('')),
    )

    fc.assert(
      fc.property(text, (source) => {
        try {
          parse(source)
        } catch (error) {
          expect(error).toBeInstanceOf(UserError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('parseDocuments', () => {
  it('gives every document with its line and leaves out those of comments', () => {
    const stream = '\ufeff# head\n---\r\na: 1\r\n---\n# nothing\n---\n\n# c\nb: 2\n--- {c: 3}\n---\n'

    const documents = parseDocuments(stream)

    expect(documents.map(({ value, line }) => [value, line])).toEqual([
      [{ a: 1 }, 3],
      [{ b: 2 }, 9],
      [{ c: 3 }, 10],
    ])
  })

  it('hides no document behind a broken one', () => {
    const documents = parseDocuments('a: 1\n---\nb: c: d\n---\ne: 2\n', { file: 'x.yaml' })

    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, undefined, { e: 2 }])
    expect(documents[1]?.error).toMatchObject({ code: 'YAML_INVALID', at: { file: 'x.yaml', line: 3, column: 5 } })
  })

  it('keeps separators inside block scalars that are indented', () => {
    expect(parseDocuments('a: |\n  ---\n  b\n').map(({ value }) => value)).toEqual([{ a: '---\nb\n' }])
  })
})
