import { type Chart, crdsOf } from '@slipway/helm-chart'
import { log } from '../log.ts'

/** What a rendering against the cluster has to say when it installs nothing, not even the kinds of its own objects. */
export function warnOfCrds(chart: Chart): void {
  if (crdsOf(chart).length === 0) return
  log('WARN', 'This chart or one of its subcharts contains CRDs. Rendering may fail or contain inaccuracies.')
}
