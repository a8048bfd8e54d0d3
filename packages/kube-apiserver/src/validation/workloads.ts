import { type KubeObject, type LabelSelector, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { selectorFaults } from './selectors.ts'
import { atMostAll, countOrPercent, label, notNegative } from './values.ts'

/** Workloads that keep pods running (apps/validation, and the ReplicationController of core). */
export const workloadRules: TypeRules = {
  'apps/v1.DeploymentSpec': (spec, at) => [
    ...notNegative(`${at}.replicas`, spec.replicas),
    ...selected(spec, at, 'deployment', { required: true }),
    ...runsForever(spec.template, `${at}.template`, 'ReplicaSet'),
    ...deploymentStrategy(spec.strategy ?? {}, `${at}.strategy`),
    ...counts(spec, at, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']),
    ...(spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)
      ? [
          invalidValue(
            `${at}.progressDeadlineSeconds`,
            spec.progressDeadlineSeconds,
            'must be greater than minReadySeconds',
          ),
        ]
      : []),
  ],
  'apps/v1.ReplicaSetSpec': (spec, at) => [
    ...counts(spec, at, ['replicas', 'minReadySeconds']),
    ...selected(spec, at, 'deployment', { required: true }),
    ...runsForever(spec.template, `${at}.template`, 'ReplicaSet'),
  ],
  'apps/v1.StatefulSetSpec': statefulSet,
  'apps/v1.DaemonSetSpec': (spec, at) => [
    ...selected(spec, at, 'daemonset', { required: false }),
    ...runsForever(spec.template, `${at}.template`, 'DaemonSet'),
    ...counts(spec, at, ['minReadySeconds', 'revisionHistoryLimit']),
    ...daemonStrategy(spec.updateStrategy ?? {}, `${at}.updateStrategy`),
  ],
  'core/v1.ReplicationControllerSpec': (spec, at) => [
    ...counts(spec, at, ['minReadySeconds', 'replicas']),
    ...replicated(spec, at),
  ],
  'apps/v1.ControllerRevision': ({ revision, data }) => [
    ...notNegative('revision', revision),
    ...(data === undefined || data === null ? [required('data', 'data is mandatory')] : []),
    ...((typeof data === 'object' && !Array.isArray(data)) || data === undefined
      ? []
      : [required('data', 'data must be a valid JSON object')]),
  ],
}

const counts = (spec: Spec, at: string, fields: string[]): FieldError[] =>
  fields.flatMap((field) => notNegative(`${at}.${field}`, spec[field]))

/** That a selector selects, and what the template makes. */
function selected({ selector, template }: Spec, at: string, kind: string, rule: { required: boolean }): FieldError[] {
  // No selector selects nothing, the template's pods neither.
  if (!selector) return rule.required ? [required(`${at}.selector`), mismatch(template, at)] : []
  const chosen = matched(selector, template?.metadata?.labels)
  if (chosen === 'invalid') {
    const why = kind === 'statefulset' ? '' : 'invalid label selector'
    return kind === 'daemonset' ? [] : [invalidValue(`${at}.selector`, selector, why)]
  }
  if (chosen === 'empty') return [invalidValue(`${at}.selector`, selector, `empty selector is invalid for ${kind}`)]
  return chosen === 'yes' ? [] : [mismatch(template, at)]
}

export function matched(selector: LabelSelector, labels: Record<string, string> | undefined) {
  if (selectorFaults(selector, '').length > 0) return 'invalid'
  const requirements = labelRequirements(selector)
  if (requirements.length === 0) return 'empty'
  return matchesLabels(labels ?? {}, requirements) ? 'yes' : 'no'
}

export const mismatch = (template: Spec | undefined, at: string): FieldError =>
  invalidValue(
    `${at}.template.metadata.labels`,
    template?.metadata?.labels ?? null,
    '`selector` does not match template `labels`',
  )

function replicated({ selector, template }: Spec, at: string): FieldError[] {
  if (!template) return [required(`${at}.template`)]
  const labels = Object.entries((selector ?? {}) as Record<string, string>)
  if (labels.length === 0) return [required(`${at}.selector`)]
  const own = template.metadata?.labels ?? {}
  return [
    ...(labels.every(([key, value]) => own[key] === value) ? [] : [mismatch(template, at)]),
    ...runsForever(template, `${at}.template`, 'ReplicationController'),
  ]
}

/** Pods that a controller keeps running neither end nor have a deadline. */
function runsForever(template: Spec | undefined, at: string, kind: string): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {}
  const ends = restartPolicy && restartPolicy !== 'Always'
  return [
    ...(ends ? [notSupported(`${at}.spec.restartPolicy`, restartPolicy, ['Always'])] : []),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [forbiddenField(`${at}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`)]),
  ]
}

function deploymentStrategy(strategy: Spec, at: string): FieldError[] {
  const { type, rollingUpdate } = strategy
  if (type === 'Recreate') {
    if (!rollingUpdate) return []
    return [forbiddenField(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
  }
  if (type !== 'RollingUpdate') return [notSupported(at, strategy, ['Recreate', 'RollingUpdate'])]
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {}
  return [
    ...countOrPercent(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable),
    ...countOrPercent(`${at}.rollingUpdate.maxSurge`, maxSurge),
    ...(isNone(maxUnavailable) && isNone(maxSurge)
      ? [invalidValue(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...atMostAll(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable),
  ]
}

const isNone = (value: number | string | undefined): boolean => Number.parseInt(String(value ?? 0), 10) === 0

function daemonStrategy(strategy: Spec, at: string): FieldError[] {
  const { type, rollingUpdate } = strategy
  if (type === 'OnDelete') return []
  if (type !== 'RollingUpdate') return [notSupported(at, strategy, ['RollingUpdate', 'OnDelete'])]
  if (!rollingUpdate) return [required(`${at}.rollingUpdate`)]
  const { maxUnavailable, maxSurge } = rollingUpdate
  const field = `${at}.rollingUpdate`
  const none = isNone(maxUnavailable) && isNone(maxSurge)
  const both = !isNone(maxUnavailable) && !isNone(maxSurge)
  return [
    ...countOrPercent(`${field}.maxUnavailable`, maxUnavailable),
    ...countOrPercent(`${field}.maxSurge`, maxSurge),
    ...atMostAll(`${field}.maxUnavailable`, maxUnavailable),
    ...atMostAll(`${field}.maxSurge`, maxSurge),
    ...(both ? [invalidValue(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')] : []),
    ...(none ? [required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')] : []),
  ]
}

function statefulSet(spec: Spec, at: string): FieldError[] {
  const { podManagementPolicy, updateStrategy = {}, ordinals, serviceName } = spec
  return [
    ...(['OrderedReady', 'Parallel'].includes(podManagementPolicy)
      ? []
      : [invalidValue(`${at}.podManagementPolicy`, podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")]),
    ...statefulStrategy(updateStrategy, `${at}.updateStrategy`),
    ...retention(spec.persistentVolumeClaimRetentionPolicy, `${at}.persistentVolumeClaimRetentionPolicy`),
    ...counts(spec, at, ['replicas', 'minReadySeconds']),
    ...notNegative(`${at}.ordinals.start`, ordinals?.start),
    ...label(`${at}.serviceName`, serviceName || undefined),
    ...selected(spec, at, 'statefulset', { required: true }),
    ...runsForever(spec.template, `${at}.template`, 'StatefulSet'),
  ]
}

/** The pods of a StatefulSet have its claims as volumes, and names of their own. */
export function withClaims(set: KubeObject): KubeObject {
  const { template, volumeClaimTemplates = [] } = set.spec ?? {}
  if (!template?.spec) return set
  const { hostname: _, subdomain: __, volumes = [], ...rest } = template.spec
  const names: string[] = volumeClaimTemplates.map(({ metadata }: KubeObject) => metadata?.name)
  const claims = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  const others = volumes.filter(({ name }: Spec) => !names.includes(name))
  const spec = { ...rest, volumes: [...claims, ...others] }
  return { ...set, spec: { ...set.spec, template: { ...template, spec } } }
}

function statefulStrategy(strategy: Spec, at: string): FieldError[] {
  const { type, rollingUpdate } = strategy
  if (!type) return [required(at)]
  if (type === 'OnDelete') {
    if (!rollingUpdate) return []
    return [invalidValue(`${at}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")]
  }
  if (type !== 'RollingUpdate') return [invalidValue(at, strategy, "must be 'RollingUpdate' or 'OnDelete'")]
  return notNegative(`${at}.rollingUpdate.partition`, rollingUpdate?.partition)
}

function retention(policy: Spec | undefined, at: string): FieldError[] {
  if (!policy) return []
  return ['whenDeleted', 'whenScaled']
    .filter((when) => !['Retain', 'Delete'].includes(policy[when]))
    .map((when) => notSupported(`${at}.${when}`, policy[when] ?? '', ['Retain', 'Delete']))
}
