import { randomSuffix } from '../../canonical.ts'
import type { Container, Pod } from '../../model/pod.ts'
import { podFromTemplate } from '../pods/pods.ts'
import { INDEX } from './indexes.ts'
import { type Job, TRACKING } from './job.ts'
import { failureVerdict } from './policies.ts'
import { countOf, FAILURES, IGNORED_FAILURES } from './tally.ts'

const VARIABLE = 'JOB_COMPLETION_INDEX'
/** What the API server appends its five letters to at most. */
const LONGEST_PREFIX = 58

/** A pod of a Job, and of which index; `replaced` is the one that failed at that before. */
export function jobPod(job: Job, index: number | undefined, replaced: Pod | undefined): Pod {
  const prefix = prefixOf(job, index)
  const pod = podFromTemplate(job, job.spec.template, `${prefix}${randomSuffix()}`)
  const { name, uid = '' } = job.metadata
  const { metadata, spec } = pod
  const labels = {
    ...metadata.labels,
    'batch.kubernetes.io/job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'job-name': name,
    'controller-uid': uid,
  }
  const finalizers = [...new Set([...(metadata.finalizers ?? []), TRACKING])]
  if (index === undefined) return { ...pod, metadata: { ...metadata, labels, finalizers } }
  const text = String(index)
  const failures = job.spec.backoffLimitPerIndex === undefined ? {} : failureCounts(job, replaced)
  const annotations = { ...metadata.annotations, [INDEX]: text, ...failures }
  return {
    ...pod,
    metadata: { ...metadata, generateName: prefix, labels: { ...labels, [INDEX]: text }, annotations, finalizers },
    spec: {
      ...spec,
      hostname: `${name}-${index}`,
      containers: spec.containers.map(withIndex),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(withIndex) }),
    },
  }
}

function prefixOf({ metadata }: Job, index: number | undefined): string {
  const suffix = index === undefined ? '-' : `-${index}-`
  return `${metadata.name.slice(0, LONGEST_PREFIX - suffix.length)}${suffix}`
}

function failureCounts(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (!replaced) return { [FAILURES]: '0' }
  const { counts } = failureVerdict(job, replaced)
  const ignored = countOf(replaced, IGNORED_FAILURES) + (counts ? 0 : 1)
  return {
    [FAILURES]: String(countOf(replaced, FAILURES) + (counts ? 1 : 0)),
    ...(ignored > 0 && { [IGNORED_FAILURES]: String(ignored) }),
  }
}

function withIndex(container: Container): Container {
  if (container.env?.some(({ name }) => name === VARIABLE)) return container
  const fieldRef = { fieldPath: `metadata.labels['${INDEX}']` }
  return { ...container, env: [...(container.env ?? []), { name: VARIABLE, valueFrom: { fieldRef } }] }
}
