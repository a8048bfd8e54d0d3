import { equalJson, type KubeObject, labelNameErrors } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { podWarnings } from './pod-warnings.ts'
import type { WarningRule, WarningRules } from './rule.ts'
import { claimWarnings } from './volume-warnings.ts'

const TEMPLATE = 'spec.template'
const MOST_COMPLETIONS = 100_000
const MOST_PARALLEL = 10_000
const TOO_MANY =
  'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail'

export const workloadWarnings: WarningRules = new Map<string, WarningRule>([
  // People hardly change pods, programs often.
  ['/pods', (pod, old) => (old ? [] : [...nameWarnings(pod, "the Pod's hostname"), ...podWarnings(pod)])],
  ['/podtemplates', (object, old) => (isSame(object, old) ? [] : podWarnings(object.template as Spec, 'template'))],
  // Of a change Kubernetes looks at the template that goes.
  ['/replicationcontrollers', (object, old) => replicas(object, old, old ?? object)],
  ['apps/deployments', replicas],
  ['apps/replicasets', replicas],
  ['apps/daemonsets', daemonSet],
  ['apps/statefulsets', statefulSet],
  ['batch/jobs', (job, old) => [...podNames(job, old), ...(isSame(job, old) ? [] : jobWarnings(job.spec, 'spec'))]],
  ['batch/cronjobs', cronJob],
])

const isSame = ({ metadata }: KubeObject, old: KubeObject | undefined): boolean =>
  old !== undefined && metadata.generation === old.metadata.generation

function nameWarnings({ metadata }: KubeObject, use: string): string[] {
  const faults = labelNameErrors(metadata.name)
  if (faults.length === 0) return []
  const advice = 'which can result in surprising behavior; a DNS label is recommended'
  return [`metadata.name: this is used in ${use}, ${advice}: [${faults.join(' ')}]`]
}

const podNames = (object: KubeObject, old: KubeObject | undefined): string[] =>
  old ? [] : nameWarnings(object, 'Pod names and hostnames')

function replicas(object: KubeObject, old: KubeObject | undefined, shown = object): string[] {
  return [...podNames(object, old), ...(isSame(object, old) ? [] : podWarnings(shown.spec?.template, TEMPLATE))]
}

function daemonSet({ spec }: KubeObject, old: KubeObject | undefined): string[] {
  if (old && equalJson(spec?.template ?? null, old.spec?.template ?? null)) return []
  return podWarnings(spec?.template, TEMPLATE)
}

function statefulSet(object: KubeObject, old: KubeObject | undefined): string[] {
  const { template, volumeClaimTemplates = [], revisionHistoryLimit } = object.spec ?? {}
  const at = (index: number) => `spec.volumeClaimTemplates[${index}]${old ? '.Spec' : ''}`
  return [
    ...(isSame(object, old) ? [] : podWarnings(template, TEMPLATE)),
    ...(volumeClaimTemplates as Spec[]).flatMap(({ spec }, index) => claimWarnings(spec, at(index))),
    ...(revisionHistoryLimit < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ]
}

function jobWarnings(spec: Spec | undefined, at: string): string[] {
  const { completionMode, completions = 0, parallelism = 0, template } = spec ?? {}
  const large = completionMode === 'Indexed' && completions > MOST_COMPLETIONS && parallelism > MOST_PARALLEL
  return [...(large ? [`${at}: ${TOO_MANY}`] : []), ...podWarnings(template, `${at}.template`)]
}

function cronJob(object: KubeObject, old: KubeObject | undefined): string[] {
  const { jobTemplate, schedule } = object.spec ?? {}
  const zone =
    'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'
  return [
    ...podNames(object, old),
    ...(isSame(object, old) ? [] : jobWarnings(jobTemplate?.spec, 'spec.jobTemplate.spec')),
    ...(old && schedule?.includes('TZ') ? [zone] : []),
  ]
}
