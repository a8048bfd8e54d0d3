import { equalJson, fieldNode, isObject, type SchemaNode } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import { compileExpression } from '../cel/expression.ts'
import { schemaValue } from '../cel/values.ts'
import type { Spec } from '../defaults/spec.ts'
import { duplicate, forbiddenField, invalidValue, required } from '../validation/field-errors.ts'
import { ruleFieldPath } from './rule-field-path.ts'

const VARIABLES = ['self', 'oldSelf']
const RULES = 'x-kubernetes-validations'

/** What is validated: the value, the one it replaces, and where both are. */
interface Place {
  value: unknown
  old: unknown
  path: string
}

/** What the `x-kubernetes-validations` of a CRD's schema have against an object; `old` is undefined for a create. */
export function checkRules(
  openApi: unknown,
  schema: SchemaNode | undefined,
  place: { value: unknown; old: unknown },
): FieldError[] {
  const errors: FieldError[] = []
  if (isObject(openApi)) walk(openApi, schema, { ...place, path: '' }, errors)
  return errors
}

/** Whether a schema has rules anywhere. */
export function hasRules(openApi: unknown): boolean {
  if (!isObject(openApi)) return false
  return openApi[RULES] !== undefined || partsOf(openApi).some(([, child]) => hasRules(child))
}

function walk(openApi: Spec, schema: SchemaNode | undefined, place: Place, errors: FieldError[]): void {
  const { value, old, path } = place
  for (const rule of openApi[RULES] ?? []) errors.push(...ruleFindings(rule, openApi, schema, place))
  if (Array.isArray(value)) {
    if (!isObject(openApi.items)) return
    for (const [index, item] of value.entries()) {
      const before = counterpart(item, old, openApi)
      walk(openApi.items, schema?.items, { value: item, old: before, path: `${path}[${index}]` }, errors)
    }
    return
  }
  if (!isObject(value)) return
  for (const [field, child] of Object.entries(value)) {
    const named = isObject(openApi.properties) && Object.hasOwn(openApi.properties, field)
    const next = named ? (openApi.properties as Spec)[field] : openApi.additionalProperties
    if (!isObject(next)) continue
    const before = isObject(old) ? old[field] : undefined
    const at = named ? (path ? `${path}.${field}` : field) : `${path}[${field}]`
    walk(next, schema && fieldNode(schema, field), { value: child, old: before, path: at }, errors)
  }
}

/** Items of a list have a past only where the list has keys (KEP-2876: correlatable paths). */
function counterpart(item: unknown, old: unknown, openApi: Spec): unknown {
  const keys = openApi['x-kubernetes-list-map-keys'] as string[] | undefined
  if (openApi['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old) || !keys || !isObject(item)) return undefined
  return old.find((one) => isObject(one) && keys.every((key) => equalJson(one[key] ?? null, item[key] ?? null)))
}

function ruleFindings(
  rule: Spec,
  openApi: Spec,
  schema: SchemaNode | undefined,
  { value, old, path }: Place,
): FieldError[] {
  const transition = /\boldSelf\b/.test(rule.rule)
  if (transition && old === undefined && !rule.optionalOldSelf) return []
  // Ratcheting: what was so before and has not changed is let be.
  if (!transition && old !== undefined && equalJson(old, value)) return []
  const bindings = { self: schemaValue(value, schema), oldSelf: schemaValue(old, schema) }
  const general = rule.message || `failed rule: ${rule.rule}`
  try {
    if (compileExpression(rule.rule, VARIABLES).evaluate(bindings) === true) return []
  } catch (error) {
    return [invalidValue(path, typeOf(value), `${(error as Error).message} evaluating rule: ${general}`)]
  }
  const field = [path, ruleFieldPath(rule.fieldPath ?? '', openApi)].filter(Boolean).join('.')
  const words = ownWords(rule.messageExpression, bindings) ?? general
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return [forbiddenField(field, words)]
    case 'FieldValueRequired':
      return [required(field, words)]
    case 'FieldValueDuplicate':
      return [duplicate(field, typeOf(value))]
    default:
      return [invalidValue(field, typeOf(value), words)]
  }
}

/** Kubernetes shows the type of what breaks a rule in place of the value. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function ownWords(expression: string | undefined, bindings: Record<string, unknown>): string | undefined {
  if (!expression) return undefined
  try {
    const text = compileExpression(expression, VARIABLES).evaluate(bindings)
    return typeof text === 'string' && text.trim() !== '' ? text : undefined
  } catch {
    return undefined
  }
}

/** The schemas inside a schema, and where each is. */
function partsOf({ properties, items, additionalProperties }: Spec): (readonly [string, unknown])[] {
  return [
    ...Object.entries((properties ?? {}) as object).map(([field, child]) => [`properties[${field}]`, child] as const),
    ['items', items] as const,
    ['additionalProperties', additionalProperties] as const,
  ]
}
