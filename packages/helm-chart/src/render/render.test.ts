import { describe, expect, it } from 'vitest'
import { renderFiles } from '../testing/render-text.ts'

const object = (kind: string, name: string, annotations = '') =>
  `kind: ${kind}\nmetadata:\n  name: ${name}\n${annotations && `  annotations: ${annotations}\n`}`

describe('renderChart', () => {
  it('gives the objects in install order and the hooks apart', () => {
    const { manifests, hooks, text } = renderFiles({
      'templates/a.yaml': `${object('Deployment', 'd')}---\n${object('Widget', 'w')}`,
      'templates/b.yaml': object('Service', 's'),
      'templates/h.yaml': object(
        'Job',
        'h',
        '{helm.sh/hook: "pre-install, post-upgrade", helm.sh/hook-weight: "-2", helm.sh/hook-delete-policy: hook-succeeded}',
      ),
    })

    expect(manifests.map(({ head }) => head.kind)).toEqual(['Service', 'Deployment', 'Widget'])
    expect(hooks).toMatchObject([
      { events: ['pre-install', 'post-upgrade'], weight: -2, deletePolicies: ['hook-succeeded'] },
    ])
    expect(text.startsWith('---\n# Source: demo/templates/b.yaml\nkind: Service\n')).toBe(true)
  })

  it('drops byte-order marks that pipelines write', () => {
    const bom = '\uFEFF'
    const { text } = renderFiles({
      'Chart.yaml': `${bom}apiVersion: v1\nname: demo\nversion: 1.0.0\n`,
      'values.yaml': `${bom}a: 1\n`,
      'templates/a.yaml': `${bom}kind: A\nv: {{ .Values.a }}\n`,
    })

    expect(text).toBe('---\n# Source: demo/templates/a.yaml\nkind: A\nv: 1\n')
  })

  it.each([
    ['{{ fail "no" }}', 'execution error at (demo/templates/a.yaml:1:3): no'],
    ['{{ required "need x" .Values.x }}', 'execution error at (demo/templates/a.yaml:1:3): need x'],
    [
      '{{ .Values.a.b }}',
      'demo/templates/a.yaml:1:10\n  executing "demo/templates/a.yaml" at <.Values.a.b>:\n    nil pointer evaluating interface {}.b',
    ],
    ['{{ if }}', 'parse error at (demo/templates/a.yaml:1): missing value for if'],
    [
      '{{ div 1 0 }}',
      'template: demo/templates/a.yaml:1:3: executing "demo/templates/a.yaml" at <div 1 0>: error calling div: runtime error: integer divide by zero',
    ],
    [
      'a: [',
      'YAML parse error on demo/templates/a.yaml: error converting YAML to JSON: yaml: line 1: did not find expected node content',
    ],
    [
      '- a',
      'YAML parse error on demo/templates/a.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type util.SimpleHead',
    ],
    [
      '{{ define "l" }}{{ include "l" . }}{{ end }}{{ include "l" . }}',
      'rendering template has a nested reference name: l',
    ],
  ])('%s fails as Helm does', (template, message) => {
    expect(() => renderFiles({ 'templates/a.yaml': template })).toThrow(message)
  })

  it('refuses a cluster that the chart does not support', () => {
    const files = { 'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.0.0\nkubeVersion: ">=1.99-0"\n' }

    expect(() => renderFiles(files)).toThrow(
      'chart requires kubeVersion: >=1.99-0 which is incompatible with Kubernetes v1.35.0',
    )
  })

  it('checks values against the schema', () => {
    const files = {
      'values.yaml': 'port: x\n',
      'values.schema.json':
        '{"$schema":"http://json-schema.org/draft-07/schema#","required":["name"],"properties":{"port":{"type":"integer"},"size":{"maximum":5000}}}',
    }

    expect(() => renderFiles(files, { values: { size: 9000 } })).toThrow(
      "values don't meet the specifications of the schema(s) in the following chart(s):\ndemo:\n- at '': missing property 'name'\n- at '/port': got string, want integer\n- at '/size': maximum: got 9,000, want 5,000\n",
    )
  })

  it('shows templates the files, the chart, the release and the cluster', () => {
    const template =
      '{{ .Files.Get "f.txt" }}|{{ (.Files.Glob "conf/*").AsConfig }}|{{ .Chart.AppVersion }}|{{ .Release.Name }}/{{ .Release.Namespace }}/{{ .Release.Revision }}|{{ .Capabilities.APIVersions.Has "apps/v1" }}|{{ .Capabilities.KubeVersion }}|{{ .Template.Name }}'
    const { notes } = renderFiles({ 'f.txt': 'text', 'conf/a.ini': 'x=1\n', 'templates/NOTES.txt': template })

    expect(notes).toBe('text|a.ini: |\n  x=1||rel/ns/1|true|v1.35.0|demo/templates/NOTES.txt')
  })

  it('ends a template that never ends', () => {
    const loop = '{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}'

    expect(() => renderFiles({ 'templates/a.yaml': loop }, { limits: { maxSteps: 10_000 } })).toThrow()
  })

  it('asks the given lookup', () => {
    const template = '{{ (lookup "v1" "Secret" "ns" "s").data.k }}|{{ lookup "v1" "Secret" "ns" "t" | toJson }}'
    const lookup = (...[, , , name]: string[]) => (name === 's' ? { data: { k: 'v' } } : undefined)

    expect(renderFiles({ 'templates/NOTES.txt': template }, { lookup }).notes).toBe('v|{}')
  })
})
