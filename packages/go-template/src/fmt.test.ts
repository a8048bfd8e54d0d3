import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GoInteger, sprint, sprintf, sprintln, Template, templateObjectOf } from './index.ts'
import { goValueOf } from './testing/golden-values.ts'

// What Go 1.26's fmt.Sprintf gives.
const golden: {
  verbs: string[]
  flags: string[]
  values: { value: unknown; output: string }[]
  formats: { format: string; args: unknown[]; output: string }[]
} = JSON.parse(readFileSync(new URL('testdata/fmt.json', import.meta.url), 'utf8'))

describe("formats as Go's fmt does", () => {
  it.each(
    golden.values.map((each) => [JSON.stringify(each.value), each] as const),
  )('%s under every verb', (_, each) => {
    const combinations = golden.verbs.flatMap((verb) => golden.flags.map((flag) => `<%${flag}${verb}>`))

    const shown = combinations.map((format) => sprintf(format, goValueOf(each.value)))

    expect(shown.join('')).toBe(each.output)
  })

  it.each(
    golden.formats.map((each) => [each.format, JSON.stringify(each.args), each] as const),
  )('%s with %s', (_format, _args, each) => {
    expect(sprintf(each.format, ...each.args.map(goValueOf))).toBe(each.output)
  })

  it.each([
    ['%1000000[1]d', 1n],
    ['%.1000000[1]d', 1n],
    ['%.1000000[1]f', 1.5],
    ['%1000000[1]v', true],
    ['%1000000[1]s', 'x'],
    ['%.1000000[1]e', [1.5]],
  ])('counts what a width or precision makes against the limits: %s', (directive, value) => {
    const template = new Template({ functions: {}, limits: { maxBytes: 50_000_000 } })
    template.parse('t', '{{ printf .format .value | len }}')

    const render = () => template.execute('t', { format: directive.repeat(100), value })

    expect(render).toThrow('makes more than 50000000 bytes')
  })

  it('puts spaces between operands that are no strings, with println between all', () => {
    expect(sprint(1n, 2n, 'a', 'b', 3.5, true, null)).toBe('1 2ab3.5 true <nil>')
    expect(sprintln('a', 1n)).toBe('a 1\n')
  })

  it('shows structs by their String method, else by what is behind them', () => {
    const members = { hasField: () => false, getField: () => undefined, getMethod: () => undefined }
    const version = templateObjectOf({ ...members, typeName: 'Version', toGoString: () => 'v1.2' })
    const values = templateObjectOf({ ...members, typeName: 'Values', underlying: { a: 1n } })

    expect(sprintf('%s %v %T', version, values, version)).toBe('v1.2 map[a:1] Version')
  })

  it('refuses cyclic data instead of running for ever', () => {
    const cyclic: unknown[] = []
    cyclic.push(cyclic)

    expect(() => sprint(cyclic)).toThrow('nested too deeply')
  })

  it('never throws on any format and operands', () => {
    const operand = fc.oneof(
      fc.string(),
      fc.double(),
      fc.bigInt(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.string()),
    )
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('%', '%[', '*', '.', '#', '+', '0', '-', 'd', 'x', 'v', '1]', '%v'),
    )
    const format = fc.array(piece).map((pieces) => pieces.join('').replace(/\d{4,}/g, '99'))

    fc.assert(fc.property(format, fc.array(operand), (text, args) => typeof sprintf(text, ...args) === 'string'))
  })

  it('knows the integer types', () => {
    expect(sprintf('%T %T', 1n, new GoInteger('int64', 1n))).toBe('int int64')
  })
})
