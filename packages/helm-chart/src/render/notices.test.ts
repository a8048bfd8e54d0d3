import { describe, expect, it } from 'vitest'
import { loadChart } from '../chart/load.ts'
import type { Notice } from '../notice.ts'
import { testPlatform } from '../testing/test-platform.ts'
import type { Values } from '../values/value.ts'
import { renderChart } from './render.ts'

const chart = {
  'Chart.yaml': `apiVersion: v2
name: demo
version: 0.1.0
dependencies:
  - {name: sub, version: 0.1.0, condition: "sub.use,other.use", tags: [front]}
`,
  'values.yaml': 'image: {tag: 1}\nports: 80\nnone: null\nother: {use: "yes"}\n',
  'templates/hook.yaml': 'kind: Pod\nmetadata: {name: h, annotations: {helm.sh/hook: crd-install}}\n',
  'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 0.1.0\n',
  'charts/sub/values.yaml': 'tls: {auto: true}\nrules: []\n',
}

function noticesOf(values: Values): string[] {
  const platform = testPlatform()
  const files = Object.entries(chart).map(([name, text]) => ({ name, data: new TextEncoder().encode(text) }))
  const notices: Notice[] = []
  renderChart(loadChart(files, platform), {
    values,
    release: { name: 'rel', namespace: 'default' },
    platform,
    notify: (notice) => notices.push(notice),
  })
  return [
    ...new Set(notices.map(({ level, message, fields = {} }) => [level, message, ...Object.values(fields)].join(' '))),
  ]
}

/** What is told whatever the values are. */
const always = ['WARN returned non-bool value other.use sub', 'INFO skipping unknown hooks crd-install']

describe('what stops nothing', () => {
  it.each([
    [{}, []],
    [{ ports: { http: 80 } }, ['INFO warning: skipped value for demo.ports: Not a table.']],
    [
      { sub: { tls: false, rules: { a: 1 } } },
      [
        'INFO warning: cannot overwrite table with non table for demo.sub.tls (map[auto:true])',
        'INFO warning: destination for demo.sub.rules is a table. Ignoring non-table value ([])',
        'INFO warning: skipped value for demo.sub.rules: Not a table.',
      ],
    ],
    [{ none: { a: 1 } }, []],
    [{ tags: { front: 'no' } }, ['WARN returned non-bool value front sub']],
    [{ global: 5 }, ['INFO warning: skipping globals because source global is not a table.']],
  ] as [Values, string[]][])('is told of %j', (values, told) => {
    expect(noticesOf(values).toSorted()).toEqual([...always, ...told].toSorted())
  })
})
