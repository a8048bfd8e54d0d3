import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from './index.ts'

// What sigs.k8s.io/yaml 1.6.0 (Marshal) gives, and so Helm's toYaml.
const golden: { value: unknown; yaml?: string; error?: true }[] = JSON.parse(
  readFileSync(new URL('testdata/stringify.json', import.meta.url), 'utf8'),
)

describe('writes as sigs.k8s.io/yaml does', () => {
  it.each(golden.map((each) => [JSON.stringify(each.value), each] as const))('%s', (_, { value, yaml }) => {
    if (yaml === undefined) expect(() => stringify(value)).toThrow('YAML cannot hold')
    else expect(stringify(value)).toBe(yaml)
  })

  it('writes bigint, bytes and what toJSON gives', () => {
    class Quantity {
      toJSON(): unknown {
        return 5n
      }
    }

    expect(stringify({ a: 10n ** 18n, b: new Uint8Array([104, 105]), c: new Quantity(), d: undefined })).toBe(
      'a: 1000000000000000000\nb: aGk=\nc: 5\nd: null\n',
    )
  })

  it('refuses what YAML cannot hold', () => {
    const cyclic: unknown[] = []
    cyclic.push(cyclic)

    expect(() => stringify(Number.NaN)).toThrow(expect.objectContaining({ code: 'YAML_UNREPRESENTABLE' }))
    expect(() => stringify(cyclic)).toThrow('nested deeper than 1000 levels')
  })
})

describe('what was written', () => {
  it('is read back as the same value', () => {
    // Characters that goyaml cannot read back from JSON are out, as are keys that it cannot have.
    const text = fc.string({ unit: 'binary' }).map((raw) => raw.replace(/[\x7f-\x9f\ufffe\uffff]|\p{Surrogate}/gu, ''))
    const key = text.filter((each) => each.length < 100 && each !== '<<')
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => (Object.is(each, -0) ? 0 : each)),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree')),
        fc.dictionary(key, tie('tree')),
      ),
    }))

    fc.assert(
      fc.property(tree, (value) => {
        expect(parse(stringify(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 1000 },
    )
  })
})
