import { describe, expect, it } from 'vitest'
import type { Platform } from '../platform.ts'
import { renderFiles } from '../testing/render-text.ts'
import { testPlatform } from '../testing/test-platform.ts'

/** A thirtieth of the limits that charts have, so that each case ends in a fraction of a second. */
const limits = { maxSteps: 200_000, maxBytes: 16 * 1024 * 1024, maxOutputLength: 1024 * 1024 }

const nest = (start: string, step: string, use: string, rounds = 60) =>
  `{{ $x := ${start} }}{{ range until ${rounds} }}{{ $x = ${step} }}{{ end }}${use}`
const ring = '{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ $y := dict }}{{ $_ := set $y "x" $y }}'

/** Lists of 4096 texts, all alike and long. */
const many =
  '{{ $s := repeat 100000 "x" }}{{ $t := print $s "y" }}{{ $l := list (print $s "y") $t }}{{ $m := list $t (print $s "y") }}' +
  '{{ range until 11 }}{{ $l = concat $l $l }}{{ $m = concat $m $m }}{{ end }}'

const tooMuch = 'execution makes more than 16777216 bytes'
const tooLong = 'result is longer than 1048576 characters'

const hostile: Record<string, [template: string, message: string | RegExp][]> = {
  'loops that never end': [
    ['{{ range 1000000000000 }}{{ end }}', 'execution takes more than 200000 steps'],
    ['{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}', 'execution takes more than 200000 steps'],
    ['{{ range until 900000 }}{{ end }}', tooMuch],
    ['{{ range until 1000000000 }}{{ end }}', 'a range of more than 1000000 numbers'],
    ['{{ untilStep 0 1000000000 1 }}', 'a range of more than 1000000 numbers'],
    ['{{ seq 1000000000 }}', 'a range of more than 1000000 numbers'],
    [
      '{{ $d := dict "a" 1 }}{{ range until 500000 }}{{ range $d }}{{ break }}{{ end }}{{ end }}',
      /execution (takes|makes)/,
    ],
  ],
  'templates inside themselves': [
    ['{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', 'exceeded maximum template depth (1100)'],
    ['{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}', /nested reference name: a|nested too deeply/],
    ['{{ tpl .Values.t . }}', /nested too deeply|call stack|template depth/],
    ['{{ define "a" }}{{ include "a" . }}{{ include "a" . }}{{ end }}{{ include "a" . }}', /nested/],
  ],
  'text that grows': [
    ['{{ repeat 1000000000 "x" }}', 'repeat: the result is longer than 16777216 characters'],
    [nest('"x"', 'cat $x $x', '{{ $x }}'), tooLong],
    [nest('"x"', 'printf "%s%s" $x $x', ''), tooLong],
    ['{{ range until 1000 }}{{ printf "%999999d" 1 }}{{ end }}', /output is longer|execution makes/],
    ['{{ indent 1000000 "a\\nb\\nc\\nd\\ne\\nf\\ng\\nh\\ni\\nj\\nk\\nl\\nm\\nn\\no\\np\\nq\\nr\\n" }}', tooMuch],
    ['{{ $s := repeat 1000000 "x" }}{{ replace "" $s $s }}', tooMuch],
    ['{{ $s := repeat 1000000 "x" }}{{ replace "x" $s $s }}', tooMuch],
    ['{{ $s := repeat 1000000 "x" }}{{ regexReplaceAll "x" $s $s }}', tooMuch],
    ['{{ wrapWith 1 (repeat 10000 "y") (repeat 10000 "xy") }}', tooMuch],
    ['{{ join (repeat 100000 "y") (until 10000) }}', /result is longer|Invalid string length/],
    ['{{ randAlphaNum 1000000000 }}', 'more than 1000000 random characters'],
    ['{{ range until 1000 }}{{ $_ := set $.Values (toString .) (repeat 900000 "x") }}{{ end }}', tooMuch],
  ],
  'lists and maps that grow': [
    [nest('list 1', 'concat $x $x', ''), tooMuch],
    [nest('list 1', 'append $x 1', '', 100_000), tooMuch],
    ['{{ splitList "" (repeat 1000000 "x") }}', tooMuch],
    ['{{ regexFindAll "x" (repeat 1000000 "x") -1 }}', tooMuch],
    ['{{ $d := dict }}{{ range until 190000 }}{{ $_ := set $d (toString .) . }}{{ end }}', /execution (takes|makes)/],
    ['{{ uniq (chunk 1 (until 10000)) }}', tooMuch],
  ],
  'values that share their parts': [
    [nest('list 1', 'list $x $x', '{{ $x }}'), tooMuch],
    [nest('list 1', 'list $x $x', '{{ printf "%v" $x }}'), tooMuch],
    [nest('list 1', 'list $x $x', '{{ deepCopy $x }}'), tooMuch],
    [nest('dict', 'dict "a" $x "b" $x', '{{ toYaml $x }}'), tooMuch],
    [nest('dict', 'dict "a" $x "b" $x', '{{ toYamlPretty $x }}'), tooMuch],
    [nest('dict', 'dict "a" $x "b" $x', '{{ toJson $x }}'), tooMuch],
    [nest('dict', 'dict "a" $x "b" $x', '{{ toToml $x }}'), tooMuch],
    [nest('dict', 'dict "a" $x "b" $x', '{{ merge (dict) $x (deepCopy $x) }}'), tooMuch],
    [
      `{{ $y := list 1 }}${nest('list 1', 'list $x $x', '', 60)}{{ range until 60 }}{{ $y = list $y $y }}{{ end }}`,
      /^$/,
    ],
  ],
  'long texts that are there many times': [
    [`${many}{{ sortAlpha $l }}`, tooMuch],
    [`${many}{{ join "," $l }}`, tooMuch],
    [`${many}{{ toYaml $l }}`, tooMuch],
    [`${many}{{ toYamlPretty $l }}`, tooMuch],
    [`${many}{{ toJson $l }}`, tooMuch],
    [`${many}{{ toToml (dict "a" $l) }}`, tooMuch],
    [`${many}{{ has (print $t "x") $l }}`, tooMuch],
    [`${many}{{ uniq $l | len }}`, tooMuch],
    [`${many}{{ deepEqual $l $m }}`, tooMuch],
    [`{{ mulf ${'1.2345678901234 '.repeat(3000)} }}`, tooMuch],
  ],
  'values inside themselves': [
    [`${ring}{{ $x }}`, 'nested too deeply to print'],
    [`${ring}{{ mustToJson $x }}`, 'encountered a cycle'],
    [`${ring}{{ toYaml $x }}`, /^$/],
    [`${ring}{{ toToml $x }}`, 'nested more than 1000 deep'],
    [`${ring}{{ toYamlPretty $x }}`, 'nested more than 1000 deep'],
    [`${ring}{{ deepCopy $x }}`, 'nested more than 1000 deep'],
    [`${ring}{{ deepEqual $x $y }}`, 'nested more than 1000 deep'],
    [`${ring}{{ merge $x $y }}`, 'nested more than 1000 deep'],
  ],
  'text that is hard to read': [
    ['{{ tpl (repeat 100000 "{{1}}") . }}', tooMuch],
    ['{{ tpl (repeat 1000 "{{ if true }}") . }}', 'max block depth exceeded'],
    ['{{ fromYaml (repeat 100000 "- ") }}', 'exceeded max depth'],
    ['{{ fromJson (repeat 100000 "[") }}', 'unexpected end of JSON input'],
    [
      '{{ fromYaml (printf "a: &a [1]\\nb: &b [%s]\\nc: [%s]" (repeat 500 "*a,") (repeat 500 "*b,")) }}',
      'excessive aliasing',
    ],
    ['{{ mustRegexMatch "((a{100}){100}){100}" "a" }}', 'invalid repeat count'],
    ['{{ mustRegexMatch (repeat 100000 "a") "a" }}', tooMuch],
    ['{{ mustRegexMatch (repeat 100 "(?:a{31}){32}") "a" }}', tooMuch],
    ['{{ mustRegexMatch (print "(?i)" (repeat 1000 "[\\\\x{100}-\\\\x{10000}]")) "a" }}', tooMuch],
    ['{{ regexReplaceAll "x" (repeat 1000 "x") (repeat 100000 "$1") }}', tooMuch],
    ['{{ fromToml (print (repeat 10000 "a.") "a = 1") }}', 'nested more than 1000 deep'],
    ['{{ fromToml (print "[" (repeat 10000 "a.") "a]") }}', 'nested more than 1000 deep'],
    [
      '{{ $x := "" }}{{ range until 100 }}{{ $x = print $x (repeat 900 "a.") "k" . " = 1\\n" }}{{ end }}{{ fromToml $x }}',
      tooMuch,
    ],
    ['{{ semverCompare (repeat 100000 ">1 ||") "1.2.3" }}', tooMuch],
    ['{{ mustRegexMatch (repeat 100 "a{1000}") "a" }}', tooMuch],
    ['{{ mustRegexMatch (repeat 1000 "(a|b)*") (repeat 100000 "ab") }}', tooMuch],
    ['{{ mustRegexMatch (repeat 10000 "(") "a" }}', 'error parsing regexp'],
  ],
}

/** What a template renders, or why it does not; both bounded. */
function outcome(template: string): string {
  try {
    return renderFiles({ 'values.yaml': 't: "{{ tpl .Values.t . }}"\n', 'templates/NOTES.txt': template }, { limits })
      .notes
  } catch (error) {
    return (error as Error).message
  }
}

describe.each(Object.entries(hostile))('%s end with what is wrong', (_, cases) => {
  it.each(cases)('%s', (template, message) => {
    if (typeof message === 'string') expect(outcome(template)).toContain(message)
    else expect(outcome(template)).toMatch(message)
  })
})

describe('long texts are gone through once, however they are made', () => {
  it.each([
    ['{{ float64 (print "0x" (repeat 400000 "f")) }}', '0'],
    ['{{ float64 (print (repeat 400000 "1") "x") }}', '0'],
    ['{{ int (repeat 900000 "9") }}', '0'],
    ['{{ atoi (repeat 900000 "9") }}', '9223372036854775807'],
    ['{{ (fromYaml (print "a: " (repeat 100000 "9"))).a | len }}', '100000'],
    ['{{ wrapWith 1000 "-" (repeat 200000 "é") | len }}', '400399'],
    ['{{ uniq (until 30000) | len }}', '30000'],
    ['{{ semverCompare (repeat 50000 " ") "1" }}', 'improper constraint'],
    ['{{ mustFromJson (repeat 100000 "1") }}', 'cannot unmarshal number'],
    ['{{ $a := repeat 4000 "a" }}{{ contains (print $a "b" $a) (repeat 900000 "a") }}', 'false'],
    ['{{ $a := repeat 4000 "a" }}{{ splitList (print $a "b" $a) (repeat 100 (print $a "b")) | len }}', '51'],
    ['{{ printf (repeat 100000 "%.1[1]s") (repeat 900000 "é") | len }}', '200000'],
    ['{{ printf (repeat 400000 "%[") | trunc 4 }}', '%[%['],
    ['{{ durationRound (print (repeat 900000 "9") "s") }}', '0s'],
    ['{{ shuffle (repeat 900000 "ab") | trunc 0 | len }}', '0'],
    ['{{ derivePassword 1 "long" (repeat 900000 "a") "b" "c" }}', 'keys'],
  ])(
    '%s',
    (template, expected) => {
      expect(outcome(template)).toContain(expected)
    },
    5_000,
  )
})

describe('schemas end with what is wrong', () => {
  const twice = (keyword: string) => {
    const names = Array.from({ length: 60 }, (_, index) => [
      `d${index}`,
      { [keyword]: [{ $ref: `#/definitions/d${index + 1}` }, { $ref: `#/definitions/d${index + 1}` }] },
    ])
    return { $ref: '#/definitions/d0', definitions: { ...Object.fromEntries(names), d60: { type: 'string' } } }
  }
  const times = <T>(length: number, item: (index: number) => T) => Array.from({ length }, (_, index) => item(index))
  const text = 'a'.repeat(100_000)

  it.each<[string, unknown, unknown]>([
    ['that ask the same thing twice, again and again', twice('allOf'), {}],
    [
      'with many patterns for a long text',
      { properties: { a: { allOf: times(200, (i) => ({ pattern: `(a|aa)+${i}$` })) } } },
      { a: text },
    ],
    ['with large patterns', { properties: { a: { pattern: '(?:x{31}){32}'.repeat(100) } } }, { a: '' }],
    [
      'that show a long text again and again',
      { properties: { a: { allOf: times(1000, () => ({ pattern: '^q' })) } } },
      { a: text },
    ],
    [
      'with many values to compare with',
      { properties: { a: { items: { enum: times(3000, (i) => i) } } } },
      { a: times(3000, () => -1) },
    ],
    [
      'that require much',
      {
        allOf: times(1000, () => ({ $ref: '#/definitions/r' })),
        definitions: { r: { required: times(2000, (i) => `k${i}`) } },
      },
      {},
    ],
    [
      'that look through many keys',
      { allOf: times(2000, () => ({ minProperties: 1 })) },
      Object.fromEntries(times(2000, (i) => [i, 0])),
    ],
  ])('%s', (_, schema, values) => {
    const files = { 'values.schema.json': JSON.stringify(schema), 'values.yaml': JSON.stringify(values) }

    for (const compat of ['helm4', 'helm3'] as const) {
      expect(() => renderFiles(files, { limits, compat })).toThrow(`to check its schema takes too much: ${tooMuch}`)
    }
  })

  it('when time is up', () => {
    const files = { 'values.schema.json': JSON.stringify(twice('anyOf')) }
    let looks = 0

    expect(() => renderFiles(files, { limits: { isExpired: () => ++looks > 3 } })).toThrow('execution takes too long')
  })
})

it('counts all templates of a chart together', () => {
  const loop = '{{ range until 60000 }}{{ $x := . }}{{ end }}'
  const files = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`templates/${index}.yaml`, loop]))

  expect(() => renderFiles(files, { limits })).toThrow(/execution (takes|makes) more/)
  expect(() => renderFiles({ 'templates/0.yaml': loop }, { limits })).not.toThrow()
})

it('stops when time is up, also inside of one action', () => {
  let looks = 0
  const isExpired = () => ++looks > 3

  expect(outcomeWithin('{{ range 100000 }}{{ end }}', isExpired)).toContain('execution takes too long')
  looks = 0
  expect(outcomeWithin(nest('list 1', 'list $x $x', '{{ toYaml $x }}'), isExpired)).toContain(
    'execution takes too long',
  )
})

it('counts time by the processor, where the platform can tell', () => {
  const minutes = () => {
    let time = 0
    return () => {
      time += 60_001
      return time
    }
  }
  const clock = minutes()
  const asleep = testPlatform({ now: () => new Date(clock()), processorTime: () => 0 })
  const busy = testPlatform({ now: () => new Date(clock()), processorTime: minutes() })
  const render = (platform: Platform) =>
    renderFiles({ 'templates/NOTES.txt': '{{ range 100000 }}{{ end }}' }, { platform })

  expect(render(asleep).notes).toBe('')
  expect(() => render(busy)).toThrow('execution takes too long')
})

function outcomeWithin(template: string, isExpired: () => boolean): string {
  try {
    return renderFiles({ 'templates/NOTES.txt': template }, { limits: { isExpired } }).notes
  } catch (error) {
    return (error as Error).message
  }
}
