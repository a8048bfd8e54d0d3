import { Kept } from '../kept.ts'
import type { ChartReader, OpenChart } from './chart-source.ts'

/** Charts kept in memory. */
const KEPT = 64

/** Reads no chart twice that has the same digest. */
export function knownCharts(read: ChartReader): ChartReader {
  const known = new Kept<OpenChart>(KEPT)
  return async (chart, signal) => {
    const found = known.get(chart.digest)
    if (found) return found
    const opened = await read(chart, signal)
    known.set(chart.digest, opened)
    return opened
  }
}
