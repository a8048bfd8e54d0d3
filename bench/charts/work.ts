import { performance } from 'node:perf_hooks'
import { type Chart, renderChart } from '@slipway/helm-chart'
import { readChart } from '../../apps/slipway/src/helm/chart-source.ts'
import { completeSchemas } from '../../apps/slipway/src/helm/fetched-schemas.ts'
import { runLocalTemplate } from '../../apps/slipway/src/helm/local-template.ts'
import { nodePlatform } from '../../apps/slipway/src/helm/node-platform.ts'
import { readValues } from '../../apps/slipway/src/helm/values-options.ts'
import { argumentsOf, type ChartCase } from '../../tests/conformance/charts/corpus.ts'

/**
 * What is done with cases of one chart: each rendered, with the chart loaded anew or kept, or run as the command would run it, but for
 * the chart, which a program of several commands loads once.
 */
export interface Work {
  readonly kind: 'anew' | 'kept' | 'commands'
  readonly cases: readonly ChartCase[]
}

/** Milliseconds. */
export interface Spent {
  readonly load: number
  readonly render: number
}

/** Does work, with the charts it has loaded before. Gives what each case took. */
export function worker(): (work: Work) => Spent[] {
  const loaded = new Map<string, Chart>()
  const kept = (path: string): Chart => {
    const chart = loaded.get(path) ?? readChart(path)
    loaded.set(path, chart)
    return chart
  }
  return ({ kind, cases }) => {
    if (kind === 'commands') return runCommands(cases)
    return cases.map((item) => rendering(item, kind === 'kept' ? kept : readChart))
  }
}

function runCommands(cases: readonly ChartCase[]): Spent[] {
  let chart: Chart | undefined
  return cases.map((item) => {
    const start = performance.now()
    void runLocalTemplate(argumentsOf(item), {}, completeSchemas, (path) => (chart ??= readChart(path)))
    return { load: 0, render: performance.now() - start }
  })
}

function rendering({ chart: path, release, ...item }: ChartCase, read: (path: string) => Chart): Spent {
  const start = performance.now()
  const chart = read(path)
  const middle = performance.now()
  const values = readValues({ values: item.values, set: [], setString: [], setJson: [], setLiteral: [], setFile: [] })
  renderChart(chart, { values, release: { name: release, namespace: item.namespace }, platform: nodePlatform })
  return { load: middle - start, render: performance.now() - middle }
}

/** What commands print is not looked at here. */
export async function silently<T>(run: () => T | Promise<T>): Promise<T> {
  const write = { out: process.stdout.write, error: process.stderr.write }
  process.stdout.write = () => true
  process.stderr.write = () => true
  try {
    return await run()
  } finally {
    process.stdout.write = write.out
    process.stderr.write = write.error
  }
}
