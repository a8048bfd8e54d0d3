import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type GoFunction, GoInteger, Template, TemplateError, withSignature } from './index.ts'
import { goValueOf } from './testing/golden-values.ts'

interface Case {
  template: string
  missingKey?: 'zero' | 'error'
  output?: string
  error?: string
}

// What Go 1.26's text/template gives for these templates, with these functions.
const golden: { data: unknown; cases: Case[] } = JSON.parse(
  readFileSync(new URL('testdata/text-template.json', import.meta.url), 'utf8'),
)

function functionsFor(template: () => Template): Record<string, GoFunction> {
  return {
    upper: withSignature(['string'], (text: string) => text.toUpperCase()),
    add: withSignature(['int', 'int'], (a: bigint, b: bigint) => a + b),
    add64: withSignature(['int64', 'int64'], (a: GoInteger, b: GoInteger) => new GoInteger('int64', a.value + b.value)),
    half: withSignature(['float64'], (value: number) => value / 2),
    list: withSignature(['any'], (...items: unknown[]) => items, { variadic: true }),
    dict: withSignature(['any'], dict, { variadic: true }),
    nothing: withSignature([], () => null),
    seven: withSignature([], () => 7n),
    negate: withSignature(['bool'], (value: boolean) => !value),
    boom: withSignature(['string'], (message: string) => {
      throw new Error(message)
    }),
    i64: withSignature(['int'], (value: bigint) => new GoInteger('int64', value)),
    u8: withSignature(['int'], (value: bigint) => new GoInteger('uint8', value)),
    keys: withSignature(['map'], (map: object | null) => BigInt(Object.keys(map ?? {}).length)),
    include: withSignature(['string', 'any'], (name: string, data: unknown) => template().execute(name, data)),
  }
}

function dict(...pairs: unknown[]): unknown {
  const map: Record<string, unknown> = Object.create(null)
  for (let i = 0; i + 1 < pairs.length; i += 2) map[String(pairs[i])] = pairs[i + 1]
  return map
}

function render({ template: text, missingKey = undefined }: Case): string {
  const template: Template = new Template({
    functions: functionsFor(() => template),
    ...(missingKey === undefined ? {} : { missingKey }),
  })
  template.parse('t.yaml', text)
  return template.execute('t.yaml', goValueOf(golden.data))
}

describe("renders and fails as Go's text/template does", () => {
  it.each(golden.cases.map((each) => [`${each.missingKey ?? ''} ${each.template}`, each] as const))('%s', (_, each) => {
    if (each.error === undefined) expect(render(each)).toBe(each.output)
    else expect(() => render(each)).toThrow(new TemplateError(each.error))
  })
})
