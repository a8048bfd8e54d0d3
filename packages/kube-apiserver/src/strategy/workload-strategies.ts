import { equalJson, type KubeObject, type LabelSelector, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField, invalidValue, required } from './field-errors.ts'
import type { Strategy } from './strategy.ts'

/** Objects that make pods of a template and find them by a selector. */
export function workloadStrategy(check: Pick<Strategy, 'validateUpdate'> = selectorImmutable): Strategy {
  return { hasGeneration: true, validate: ({ spec }) => checkTemplate(spec ?? {}), ...check }
}

const selectorImmutable: Pick<Strategy, 'validateUpdate'> = {
  validateUpdate: (next, current) => immutable('spec.selector', next.spec?.selector, current.spec?.selector),
}

function immutable(field: string, next: unknown, current: unknown): FieldError[] {
  return equalJson(next ?? null, current ?? null) ? [] : [invalidValue(field, next, 'field is immutable')]
}

function checkTemplate(spec: Spec): FieldError[] {
  const selector = spec.selector as LabelSelector | undefined
  if (!selector) return [required('spec.selector')]
  const labels = spec.template?.metadata?.labels ?? {}
  const errors: FieldError[] = []
  if (Object.keys(selector.matchLabels ?? {}).length === 0 && !selector.matchExpressions?.length) {
    errors.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'))
  } else if (!matchesLabels(labels, labelRequirements(selector))) {
    errors.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  }
  if (!spec.template?.spec?.containers?.length) errors.push(required('spec.template.spec.containers'))
  return errors
}

const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]
const STATEFUL_RULE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

/** StatefulSets keep all but a few fields. */
export const statefulSetStrategy: Strategy = workloadStrategy({
  validateUpdate(next, current) {
    const fixed = ({ spec }: KubeObject) =>
      Object.fromEntries(Object.entries(spec).filter(([field]) => !MUTABLE.includes(field)))
    return equalJson(fixed(next), fixed(current)) ? [] : [forbiddenField('spec', STATEFUL_RULE)]
  },
})

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

/** DaemonSets count the changes of their template in an annotation, which nobody else sets. */
export const daemonSetStrategy: Strategy = {
  ...workloadStrategy(),
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
    const { uid = '', name } = job.metadata
    spec.selector ??= { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }
    spec.template.metadata ??= {}
    spec.template.metadata.labels ??= {}
    // In place: a Job without labels of its own shares those of its template (see its defaults).
    Object.assign(spec.template.metadata.labels, {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    })
  },
  validate({ spec }) {
    const policy = spec?.template?.spec?.restartPolicy
    if (policy === 'OnFailure' || policy === 'Never') return []
    return [
      {
        reason: 'FieldValueNotSupported',
        field: 'spec.template.spec.restartPolicy',
        message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "OnFailure", "Never"`,
      },
    ]
  },
  validateUpdate: (next, current) => [
    ...immutable('spec.selector', next.spec?.selector, current.spec?.selector),
    ...(current.spec?.suspend ? [] : immutable('spec.template', next.spec?.template, current.spec?.template)),
    ...immutable('spec.completionMode', next.spec?.completionMode, current.spec?.completionMode),
  ],
}
