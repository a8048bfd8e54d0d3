import { stringify } from '@slipway/go-yaml'
import { type Chart, crdsOf, metadataJson } from '@slipway/helm-chart'
import { readChart } from './chart-source.ts'

export type ChartPart = 'all' | 'chart' | 'values' | 'readme' | 'crds'

const decoder = new TextDecoder()

/** `helm show PART CHART`: the text for stdout. */
export function showChart(path: string, part: ChartPart): string {
  const chart = readChart(path)
  const shows = (wanted: ChartPart) => part === 'all' || part === wanted
  let text = shows('chart') ? `${stringify(metadataJson(chart.metadata))}\n` : ''
  const values = chart.raw.filter(({ name }) => name === 'values.yaml')
  if (shows('values') && values.length > 0) {
    if (part === 'all') text += '---\n'
    for (const { data } of values) text += `${decoder.decode(data)}\n`
  }
  const readme = findReadme(chart)
  if (shows('readme') && readme) text += `${part === 'all' ? '---\n' : ''}${decoder.decode(readme.data)}\n`
  if (shows('crds')) for (const crd of crdsOf(chart)) text += separated(decoder.decode(crd.data))
  return text
}

function separated(text: string): string {
  return `${text.startsWith('---') ? '' : '---\n'}${text}\n`
}

const readmeNames = ['readme.md', 'readme.txt', 'readme']

function findReadme(chart: Chart) {
  return chart.files.find((file) => readmeNames.includes(file.name.toLowerCase()))
}
