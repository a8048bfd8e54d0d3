const functions =
  'include tpl toYaml fromYaml toJson fromJson toToml fromToml required fail lookup printf print dict list set get merge mergeOverwrite deepCopy append concat slice index keys values pick omit pluck dig default ternary coalesce repeat trunc substr replace split splitList join indent nindent regexMatch regexReplaceAll regexFindAll semver semverCompare date toDate dateModify duration until untilStep seq add mul div mod round int int64 float64 b64enc b64dec sha256sum urlParse urlJoin genCA htpasswd quote squote upper title wrap abbrev sortAlpha uniq without has first last reverse chunk range len and or not eq lt typeOf kindOf toString toStrings atoi'
const operands =
  '. $ $x .Values .Values.a .Values.a.b .Chart .Release.Name .Files .Capabilities .Template nil true 0 1 -1 1e308 0x7fffffffffffffff 9223372036854775807 1.5 \'a\' "" "x" "{{" "{{ . }}" `raw` "%s%d%v%!" "__proto__" "constructor" (dict) (list) (list 1 "a" nil) (dict "__proto__" 1) (until 3) "a: [" "[1" "2006-01-02" ">1 <2" "((a|b)*" .Values.a.b.c $.Values.a'
const blocks = [
  '{{ if .Values.a }}',
  '{{ else }}',
  '{{ else if 1 }}',
  '{{ end }}',
  '{{ range $k, $v := .Values }}',
  '{{ range until 3 }}',
  '{{ with .Values.a }}',
  '{{ break }}',
  '{{ continue }}',
  '{{ define "t" }}',
  '{{ block "u" . }}',
  '{{ template "t" . }}',
  '{{ $x := . }}',
  '{{ $x = 1 }}',
  '{{- /* c */ -}}',
  '{{-',
  '-}}',
  '{{',
  '}}',
  '|',
  '(',
  ')',
]
const yaml = [
  '---',
  'kind: ConfigMap',
  'a: &a [*a]',
  '<<: *a',
  '- ',
  '? ',
  'x: |\n  y',
  'x: >-\n  y',
  '!!binary x',
  '"\\x',
  '\t',
  '\0',
  '\uFEFF',
  '\u2028',
  '😀',
  '\ud800',
]

/** What template and YAML texts are made of, right and wrong. */
export const pieces: readonly string[] = [
  ...functions
    .split(' ')
    .flatMap((name) => operands.split(/ (?![^(]*\))/).map((operand) => `{{ ${name} ${operand} }}`)),
  ...operands.split(/ (?![^(]*\))/).map((operand) => `{{ ${operand} | toYaml | quote }}`),
  ...blocks.flatMap((block) => Array.from({ length: 60 }, () => block)),
  ...yaml.flatMap((text) => Array.from({ length: 40 }, () => text)),
]
