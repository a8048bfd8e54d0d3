import { equalJson, type KubeObject } from '@slipway/kube-objects'
import { fill, type Spec } from '../defaults/spec.ts'
import { invalidValue } from '../validation/field-errors.ts'
import { generatedLabels } from '../validation/jobs.ts'
import type { Strategy } from './strategy.ts'

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

/** DaemonSets count the changes of their template in an annotation, which nobody else sets. */
export const daemonSetStrategy: Strategy = {
  hasGeneration: true,
  prepareCreate: (set) => setTemplateGeneration(set, Math.max(1, templateGeneration(set))),
  prepareUpdate(next, current) {
    const same = equalJson(next.spec?.template ?? null, current.spec?.template ?? null)
    setTemplateGeneration(next, templateGeneration(current) + (same ? 0 : 1))
  },
}

function templateGeneration({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.[TEMPLATE_GENERATION] ?? 0)
}

function setTemplateGeneration({ metadata }: KubeObject, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) }
}

/** Jobs get a selector of their own, by their uid, so that no two Jobs share pods. */
export const jobStrategy: Strategy = {
  hasGeneration: true,
  orphansByDefault: true,
  deleteWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  prepareCreate(job) {
    const spec = job.spec as Spec
    if (spec.manualSelector || !spec.template) return
    const { uid = '', name = '' } = job.metadata
    spec.template.metadata ??= {}
    spec.template.metadata.labels ??= {}
    // In place: a Job without labels of its own shares those of its template (see its defaults). What is there is judged.
    fill(spec.template.metadata.labels, generatedLabels(uid, name))
    spec.selector ??= {}
    fill(spec.selector, { matchLabels: {} })
    fill(spec.selector.matchLabels, { 'batch.kubernetes.io/controller-uid': uid })
    // And so does one whose template had none until now.
    if (Object.keys(job.metadata.labels ?? {}).length === 0) job.metadata.labels = { ...spec.template.metadata.labels }
  },
}

/** Its Jobs are called by its name and a time. */
export const cronJobStrategy: Strategy = {
  hasGeneration: true,
  validateNew: ({ metadata }) =>
    (metadata.name?.length ?? 0) > 52
      ? [invalidValue('metadata.name', metadata.name, 'must be no more than 52 characters')]
      : [],
}
