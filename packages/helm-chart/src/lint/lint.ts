import { compareStrings } from '@slipway/go-template'
import type { ChartFile } from '../chart/chart.ts'
import { loadChart } from '../chart/load.ts'
import { lintChartFile } from './chart-file.ts'
import { lintCrds } from './crds.ts'
import { lintDependencies } from './dependencies.ts'
import { type Finding, Findings } from './findings.ts'
import { lintTemplates, type TemplateLint } from './templates.ts'
import { lintValuesFile } from './values-file.ts'

/** How a chart is looked at. */
export interface LintOptions extends TemplateLint {
  /** How messages call the chart's folder. */
  readonly folder: string
}

/** What Helm 4's `helm lint` finds in a chart's files, in its order and words. It throws for no chart. */
export function lintChart(given: readonly ChartFile[], options: LintOptions): readonly Finding[] {
  const files = [...given].sort(inWalkingOrder)
  const findings = new Findings()
  const load = () => loadChart(files, options.platform)
  const has = (folder: string) => files.some(({ name }) => name.startsWith(folder))
  lintChartFile(findings, files)
  lintValuesFile(findings, files, options)
  const hasTemplates = has('templates/')
  findings.check('WARNING', 'templates/', hasTemplates ? undefined : 'directory does not exist')
  if (hasTemplates) lintTemplates(findings, load, options)
  lintDependencies(findings, load, options.folder)
  if (has('crds/')) lintCrds(findings, load)
  return findings.list
}

/** Helm walks folders, those of an archive too, after it has unpacked it: a folder's files stand together. */
function inWalkingOrder(a: ChartFile, b: ChartFile): number {
  const [left, right] = [a.name.split('/'), b.name.split('/')]
  const at = left.findIndex((part, index) => part !== right[index])
  return at < 0 ? left.length - right.length : compareStrings(left[at] ?? '', right[at] ?? '')
}
