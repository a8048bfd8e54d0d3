import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@slipway/errors'
import { renderChart } from '@slipway/helm-chart'
import { readChart } from './chart-source.ts'
import { nodePlatform } from './node-platform.ts'
import { readValues, type ValuesOptions } from './values-options.ts'

/** The flags of `helm lint`. */
export interface LintOptions extends ValuesOptions {
  readonly namespace: string
  readonly strict: boolean
  readonly quiet: boolean
  readonly skipSchemaValidation: boolean
}

interface Finding {
  readonly severity: 'INFO' | 'WARNING' | 'ERROR'
  readonly path: string
  readonly message: string
}

/** What a lint run prints, and with which message it fails. */
export interface LintResult {
  readonly text: string
  readonly failure?: string
}

/** `helm lint [PATH...]`: loads and renders the charts and says what is wrong with them. */
export function lint(paths: readonly string[], options: LintOptions): LintResult {
  const charts = paths.length > 0 ? paths : ['.']
  let text = ''
  let failed = 0
  for (const path of charts) {
    const unreadable = existsSync(path) && !path.endsWith('.tgz') && !existsSync(join(path, 'Chart.yaml'))
    if (!existsSync(path) || unreadable) {
      text += `==> Linting ${path}\nError unable to check Chart.yaml file in chart: stat ${join(path, 'Chart.yaml')}: no such file or directory\n\n`
      failed++
      continue
    }
    const findings = lintChart(path, options)
    const limit = options.strict ? /ERROR|WARNING/ : /ERROR/
    if (findings.some((finding) => limit.test(finding.severity))) failed++
    const shown = options.quiet ? findings.filter((finding) => finding.severity !== 'INFO') : findings
    const lines = shown.map((finding) => `[${finding.severity}] ${finding.path}: ${finding.message}\n`)
    if (!options.quiet || lines.length > 0) text += `==> Linting ${path}\n${lines.join('')}\n`
  }
  const summary = `${charts.length} chart(s) linted, ${failed} chart(s) failed`
  if (failed > 0) return { text, failure: summary }
  return { text: options.quiet ? text : `${text}${summary}\n` }
}

function lintChart(path: string, options: LintOptions): Finding[] {
  const findings: Finding[] = []
  const add = (severity: Finding['severity'], place: string, message: string) =>
    findings.push({ severity, path: place, message })
  try {
    const chart = readChart(path)
    if (!chart.metadata.icon) add('INFO', 'Chart.yaml', 'icon is recommended')
    if (!chart.raw.some((file) => file.name === 'values.yaml')) add('INFO', 'values.yaml', 'file does not exist')
    if (chart.templates.length === 0) add('WARNING', 'templates/', 'directory does not exist')
    renderChart(chart, {
      values: readValues(options),
      release: { name: 'test-release', namespace: options.namespace },
      platform: nodePlatform,
      lint: true,
      skipSchemaValidation: options.skipSchemaValidation,
    })
  } catch (error) {
    add('ERROR', 'templates/', messageOf(error))
  }
  return findings
}
