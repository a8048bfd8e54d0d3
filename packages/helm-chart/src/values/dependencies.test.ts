import { describe, expect, it } from 'vitest'
import { renderFiles } from '../testing/render-text.ts'

const subchart = {
  'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
  'charts/sub/values.yaml': 'own: 1\nshared: sub\nexports: {out: {exported: yes}}\n',
  'charts/sub/templates/cm.yaml':
    'kind: ConfigMap\nname: {{ .Chart.Name }}\nown: {{ .Values.own }}\nshared: {{ .Values.shared }}\nglobal: {{ .Values.global.g }}\n',
}
const parent = (dependency: string) => ({
  ...subchart,
  'Chart.yaml': `apiVersion: v2\nname: demo\nversion: 0.1.0\ndependencies:\n- name: sub\n  version: ~1\n  repository: ""\n${dependency}`,
})
const contents = (files: Record<string, string>, values = {}) =>
  renderFiles(files, { values }).manifests.map(({ content }) => content)

describe('subcharts', () => {
  it("see the parent's values under their name, and globals", () => {
    const files = { ...parent(''), 'values.yaml': 'global: {g: 7}\nsub: {shared: parent}\n' }

    expect(contents(files)).toEqual(['kind: ConfigMap\nname: sub\nown: 1\nshared: parent\nglobal: 7'])
  })

  it('are left out by their condition, which wins over tags', () => {
    const files = {
      ...parent('  condition: sub.enabled\n  tags: [t]\n'),
      'values.yaml': 'tags: {t: true}\nsub: {enabled: false}\n',
    }

    expect(contents(files)).toEqual([])
    expect(contents(files, { sub: { enabled: true } })).toHaveLength(1)
  })

  it('are left out by a tag that is false', () => {
    expect(contents({ ...parent('  tags: [t]\n'), 'values.yaml': 'tags: {t: false}\n' })).toEqual([])
  })

  it('render under their alias', () => {
    const [content] = contents({ ...parent('  alias: other\n'), 'values.yaml': 'other: {own: 2}\n' })

    expect(content).toContain('name: other\nown: 2')
  })

  it('lend values to the parent through import-values', () => {
    const files = { ...parent('  import-values: [out]\n'), 'templates/NOTES.txt': '{{ .Values.exported }}' }

    expect(renderFiles(files).notes).toBe('true')
  })
})

describe('null', () => {
  it('removes a default', () => {
    const files = { 'values.yaml': 'a: 1\nb: {c: 1, d: 2}\n', 'templates/NOTES.txt': '{{ toJson .Values }}' }

    expect(renderFiles(files, { values: { a: null, b: { c: null } } }).notes).toBe('{"b":{"d":2}}')
  })
})
