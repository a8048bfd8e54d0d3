import type { Chart, ChartFile } from '../chart/chart.ts'
import { loadChart } from '../chart/load.ts'
import { type RenderedChart, type RenderOptions, renderChart } from '../render/render.ts'
import { testPlatform } from './test-platform.ts'

/** The files of a chart from their texts. */
export function chartFiles(texts: Readonly<Record<string, string>>): ChartFile[] {
  return Object.entries(texts).map(([name, text]) => ({ name, data: new TextEncoder().encode(text) }))
}

/** A chart from the texts of its files; Chart.yaml is made up when it is not among them. */
export function chartOf(texts: Readonly<Record<string, string>>): Chart {
  const defaults = { 'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 0.1.0\n' }
  return loadChart(chartFiles({ ...defaults, ...texts }), testPlatform())
}

/** Renders a chart as release `rel` in namespace `ns`. */
export function renderFiles(
  texts: Readonly<Record<string, string>>,
  options: Partial<RenderOptions> = {},
): RenderedChart {
  return renderChart(chartOf(texts), {
    values: {},
    release: { name: 'rel', namespace: 'ns' },
    platform: testPlatform(),
    ...options,
  })
}

/** What one template expression renders, in the values given as YAML. */
export function renderExpression(expression: string, values = ''): string {
  const rendered = renderFiles({ 'values.yaml': values, 'templates/NOTES.txt': expression })
  return rendered.notes
}
