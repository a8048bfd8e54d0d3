import type { Chart } from '../chart/chart.ts'
import { parseValues } from '../chart/load.ts'
import { coalesceValues } from '../values/coalesce.ts'
import type { Values } from '../values/value.ts'
import type { Release } from './release.ts'

/** The values of a stored release as templates take them; a copy, which may be changed. */
export function storedValues(stored: Values | null | undefined): Values {
  return parseValues(JSON.stringify(stored ?? {}))
}

/** What the templates saw: the chart's defaults under the given values. Stored releases have no subcharts (Helm's rule). */
export function computedValues({ chart, config }: Release): Values {
  const model: Chart = {
    metadata: { apiVersion: 'v2', ...chart.metadata },
    values: storedValues(chart.values),
    templates: [],
    files: [],
    raw: [],
    dependencies: [],
    warnings: [],
  }
  return coalesceValues(model, storedValues(config))
}
