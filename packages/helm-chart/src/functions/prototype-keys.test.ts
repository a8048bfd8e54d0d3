import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderFiles } from '../testing/render-text.ts'

/** Names that mean something to JavaScript objects; to a template they are keys like any other. */
const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf', 'prototype', '__defineGetter__']

function render(expression: string, values = 'none: {}\n'): string {
  return renderFiles({ 'values.yaml': values, 'templates/NOTES.txt': expression }).notes
}

describe.each(names)('%s', (name) => {
  it('is in nothing that does not hold it', () => {
    const missing = `{{ .Values.${name} }}|{{ .Values.none.${name} }}|{{ index .Values "${name}" }}|{{ get .Values "${name}" }}|{{ hasKey .Values.none "${name}" }}|{{ pluck "${name}" .Values .Values.none | len }}|{{ dig "${name}" "no" .Values.none }}|{{ pick .Values "${name}" | len }}|{{ .Chart.${name} }}|{{ (dict).${name} }}|{{ .Files.Get "${name}" }}`

    expect(render(missing)).toBe('||||false|0|no|0|||')
  })

  it('is a key of values, dicts, YAML, JSON and TOML, in and out', () => {
    const values = `${name}: {${name}: 1}\n`
    const json = `{"${name}":{"${name}":1}}`

    expect(render(`{{ .Values.${name}.${name} }}{{ toJson .Values }}`, values)).toBe(`1${json}`)
    expect(render('{{ toYaml .Values }}', values)).toBe(`${name}:\n  ${name}: 1`)
    expect(render('{{ toJson (deepCopy .Values) }}{{ toJson (mergeOverwrite (dict) .Values) }}', values)).toBe(
      json + json,
    )
    expect(render('{{ fromYaml (toYaml .Values) | toJson }}{{ fromJson (toJson .Values) | toJson }}', values)).toBe(
      json + json,
    )
    expect(render('{{ toToml .Values }}', values)).toBe(`[${name}]\n  ${name} = 1.0\n`)
    expect(render('{{ fromToml (toToml .Values) | toJson }}', values)).toBe(json)
  })

  it('is set, taken, left out, unset and ranged over as any key is', () => {
    const dict = `{{ $d := dict "a" 1 }}{{ $_ := set $d "${name}" 2 }}`

    expect(
      render(`${dict}{{ $d.${name} }}{{ get $d "${name}" }}{{ hasKey $d "${name}" }}{{ keys $d | sortAlpha }}`),
    ).toBe(`22true[${['a', name].sort().join(' ')}]`)
    expect(render(`${dict}{{ omit $d "a" | toJson }}{{ pick $d "${name}" | toJson }}`)).toBe(`{"${name}":2}`.repeat(2))
    expect(
      render(`${dict}{{ $_ := unset $d "${name}" }}{{ toJson $d }}{{ range $k, $v := $d }}{{ $k }}{{ end }}`),
    ).toBe('{"a":1}a')
    expect(render(`${dict}{{ merge (dict "${name}" 3) $d | toJson }}`)).toContain(`"${name}":3`)
    expect(render(`{{ $d := dict "${name}" (dict "polluted" true) }}{{ (dict).polluted }}{{ toJson $d }}`)).toBe(
      `{"${name}":{"polluted":true}}`,
    )
  })

  it('names templates, charts, aliases and globals', () => {
    expect(render(`{{ define "${name}" }}x{{ end }}{{ include "${name}" . }}`)).toBe('x')
    expect(() => render(`{{ include "${name}" . }}`)).toThrow(`no template "${name}" associated with template "gotpl"`)
    const { notes } = renderFiles(
      {
        'Chart.yaml': `apiVersion: v2\nname: demo\nversion: 0.1.0\ndependencies: [{name: sub, version: 1.0.0, alias: ${name}, condition: ${name}.on}]\n`,
        'values.yaml': `${name}: {on: true, a: 1}\nglobal: {${name}: 2}\n`,
        'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
        'charts/sub/templates/NOTES.txt': `{{ .Values.a }}{{ .Values.global.${name} }}{{ .Chart.Name }}`,
        'templates/NOTES.txt': '{{ len .Subcharts }}\n',
      },
      { subchartNotes: true },
    )
    expect(notes).toContain(`12${name}`)
    if (name !== 'toString') expect(() => render(`{{ ${name} }}`)).toThrow(`function "${name}" not defined`)
  })
})

it('no values change what other objects have', () => {
  const before = Object.getOwnPropertyNames(Object.prototype)
  const key = fc.constantFrom(...names, 'a', 'b')
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.constant(null),
      fc.dictionary(key, tie('tree')),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  }))
  const table = fc.dictionary(key, tree, { noNullPrototype: false })
  fc.assert(
    fc.property(table, table, (defaults, given) => {
      const template = '{{ toJson (merge (deepCopy .Values) (fromYaml (toYaml .Values))) }}{{ (dict).a }}{{ (dict).b }}'
      const files = { 'values.yaml': JSON.stringify(defaults), 'templates/NOTES.txt': template }
      const { notes } = renderFiles(files, { values: given })

      expect(() => JSON.parse(notes)).not.toThrow()
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
      expect(({} as { a?: unknown }).a).toBeUndefined()
    }),
    { numRuns: 200 },
  )
})
