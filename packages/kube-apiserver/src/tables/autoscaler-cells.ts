import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import type { Cell } from './cells.ts'

export function autoscaler({ spec, status = {} }: Readonly<KubeObject>): Record<string, Cell> {
  const target = spec.scaleTargetRef ?? {}
  return {
    Reference: `${target.kind}/${target.name}`,
    Targets: targets(metricsOf(spec), status.currentMetrics ?? []),
    MinPods: spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    MaxPods: spec.maxReplicas ?? 0,
    Replicas: status.currentReplicas ?? 0,
  }
}

/** autoscaling/v1 knows the processor only. */
function metricsOf({ metrics, targetCPUUtilizationPercentage }: Spec): Spec[] {
  if (metrics || targetCPUUtilizationPercentage === undefined) return metrics ?? []
  const target = { averageUtilization: targetCPUUtilizationPercentage }
  return [{ type: 'Resource', resource: { name: 'cpu', target } }]
}

/** What each metric is and should be, two at most (formatHPAMetrics). */
function targets(metrics: Spec[], current: Spec[]): string {
  if (metrics.length === 0) return '<none>'
  const shown = metrics.slice(0, 2).map((metric, index) => metricText(metric, current[index]))
  const more = metrics.length - shown.length
  return shown.join(', ') + (more > 0 ? ` + ${more} more...` : '')
}

function metricText(metric: Spec, current: Spec | undefined): string {
  const source = SOURCES[metric.type]
  if (!source) return '<unknown type>'
  const { name, target = {} } = metric[source] ?? {}
  const now = current?.[source]?.current ?? {}
  if (source === 'resource' || source === 'containerResource') {
    if (target.averageValue !== undefined) return `${name}: ${now.averageValue ?? '<unknown>'}/${target.averageValue}`
    return `${name}: ${percent(now.averageUtilization) ?? '<unknown>'}/${percent(target.averageUtilization) ?? '<auto>'}`
  }
  if (target.averageValue === undefined) return `${now.value ?? '<unknown>'}/${target.value}`
  const text = `${now.averageValue ?? '<unknown>'}/${target.averageValue}`
  return source === 'pods' ? text : `${text} (avg)`
}

const SOURCES: Record<string, string> = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
}

const percent = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value}%`)
