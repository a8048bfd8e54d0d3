import { messageOf, UserError } from '@slipway/errors'
import { sprintf } from '@slipway/go-template'
import { stringify } from '@slipway/go-yaml'
import { type Chart, crdsOf, metadataJson, writeJson } from '@slipway/helm-chart'
import { JsonPathTemplate, PathFault } from '@slipway/kube-objects'
import { readChart } from './chart-source.ts'

export type ChartPart = 'all' | 'chart' | 'values' | 'readme' | 'crds'

const decoder = new TextDecoder()

/** `helm show values CHART --jsonpath TEMPLATE`: the text for stdout. Throws UserError HELM_FLAG_INVALID when it is no template. */
export function showValuesAt(path: string, text: string): string {
  const { values, raw } = readChart(path)
  if (!raw.some(({ name }) => name === 'values.yaml')) return ''
  try {
    const found = templateOf(text).find(values)
    return found.map((results) => results.map(resultText).join(' ')).join('')
  } catch (error) {
    // What can't be found is not told, as in Helm.
    if (error instanceof PathFault) return ''
    throw error
  }
}

function templateOf(text: string): JsonPathTemplate {
  try {
    return new JsonPathTemplate(text)
  } catch (cause) {
    throw new UserError('HELM_FLAG_INVALID', `error parsing jsonpath ${text}: ${messageOf(cause)}`, { cause })
  }
}

function resultText(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? writeJson(value) : sprintf('%v', value)
}

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
