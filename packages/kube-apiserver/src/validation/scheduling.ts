import { labelNameErrors, labelValueErrors, qualifiedNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { TypeRules } from './check-types.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { repeats } from './repeats.ts'
import { oneOf, qualified, text } from './values.ts'

/** Where pods may run. */
export const schedulingRules: TypeRules = {
  'core/v1.Toleration': tolerationErrors,
  'core/v1.PodAffinityTerm': affinityTerm,
  'core/v1.WeightedPodAffinityTerm': ({ weight = 0 }, at) => weightErrors(weight, `${at}.weight`),
  'core/v1.PreferredSchedulingTerm': ({ weight = 0 }, at) => weightErrors(weight, `${at}.weight`),
  'core/v1.TopologySpreadConstraint': spread,
}

const weightErrors = (weight: number, at: string): FieldError[] =>
  weight < 1 || weight > 100 ? [invalidValue(at, weight, 'must be in the range 1-100')] : []

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function tolerationErrors(
  { key, operator = '', value = '', effect = '', tolerationSeconds }: Spec,
  at: string,
): FieldError[] {
  const everything = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
  const errors = key ? qualified(`${at}.key`, key) : []
  if (!key && operator !== 'Exists') errors.push(invalidValue(`${at}.operator`, operator, everything))
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
    errors.push(invalidValue(`${at}.effect`, effect, why))
  }
  if (operator === '' || operator === 'Equal') {
    const faults = labelValueErrors(value)
    if (faults.length > 0) errors.push(invalidValue(`${at}.operator`, value, faults.join(';')))
  } else if (operator !== 'Exists') errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']))
  else if (value) {
    errors.push(invalidValue(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"))
  }
  if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, EFFECTS))
  return errors
}

function affinityTerm(term: Spec, at: string): FieldError[] {
  const { namespaces = [], topologyKey = '', matchLabelKeys = [], mismatchLabelKeys = [] } = term
  return [
    ...namespaces.flatMap((name: string) => text(`${at}.namespace`, name, labelNameErrors)),
    ...labelKeys(term, at),
    ...selectedTwice(term, at),
    ...matchLabelKeys
      .filter((key: string) => mismatchLabelKeys.includes(key))
      .map((key: string) =>
        invalidValue(
          `${at}.matchLabelKeys[${matchLabelKeys.indexOf(key)}]`,
          key,
          'exists in both matchLabelKeys and mismatchLabelKeys',
        ),
      ),
    ...(topologyKey ? [] : [required(`${at}.topologyKey`, 'can not be empty')]),
    ...qualified(`${at}.topologyKey`, topologyKey),
  ]
}

/** matchLabelKeys and mismatchLabelKeys of a term or a constraint. */
function labelKeys({ labelSelector, ...lists }: Spec, at: string): FieldError[] {
  return ['matchLabelKeys', 'mismatchLabelKeys'].flatMap((field) => {
    const keys: string[] = lists[field] ?? []
    if (keys.length === 0) return []
    if (!labelSelector) return [forbiddenField(`${at}.${field}`, 'must not be specified when labelSelector is not set')]
    return keys.flatMap((key, index) =>
      qualifiedNameErrors(key).map((why) => invalidValue(`${at}.${field}[${index}]`, key, why)),
    )
  })
}

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway']

function spread(constraint: Spec, at: string): FieldError[] {
  const { maxSkew = 0, topologyKey, whenUnsatisfiable = '', minDomains } = constraint
  const positive = (field: string, value: number) =>
    value > 0 ? [] : [invalidValue(`${at}.${field}`, value, 'must be greater than zero')]
  return [
    ...positive('maxSkew', maxSkew),
    ...(topologyKey ? [] : [required(`${at}.topologyKey`, 'can not be empty')]),
    ...(ACTIONS.includes(whenUnsatisfiable)
      ? []
      : [notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ACTIONS)]),
    ...(minDomains === undefined ? [] : positive('minDomains', minDomains)),
    ...(minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule'
      ? [
          invalidValue(
            `${at}.minDomains`,
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
          ),
        ]
      : []),
    ...labelKeys(constraint, at),
    ...selectedTwice(constraint, at),
  ]
}

/** A key whose value comes from the pod is in the selector once, as it was written there (see the pods' strategy). */
function selectedTwice({ labelSelector, matchLabelKeys = [] }: Spec, at: string): FieldError[] {
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}))
  return ((labelSelector?.matchExpressions ?? []) as Spec[]).flatMap(({ key }) => {
    const index = matchLabelKeys.lastIndexOf(key)
    const again = index >= 0 && seen.has(key)
    seen.add(key)
    // The path is Kubernetes'.
    return again ? [invalidValue(`${at}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector')] : []
  })
}

/** No two constraints of a pod are about the same. */
export function repeatedSpreads(constraints: Spec[], at: string): FieldError[] {
  // The earlier of two is the one that is told of.
  const repeated = repeats(
    constraints.toReversed(),
    ({ topologyKey, whenUnsatisfiable }) => `${whenUnsatisfiable} ${topologyKey}`,
  ).reverse()
  return constraints.flatMap(({ topologyKey, whenUnsatisfiable }, index) =>
    repeated[index]
      ? [duplicate(`${at}[${index}].{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`)]
      : [],
  )
}

/** The taints of a node, no two of the same key and effect. */
export function taintErrors(taints: Spec[], at: string): FieldError[] {
  const repeated = repeats(taints, ({ key, effect }) => `${effect} ${key}`)
  return taints.flatMap((taint, index) => {
    const { key = '', value = '', effect } = taint
    const field = `${at}[${index}]`
    const faults = labelValueErrors(value)
    const same = duplicate(field, { Key: key, Value: value, Effect: effect ?? '', TimeAdded: taint.timeAdded ?? null })
    return [
      ...qualified(`${field}.key`, key),
      ...(faults.length > 0 ? [invalidValue(`${field}.value`, value, faults.join(';'))] : []),
      ...oneOf(`${field}.effect`, effect, EFFECTS),
      ...(repeated[index]
        ? [{ ...same, message: `${same.message}: taints must be unique by key and effect pair` }]
        : []),
    ]
  })
}
