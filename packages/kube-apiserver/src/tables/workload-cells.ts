import type { KubeObject } from '@slipway/kube-objects'
import { autoscaler } from './autoscaler-cells.ts'
import type { Cell, CellMaker } from './cells.ts'
import { age, humanDuration } from './duration.ts'

type View = Readonly<KubeObject>

/** Names and images of a pod template's containers, and the selector: the wide columns of every workload. */
function wide(
  spec: { containers?: { name: string; image?: string }[] } | undefined,
  selector?: string,
): Record<string, Cell> {
  const containers = spec?.containers ?? []
  return {
    Containers: containers.map(({ name }) => name).join(','),
    Images: containers.map(({ image }) => image ?? '').join(','),
    ...(selector !== undefined && { Selector: selector }),
  }
}

/** metav1.FormatLabelSelector. */
function selectorText(
  selector: { matchLabels?: Record<string, string>; matchExpressions?: LabelExpression[] } | undefined,
): string {
  if (!selector) return '<none>'
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }))
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return { key, text: key }
    if (operator === 'DoesNotExist') return { key, text: `!${key}` }
    return { key, text: `${key} ${operator.toLowerCase()} (${values.toSorted().join(',')})` }
  })
  const sorted = [...labels, ...expressions].toSorted((one, other) =>
    one.key < other.key ? -1 : one.key > other.key ? 1 : 0,
  )
  return sorted.map(({ text }) => text).join(',') || '<none>'
}

interface LabelExpression {
  key: string
  operator: string
  values?: string[]
}

/** A map of labels as `a=b,c=d`. */
export function labelsText(labels: Record<string, string> | undefined): string {
  const texts = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return texts.toSorted().join(',') || '<none>'
}

function deployment({ spec, status = {} }: View): Record<string, Cell> {
  return {
    Ready: `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    'Up-to-date': status.updatedReplicas ?? 0,
    Available: status.availableReplicas ?? 0,
    ...wide(spec.template?.spec, selectorText(spec.selector)),
  }
}

const replicaSet = ({ spec, status = {} }: View, selector: string): Record<string, Cell> => ({
  Desired: spec.replicas ?? 0,
  Current: status.replicas ?? 0,
  Ready: status.readyReplicas ?? 0,
  ...wide(spec.template?.spec, selector),
})

function daemonSet({ spec, status = {} }: View): Record<string, Cell> {
  return {
    Desired: status.desiredNumberScheduled ?? 0,
    Current: status.currentNumberScheduled ?? 0,
    Ready: status.numberReady ?? 0,
    'Up-to-date': status.updatedNumberScheduled ?? 0,
    Available: status.numberAvailable ?? 0,
    'Node Selector': labelsText(spec.template?.spec?.nodeSelector),
    ...wide(spec.template?.spec, selectorText(spec.selector)),
  }
}

function job({ metadata, spec, status = {} }: View, now: number): Record<string, Cell> {
  const parallelism = spec.parallelism ?? 1
  const wanted = spec.completions ?? (parallelism > 1 ? `1 of ${parallelism}` : 1)
  const end = status.completionTime ? Date.parse(status.completionTime) : now
  const duration = status.startTime ? humanDuration(Math.floor((end - Date.parse(status.startTime)) / 1000)) : ''
  return {
    Status: jobStatus(status.conditions ?? [], metadata.deletionTimestamp !== undefined),
    Completions: `${status.succeeded ?? 0}/${wanted}`,
    Duration: duration,
    ...wide(spec.template?.spec, selectorText(spec.selector)),
  }
}

function jobStatus(conditions: { type: string; status: string }[], isDeleted: boolean): string {
  const has = (type: string) => conditions.some((one) => one.type === type && one.status === 'True')
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (isDeleted) return 'Terminating'
  if (has('Suspended')) return 'Suspended'
  if (has('FailureTarget')) return 'FailureTarget'
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
}

function cronJob({ spec, status = {} }: View, now: number): Record<string, Cell> {
  return {
    Schedule: spec.schedule ?? '',
    Timezone: spec.timeZone ?? '<none>',
    Suspend: spec.suspend ? 'True' : 'False',
    Active: status.active?.length ?? 0,
    'Last Schedule': status.lastScheduleTime ? age(status.lastScheduleTime, now) : '<none>',
    ...wide(spec.jobTemplate?.spec?.template?.spec, selectorText(spec.jobTemplate?.spec?.selector)),
  }
}

/** Deployments and the other objects that make pods. */
export const workloadCells: Record<string, CellMaker> = {
  'apps/deployments': deployment,
  'apps/replicasets': (object) => replicaSet(object, selectorText(object.spec.selector)),
  '/replicationcontrollers': (object) => replicaSet(object, labelsText(object.spec.selector)),
  'apps/statefulsets': ({ spec, status = {} }) => ({
    Ready: `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    ...wide(spec.template?.spec),
  }),
  'apps/daemonsets': daemonSet,
  'apps/controllerrevisions': ({ metadata, revision }) => {
    const owner = metadata.ownerReferences?.find((one) => one.controller)
    return { Controller: owner ? `${owner.kind.toLowerCase()}.apps/${owner.name}` : '<none>', Revision: revision ?? 0 }
  },
  '/podtemplates': ({ template }) => ({
    ...wide(template?.spec),
    'Pod Labels': labelsText(template?.metadata?.labels),
  }),
  'batch/jobs': job,
  'batch/cronjobs': cronJob,
  'autoscaling/horizontalpodautoscalers': autoscaler,
  'autoscaling/scales': ({ spec, status = {} }) => ({
    Desired: spec?.replicas ?? 0,
    Available: status.replicas ?? 0,
  }),
}
