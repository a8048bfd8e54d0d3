import { UserError } from '@slipway/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, readStyled, stringify, writeStyled } from './index.ts'

// What kyaml makes of whole manifests is tested with Helm's output in packages/helm-chart.

function rewritten(text: string): string {
  const document = readStyled(text)
  return document ? writeStyled([document]) : ''
}

describe('a document that is read and written with its looks', () => {
  it.each([
    ['keeps styles', 'a: \'x\'\nb: "y"\nc: |-\n  z\n'],
    ['keeps comments', '# h\n\n# a\na: 1 # l\n# b\nb: # k\n- 1\n# f\n\nc: {d: [e, f]}\n'],
    ['keeps anchors and tags', 'a: &x !!str 1\nb: *x\n'],
    ['keeps the order of keys', 'b: 1\na: 2\n'],
  ])('%s', (_, text) => {
    expect(rewritten(text)).toBe(text)
  })

  it('is indented by two, with lists on the level of their keys, and without empty lines', () => {
    expect(rewritten('a:\n    b:\n      - 1\n\n\nc:  {  d : 1 }\n')).toBe('a:\n  b:\n  - 1\nc: {d: 1}\n')
  })

  it('has no document where there are comments only', () => {
    expect(readStyled('# nothing\n')).toBeUndefined()
  })

  it('means the same', () => {
    // Go writes that key as it stands, and reads it as a merge.
    const key = fc.string({ maxLength: 20 }).filter((text) => text !== '<<')
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree')),
        fc.dictionary(key, tie('tree')),
      ),
    }))

    fc.assert(
      fc.property(tree, (value) => {
        const text = stringify(value)
        expect(parse(rewritten(text))).toEqual(parse(text))
      }),
      { numRuns: 1000 },
    )
  })

  it('comes of any text, or a UserError, and can be read again', () => {
    const line = fc.constantFrom(
      'a:',
      'b: 1',
      '- c',
      '# d',
      '',
      'e: |',
      '{f: [g,',
      ']}',
      '"h": \'i\' # j',
      '? k',
      'l: >-',
    )
    const text = fc
      .array(fc.tuple(fc.nat({ max: 3 }), line), { maxLength: 12 })
      .map((lines) => lines.map(([depth, each]) => '  '.repeat(depth) + each).join('\n'))

    fc.assert(
      fc.property(text, (source) => {
        let once: string
        try {
          once = rewritten(source)
        } catch (error) {
          expect(error).toBeInstanceOf(UserError)
          return
        }
        expect(() => rewritten(once)).not.toThrow()
      }),
      { numRuns: 3000 },
    )
  })
})
