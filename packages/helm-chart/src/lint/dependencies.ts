import type { Chart } from '../chart/chart.ts'
import type { Findings } from './findings.ts'

/** Whether what Chart.yaml says of subcharts is what is there. `folder`: how the chart's own is called in messages. */
export function lintDependencies(findings: Findings, load: () => Chart, folder: string): void {
  const chart = findings.attempt('', load, 'unable to load chart\n\t')
  if (!chart) return
  const declared = chart.metadata.dependencies ?? []
  const present = chart.dependencies.map(({ metadata }) => metadata.name)
  const undeclared = present.filter((name) => !declared.some((dependency) => dependency.name === name))
  const keys = declared.map(({ name, alias }) => alias || name)
  const twice = keys.filter((key, index) => keys.indexOf(key) < index)
  const missing = declared.map(({ name }) => name).filter((name) => !present.includes(name))
  findings.check('ERROR', folder, listed('chart metadata is missing these dependencies', undeclared))
  findings.check('ERROR', folder, listed('multiple dependencies with name or alias', twice))
  findings.check('WARNING', folder, listed('chart directory is missing these dependencies', missing))
}

function listed(problem: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${problem}: ${names.join(',')}`
}
