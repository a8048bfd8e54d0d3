import { readFileSync } from 'node:fs'
import { compareSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { renderExpression } from '../testing/render-text.ts'
import { testPlatform } from '../testing/test-platform.ts'
import { templateFunctions } from './all.ts'

interface Row {
  readonly template: string
  readonly output?: string
  readonly error?: string
}

// What Helm 4.1.4's engine gives for these templates. Errors begin with the expression that failed where Go says it.
const golden: { values: string; functions: Record<string, Row[]> } = JSON.parse(
  readFileSync(new URL('../testdata/functions.json', import.meta.url), 'utf8'),
)

function outcome(template: string): Omit<Row, 'template'> {
  try {
    return { output: renderExpression(template, golden.values) }
  } catch (error) {
    const message = (error as Error).message.replaceAll('NOTES.txt', 't.yaml')
    return { error: message.replace(/^template: \S+: executing "[^"]*" at /, '') }
  }
}

describe.each(Object.entries(golden.functions))('%s gives what Sprig or Helm gives', (_, rows) => {
  it.each(rows.map((row) => [row.template, row] as const))('%s', (_template, { template, ...expected }) => {
    expect(outcome(template)).toEqual(expected)
  })
})

// Clock, randomness, the network and what the platform does for keys.
const unrepeatable = ['now', 'ago', 'shuffle', 'bcrypt', 'getHostByName', 'keys', 'values']
const random = ['randAlphaNum', 'randAlpha', 'randAscii', 'randNumeric', 'randBytes', 'randInt', 'uuidv4']
const keyed = ['derivePassword', 'encryptAES', 'decryptAES', 'genPrivateKey', 'genCA', 'genCAWithKey']
const certificates = [
  'genSignedCert',
  'genSignedCertWithKey',
  'genSelfSignedCert',
  'genSelfSignedCertWithKey',
  'buildCustomCert',
]

it('has rows for every function', () => {
  const known = [...Object.keys(golden.functions), ...unrepeatable, ...random, ...keyed, ...certificates]

  expect(Object.keys(templateFunctions(testPlatform())).filter((name) => !known.includes(name))).toEqual([])
})

it.each([
  ['{{ randAlphaNum 40 }}', /^[0-9A-Za-z]{40}$/],
  ['{{ randAlpha 40 }}', /^[A-Za-z]{40}$/],
  ['{{ randAscii 40 }}', /^[ -~]{40}$/],
  ['{{ randNumeric 40 }}', /^[0-9]{40}$/],
  ['{{ randBytes 30 }}', /^[0-9A-Za-z+/]{40}$/],
  ['{{ randInt 5 8 }}', /^[567]$/],
  ['{{ uuidv4 }}', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ['{{ shuffle "abc" | splitList "" | sortAlpha | join "" }}', /^abc$/],
  ['{{ keys (dict "b" 1 "a" 2) | sortAlpha }} {{ values (dict "b" 1) }}', /^\[a b\] \[1\]$/],
  ['{{ getHostByName "localhost" }}', /^$/],
  ['{{ now | date "2006-01-02T15:04:05Z07:00" }} {{ now | dateModify "-1h" | ago }}', /^2026-03-04T05:06:07Z 1h0m0s$/],
])('%s is shaped as it must be', (template, shape) => {
  expect(renderExpression(template)).toMatch(shape)
})

it('hashes passwords so that they can be checked', () => {
  expect(compareSync('secret', renderExpression('{{ bcrypt "secret" }}'))).toBe(true)
  expect(renderExpression('{{ htpasswd "me" "secret" }}')).toMatch(/^me:\$2a\$10\$.{53}$/)
})

it('treats names of JavaScript as plain keys', () => {
  const expression =
    '{{ .Values.constructor }}|{{ .Values.__proto__ }}|{{ hasKey .Values "toString" }}|{{ set (dict) "__proto__" 1 | toJson }}'

  expect(renderExpression(expression)).toBe('||false|{"__proto__":1}')
})

// What Helm 4.1.4 gives.
describe('structs are compared as Go compares them', () => {
  it.each([
    [
      '{{ $n := now }}{{ ne $n ($n | dateModify "x") }} {{ ne $n ($n | dateModify "5m") }} {{ eq $n nil }}',
      'false true false',
    ],
    ['{{ $d := toDate "2006-01-02" "2020-11-01" }}{{ eq $d (toDate "2006-01-02" "2020-11-01") }}', 'true'],
    ['{{ $d := toDate "2006-01-02" "2020-11-01" }}{{ eq $d.Month 11 }} {{ lt $d.Month 12 }}', 'true true'],
    ['{{ $v := semver "1.2.3" }}{{ eq $v $v }} {{ eq $v (semver "1.2.3") }}', 'true false'],
    ['{{ eq .Capabilities .Capabilities }} {{ eq .Capabilities.KubeVersion .Capabilities.HelmVersion }}', 'true false'],
    ['{{ eq .Capabilities.KubeVersion .Capabilities.KubeVersion }}', 'true'],
  ])('%s', (template, output) => {
    expect(renderExpression(template)).toBe(output)
  })

  it.each([
    ['{{ eq .Chart .Chart }}', 'non-comparable type map['],
    ['{{ eq .Files .Files }}', 'non-comparable type map['],
    ['{{ eq (semver "1.2.3") now }}', 'non-comparable types 1.2.3: *semver.Version, time.Time: '],
    ['{{ eq now 1 }}', 'incompatible types for comparison: time.Time and int'],
    ['{{ lt now now }}', 'invalid type for comparison'],
  ])('%s fails', (template, message) => {
    expect(() => renderExpression(template)).toThrow(message)
  })
})
