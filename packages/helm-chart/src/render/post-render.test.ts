import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadChart, postRenderer, renderChart } from '../index.ts'
import { testPlatform } from '../testing/test-platform.ts'

interface Case {
  readonly name: string
  /** The only template. */
  readonly input: string
  /** What a post-renderer got of Helm 4.1.4. */
  readonly merged?: string
  /** What `helm template --no-hooks` printed when it changed nothing. */
  readonly output?: string
  readonly error?: string
}

const cases: Case[] = JSON.parse(readFileSync(new URL('../testdata/post-render.json', import.meta.url), 'utf8'))

const platform = testPlatform()

const file = (name: string, text: string) => ({ name, data: new TextEncoder().encode(text) })

function render(input: string, run: (manifests: string) => string): string {
  const metadata = file('Chart.yaml', 'apiVersion: v2\nname: c\nversion: 0.1.0\n')
  const chart = loadChart([metadata, file('templates/a.yaml', input)], platform)
  const release = { name: 'r', namespace: 'default' }
  return renderChart(chart, { values: {}, release, platform, postRender: postRenderer(run) }).text
}

describe('postRenderer', () => {
  it.each(cases.filter(({ error }) => error === undefined))('gives and takes what Helm does: $name', (each) => {
    let merged = ''

    const text = render(each.input, (manifests) => {
      merged = manifests
      return manifests
    })

    expect(merged).toBe(each.merged)
    expect(text).toBe(each.output)
  })

  it.each(cases.filter(({ error }) => error !== undefined))('refuses what Helm refuses: $name', ({ input, error }) => {
    expect(() => render(input, (manifests) => manifests)).toThrow(
      expect.objectContaining({ code: 'CHART_POST_RENDER_FAILED', message: error }),
    )
  })

  it('puts objects that are new into files of their own, in the order of their kinds', () => {
    const text = render('kind: Service\nmetadata: {name: s}\n', (manifests) => `${manifests}---\nkind: Namespace\n`)

    expect(text).toBe(
      '---\n# Source: generated-by-postrender-1.yaml\nkind: Namespace\n' +
        '---\n# Source: c/templates/a.yaml\nkind: Service\nmetadata: {name: s}\n',
    )
  })
})
