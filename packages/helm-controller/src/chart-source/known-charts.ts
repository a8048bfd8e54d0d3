import type { ChartReader, OpenChart } from './chart-source.ts'

/** Charts kept in memory; the one that was read first goes first. */
const KEPT = 64

/** Reads no chart twice that has the same digest. */
export function knownCharts(read: ChartReader): ChartReader {
  const known = new Map<string, OpenChart>()
  return async (chart, signal) => {
    const found = known.get(chart.digest)
    if (found) return found
    const opened = await read(chart, signal)
    known.set(chart.digest, opened)
    const [oldest] = known.keys()
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest)
    return opened
  }
}
