/** A metric with its values, as Prometheus' text format has it. */
export interface Metric {
  name: string
  help: string
  type: 'counter' | 'gauge'
  values: MetricValue[]
}

export interface MetricValue {
  labels?: Record<string, string>
  value: number
  /** When it was that; absent = now. */
  at?: Date
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Text of metrics; those without values are left out. */
export function writeExposition(metrics: Metric[]): string {
  return metrics
    .filter(({ values }) => values.length > 0)
    .map(({ name, help, type, values }) => {
      const lines = values.map(
        ({ labels, value, at }) => `${name}${labelText(labels)} ${value}${at ? ` ${at.getTime()}` : ''}`,
      )
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`
    })
    .join('')
}

function labelText(labels: Record<string, string> = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

const escaped = (text: string): string => text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
