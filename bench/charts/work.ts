import { performance } from 'node:perf_hooks'
import { type Chart, renderChart } from '@slipway/helm-chart'
import { readChart } from '../../apps/slipway/src/helm/chart-source.ts'
import { completeSchemas } from '../../apps/slipway/src/helm/fetched-schemas.ts'
import { runLocalTemplate } from '../../apps/slipway/src/helm/local-template.ts'
import { nodePlatform } from '../../apps/slipway/src/helm/node-platform.ts'
import { readValues } from '../../apps/slipway/src/helm/values-options.ts'
import { argumentsOf, type ChartCase } from '../../tests/conformance/charts/corpus.ts'

/** What is done with a case: rendered, with its chart loaded anew or kept, or run as the command would run it. */
export interface Work {
  readonly kind: 'anew' | 'kept' | 'command'
  readonly item: ChartCase
}

/** Milliseconds. */
export interface Spent {
  readonly load: number
  readonly render: number
}

/** Does work, with the charts it has loaded before. */
export function worker(): (work: Work) => Spent {
  const loaded = new Map<string, Chart>()
  return ({ kind, item }) => {
    const start = performance.now()
    if (kind === 'command') {
      void runLocalTemplate(argumentsOf(item), {}, completeSchemas)
      return { load: 0, render: performance.now() - start }
    }
    const chart = (kind === 'kept' && loaded.get(item.chart)) || readChart(item.chart)
    if (kind === 'kept') loaded.set(item.chart, chart)
    const middle = performance.now()
    const values = readValues({ values: item.values, set: [], setString: [], setJson: [], setLiteral: [], setFile: [] })
    renderChart(chart, { values, release: { name: item.release, namespace: item.namespace }, platform: nodePlatform })
    return { load: middle - start, render: performance.now() - middle }
  }
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
