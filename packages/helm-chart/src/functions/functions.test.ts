import { describe, expect, it } from 'vitest'
import { renderExpression } from '../testing/render-text.ts'

// Each line was printed by Helm 4.1.4.
describe('template functions', () => {
  it.each([
    [
      '{{ "Hello World" | snakecase }} {{ "HTTPServer9a" | kebabcase }} {{ "foo_bar-baz" | camelcase }}',
      'hello_world http-server-9a FooBarBaz',
    ],
    ['{{ trunc 3 "äöü" | b64enc }} {{ trunc -2 "hello" }} {{ substr 1 3 "hello" }}', 'w6TD lo el'],
    ['{{ quote "a\\"b" nil 1 }} {{ squote 1 true }}', '"a\\"b" "1" \'1\' \'true\''],
    ['{{ add 1 "2" 3.9 }} {{ div 7 2 }} {{ mod -7 3 }} {{ mul 2 3 4 }} {{ max 1 9 3 }}', '6 3 -1 24 9'],
    ['{{ addf 0.1 0.2 }} {{ divf 10 3 }} {{ round 2.675 2 }} {{ floor 1.9 }}', '0.3 3.3333333333333335 2.68 1'],
    ['{{ int "0x1f" }} {{ int "010" }} {{ int 3.9 }} {{ atoi "007" }} {{ toDecimal 777 }}', '31 8 3 7 511'],
    ['{{ seq 1 3 }} {{ until 3 }} {{ untilStep 0 6 2 }}', '1 2 3 [0 1 2] [0 2 4]'],
    [
      '{{ list 1 2 3 | rest | reverse }} {{ uniq (list 1 1 2) }} {{ without (list 1 2) 2 }} {{ chunk 2 (list 1 2 3) }}',
      '[3 2] [1 2] [1] [[1 2] [3]]',
    ],
    [
      '{{ dict "b" 1 "a" (dict "c" nil) | toJson }} {{ dig "a" "b" "none" (dict "a" dict) }}',
      '{"a":{"c":null},"b":1} none',
    ],
    [
      '{{ merge (dict "a" 1) (dict "a" 2 "b" 3) | toJson }} {{ mergeOverwrite (dict "a" 1) (dict "a" 2) | toJson }}',
      '{"a":1,"b":3} {"a":2}',
    ],
    [
      '{{ regexReplaceAll "(a)(b)" "abab" "${2}$1-" }} {{ regexFindAll "a*" "baac" -1 | len }} {{ regexSplit "," "a,b,c" 2 }}',
      'ba-ba- 3 [a b,c]',
    ],
    ['{{ semverCompare "^1.2" "1.9.0" }} {{ (semver "v1.2.3-rc.1").Minor }}', 'true 2'],
    [
      '{{ "a&b<c>" | toJson }} {{ "a&b" | toRawJson }} {{ list | toPrettyJson }}',
      '"a\\u0026b\\u003cc\\u003e" "a&b" []',
    ],
    ['{{ typeOf 1 }} {{ typeOf 1.5 }} {{ kindOf (list) }} {{ typeOf (add 1 1) }}', 'int float64 slice int64'],
    [
      '{{ "hello" | sha256sum | trunc 8 }} {{ "hello" | adler32sum }} {{ "hello" | b32enc }}',
      '2cf24dba 103547413 NBSWY3DP',
    ],
    [
      '{{ date "2006-01-02T15:04:05Z07:00" now }} {{ now | dateModify "-1h" | htmlDate }} {{ duration "95" }}',
      '2026-03-04T05:06:07Z 2026-03-04 1m35s',
    ],
    [
      '{{ urlParse "http://u:p@h:1/p?q#f" | toJson }}',
      '{"fragment":"f","host":"h:1","hostname":"h","opaque":"","path":"/p","query":"q","scheme":"http","userinfo":"u:p"}',
    ],
    [
      '{{ wrap 5 "a bc def ghij" | replace "\\n" "|" }} {{ abbrev 5 "hello world" }} {{ initials "First Try" }}',
      'a bc|def|ghij he... FT',
    ],
    ['{{ ternary 1 2 true }} {{ default 5 0 }} {{ coalesce "" 0 "x" }} {{ empty list }}', '1 5 x true'],
    [
      '{{ fromYaml "a: [1, x]" | toJson }} {{ fromJson "[1]" | toJson }}',
      '{"a":[1,"x"]} {"Error":"json: cannot unmarshal array into Go value of type map[string]interface {}"}',
    ],
    ['{{ tpl "{{ .Values.x }}" . }} {{ include "t" 5 }}{{ define "t" }}<{{ . }}>{{ end }}', '1 <5>'],
  ])('%s', (expression, expected) => {
    expect(renderExpression(expression, 'x: 1')).toBe(expected)
  })

  it('treats names of JavaScript as plain keys', () => {
    const expression =
      '{{ .Values.constructor }}|{{ .Values.__proto__ }}|{{ hasKey .Values "toString" }}|{{ set (dict) "__proto__" 1 | toJson }}'

    expect(renderExpression(expression)).toBe('||false|{"__proto__":1}')
  })
})
