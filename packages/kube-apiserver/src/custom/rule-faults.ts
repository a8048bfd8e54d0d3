import { isObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import { type CheckedExpression, checkExpression } from '../cel/check/check-expression.ts'
import { leastSize, MAX_REQUEST, schemaType } from '../cel/check/schema-types.ts'
import { optionalOf, type Type } from '../cel/check/types.ts'
import { estimateCost } from '../cel/cost/estimate.ts'
import type { Spec } from '../defaults/spec.ts'
import { internalFault, invalidValue, notSupported, required } from '../validation/field-errors.ts'
import { RuleCosts, repetitions } from './rule-costs.ts'
import { ruleFieldPath } from './rule-field-path.ts'

const RULES = 'x-kubernetes-validations'
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

const UNTYPED =
  'internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations'

/** Where a schema is in the whole. */
interface Place {
  path: string
  /** Of a custom resource. */
  isRoot: boolean
  /** Whether rules may see the values that are here. */
  isTyped: boolean
  /** The part of the schema around whose values of before and after can't be told to be the same. */
  uncorrelated?: string
  /** How often there can be a value of this schema in one object; undefined = there is no bound. */
  count: number | undefined
}

/**
 * What is wrong with the rules of a schema: how they are written, that they do not fit its types, or that they could cost too
 * much. Where the schema itself is not sound, its types are not asked.
 */
export function ruleFaults(openApi: unknown, path: string, isSound = true): FieldError[] {
  const costs = new RuleCosts()
  const { written, typed } = walk(openApi, { path, isRoot: true, count: 1, isTyped: isSound }, costs)
  return [...written, ...typed, ...costs.faults(path)]
}

/** What is wrong with how rules are written, and with what they are about. */
interface Faults {
  written: FieldError[]
  typed: FieldError[]
}

function walk(openApi: unknown, place: Place, costs: RuleCosts): Faults {
  const faults: Faults = { written: [], typed: [] }
  if (!isObject(openApi)) return faults
  const enter = (schema: unknown, inner: Place): void => {
    if (!isObject(schema)) return
    const { written, typed } = walk(schema, inner, costs)
    faults.written.push(...written)
    faults.typed.push(...typed)
  }
  for (const { part, schema, isCorrelated } of spineOf(openApi))
    enter(schema, innerPlace(openApi, part, isCorrelated, place))
  for (const { part, schema } of branchesOf(openApi))
    enter(schema, { ...place, path: `${place.path}.${part}`, isTyped: false })
  for (const [index, rule] of rulesOf(openApi).entries()) {
    faults.written.push(...shapeFaults(rule, openApi, `${place.path}.${RULES}[${index}]`))
  }
  // A schema whose rules are badly written, or those inside it, is not looked at more closely.
  if (place.isTyped && faults.written.length === 0) faults.typed.push(...ownFaults(openApi, place, costs))
  return faults
}

function innerPlace(openApi: Spec, part: string, isCorrelated: boolean, around: Place): Place {
  const times = repetitions(openApi)
  const uncorrelated = around.uncorrelated ?? (isCorrelated ? undefined : around.path)
  return {
    path: `${around.path}.${part}`,
    isRoot: false,
    isTyped: around.isTyped,
    count: around.count === undefined || times === undefined ? undefined : around.count * times,
    ...(uncorrelated !== undefined && { uncorrelated }),
  }
}

const rulesOf = (openApi: Spec): Spec[] => (openApi[RULES] ?? []) as Spec[]

interface Inner {
  part: string
  schema: unknown
}

/** The schemas inside that rules see, and whether a value of each can be told again after a change. */
function* spineOf(openApi: Spec): Generator<Inner & { isCorrelated: boolean }> {
  const { properties, items, additionalProperties } = openApi
  if (additionalProperties) yield { part: 'additionalProperties', schema: additionalProperties, isCorrelated: true }
  const isCorrelated = ['atomic', 'granular', undefined].includes(openApi['x-kubernetes-map-type'])
  for (const field in properties ?? {}) yield { part: `properties[${field}]`, schema: properties[field], isCorrelated }
  if (items) yield { part: 'items', schema: items, isCorrelated: openApi['x-kubernetes-list-type'] === 'map' }
}

/** The schemas inside that say more about the same value. */
function* branchesOf(openApi: Spec): Generator<Inner> {
  if (openApi.not) yield { part: 'not', schema: openApi.not }
  for (const name of ['allOf', 'oneOf', 'anyOf']) {
    for (const [index, schema] of (openApi[name] ?? []).entries()) yield { part: `${name}[${index}]`, schema }
  }
}

function shapeFaults(rule: Spec, openApi: Spec, at: string): FieldError[] {
  const { message = '', messageExpression = '', reason, fieldPath = '' } = rule
  const breaks = (text: string) => /[\n\r]/.test(text)
  const filled = 'must be non-empty if specified'
  const text = String(rule.rule ?? '').trim()
  const errors: FieldError[] = []
  if (!text) errors.push(required(`${at}.rule`, 'rule is not specified'))
  else if (message && !message.trim()) errors.push(invalidValue(`${at}.message`, message, filled))
  else if (breaks(message.trim())) errors.push(invalidValue(`${at}.message`, message, 'must not contain line breaks'))
  else if (breaks(text) && !message.trim()) {
    errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'))
  }
  if (messageExpression && !messageExpression.trim()) {
    errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'))
  }
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, REASONS))
  if (!fieldPath) return errors
  if (!fieldPath.trim()) errors.push(invalidValue(`${at}.fieldPath`, fieldPath, filled))
  if (breaks(fieldPath)) errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must not contain line breaks'))
  if (ruleFieldPath(fieldPath, openApi) === undefined) {
    errors.push(invalidValue(`${at}.fieldPath`, fieldPath, 'must be a valid path'))
  }
  return errors
}

/** What is wrong with the rules of one schema. */
function ownFaults(openApi: Spec, place: Place, costs: RuleCosts): FieldError[] {
  const rules = rulesOf(openApi)
  if (rules.length === 0) return []
  const isRoot = place.isRoot || openApi['x-kubernetes-embedded-resource'] === true
  const self = schemaType(openApi, 'selfType', isRoot)
  if (!self) return [internalFault(`${place.path}.${RULES}`, UNTYPED)]
  // Without a bound, there are as many as fit into a request.
  const count = place.count ?? Math.floor(MAX_REQUEST / (leastSize(openApi, isRoot) + 1))
  return rules.flatMap((rule, index) => {
    const at = `${place.path}.${RULES}[${index}]`
    const variables = new Map([
      ['self', self],
      ['oldSelf', rule.optionalOldSelf ? optionalOf(self) : self],
    ])
    return expressionFaults(rule, { at, variables, count, uncorrelated: place.uncorrelated }, costs)
  })
}

interface RuleScope {
  at: string
  variables: ReadonlyMap<string, Type>
  count: number
  uncorrelated: string | undefined
}

function expressionFaults(
  rule: Spec,
  { at, variables, count, uncorrelated }: RuleScope,
  costs: RuleCosts,
): FieldError[] {
  if (!String(rule.rule ?? '').trim()) return []
  const checked = checkExpression(rule.rule, variables)
  const wrong = (field: string, why: string) => [invalidValue(`${at}.${field}`, shownRule(rule), why)]
  if (typeof checked === 'string')
    return [...wrong('rule', `compilation failed: ${checked}`), ...transition(rule, false, at)]
  if (checked.type.name !== 'bool') {
    return [...wrong('rule', 'cel expression must evaluate to a bool'), ...transition(rule, false, at)]
  }
  const cost = estimateCost(checked, variables) * count
  return [
    ...costs.add(`${at}.rule`, 'rule', cost),
    ...messageFaults(rule, at, variables, costs),
    ...transition(rule, checked.checker.named.has('oldSelf'), at, uncorrelated),
  ]
}

function messageFaults(rule: Spec, at: string, variables: ReadonlyMap<string, Type>, costs: RuleCosts): FieldError[] {
  const { messageExpression } = rule
  if (!messageExpression) return []
  const checked: CheckedExpression | string = checkExpression(messageExpression, variables)
  const wrong = (why: string) => [invalidValue(`${at}.messageExpression`, shownRule(rule), why)]
  if (typeof checked === 'string') return wrong(`messageExpression compilation failed: ${checked}`)
  if (checked.type.name !== 'string') return wrong('messageExpression must evaluate to a string')
  return costs.add(`${at}.messageExpression`, 'messageExpression', estimateCost(checked, variables))
}

/** Rules about a change: they need a value of before, and only they can say what is when there is none. */
function transition(rule: Spec, usesOldSelf: boolean, at: string, uncorrelated?: string): FieldError[] {
  if (usesOldSelf && uncorrelated !== undefined) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`
    return [invalidValue(`${at}.rule`, rule.rule, why)]
  }
  if (usesOldSelf || rule.optionalOldSelf === undefined) return []
  return [invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')]
}

/** A rule as apiextensions' own type prints it. */
function shownRule({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: Spec): Spec {
  return {
    Rule: rule ?? '',
    Message: message ?? '',
    MessageExpression: messageExpression ?? '',
    Reason: reason ?? null,
    FieldPath: fieldPath ?? '',
    OptionalOldSelf: optionalOldSelf ?? null,
  }
}
