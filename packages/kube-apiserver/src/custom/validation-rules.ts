import { earlierItems, equalJson, fieldNode, isObject, type SchemaNode } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import { CallLimitExceeded, CostBudget, OutOfBudget } from '../cel/cost/budget.ts'
import { type Bindings, compileExpression, type Expression, ownWords } from '../cel/expression.ts'
import { optionalValue } from '../cel/optional.ts'
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
  /** Whether the closest part around that has a past is as it was. */
  isKept: boolean
}

/** The rules can't go on: what they may cost is used up. The error has been told. */
class Spent extends Error {}

/** What the `x-kubernetes-validations` of a CRD's schema have against an object; `old` is undefined for a create. */
export function checkRules(
  openApi: unknown,
  schema: SchemaNode | undefined,
  place: { value: unknown; old: unknown },
): FieldError[] {
  const check = new RuleCheck()
  if (isObject(openApi)) check.run(openApi, schema, { ...place, path: '', isKept: false })
  return check.errors
}

/** Whether a schema has rules anywhere. */
export function hasRules(openApi: unknown): boolean {
  if (!isObject(openApi)) return false
  const { properties = {}, items, additionalProperties } = openApi as Spec
  const inside = [...Object.values(properties as object), items, additionalProperties]
  return openApi[RULES] !== undefined || inside.some(hasRules)
}

/** Asks the rules of a schema, which have one budget together. */
class RuleCheck {
  readonly errors: FieldError[] = []
  readonly #budget = new CostBudget()

  run(openApi: Spec, schema: SchemaNode | undefined, place: Place): void {
    try {
      this.#walk(openApi, schema, place)
    } catch (error) {
      if (!(error instanceof Spent)) throw error
    }
  }

  #walk(openApi: Spec, schema: SchemaNode | undefined, place: Place): void {
    const { value, old, path } = place
    if (value === null || value === undefined) return
    const isKept = old === undefined ? place.isKept : equalJson(old, value)
    for (const rule of openApi[RULES] ?? []) this.#ask(rule, openApi, schema, { ...place, isKept })
    if (Array.isArray(value)) {
      if (!isObject(openApi.items)) return
      const { 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': listMapKeys } = openApi
      const before = earlierItems(old, { listType, listMapKeys })
      for (const [index, item] of value.entries()) {
        this.#walk(openApi.items, schema?.items, { value: item, old: before(item), path: `${path}[${index}]`, isKept })
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
      this.#walk(next, schema && fieldNode(schema, field), { value: child, old: before, path: at, isKept })
    }
  }

  #ask(rule: Spec, openApi: Spec, schema: SchemaNode | undefined, { value, old, path, isKept }: Place): void {
    const said: string = rule.message?.trim() || rule.rule.trim()
    const fail = (why: string) => this.errors.push(invalidValue(path, typeOf(value), why))
    const expression = compiled(rule.rule, fail)
    if (!expression) return
    const isTransition = expression.names.has('oldSelf')
    if (isTransition && old === undefined && !rule.optionalOldSelf) return
    // Ratcheting: what was so before and has not changed is let be.
    if (!isTransition && isKept) return
    const before = schemaValue(old, schema)
    const oldSelf = rule.optionalOldSelf ? optionalValue(old === undefined ? undefined : before) : before
    const bindings = { self: schemaValue(value, schema), oldSelf }
    if (this.#holds(expression, bindings, said, fail)) return
    const words = this.#words(rule, bindings, fail)
    const field = [path, ruleFieldPath(rule.fieldPath ?? '', openApi)].filter(Boolean).join('.')
    this.errors.push(finding(rule.reason, field, typeOf(value), words))
  }

  /** Whether a rule holds, or has failed in a way that is told already. */
  #holds(expression: Expression, bindings: Bindings, said: string, fail: (why: string) => void): boolean {
    try {
      return expression.evaluate(bindings, this.#budget) === true
    } catch (error) {
      const { message } = error as Error
      if (error instanceof OutOfBudget) fail(message)
      else if (error instanceof CallLimitExceeded) {
        fail(`'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${said}`)
      } else if (message.startsWith('no such overload')) {
        const why = 'call arguments did not match a supported operator, function or macro signature'
        fail(`'${message}': ${why} for rule: ${said}`)
      } else fail(`${message} evaluating rule: ${said}`)
      if (error instanceof OutOfBudget || error instanceof CallLimitExceeded) throw new Spent()
      return true
    }
  }

  /** What is said of a rule that does not hold. */
  #words({ rule, message, messageExpression }: Spec, bindings: Bindings, fail: (why: string) => void): string {
    const general = message?.trim() || `failed rule: ${rule.trim()}`
    if (!messageExpression) return general
    try {
      return ownWords(compileExpression(messageExpression, VARIABLES), bindings, this.#budget) ?? general
    } catch (error) {
      fail(
        error instanceof OutOfBudget
          ? 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run'
          : `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(messageExpression)}`,
      )
      throw new Spent()
    }
  }
}

/** It has been checked when the definition was written; what the engine can't read all the same is told. */
function compiled(rule: string, fail: (why: string) => void): Expression | undefined {
  try {
    return compileExpression(rule, VARIABLES)
  } catch (error) {
    fail(`rule compile error: ${(error as Error).message}`)
    return undefined
  }
}

function finding(reason: string | undefined, field: string, type: string, words: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, words)
    case 'FieldValueRequired':
      return required(field, words)
    case 'FieldValueDuplicate':
      return duplicate(field, type)
    default:
      return invalidValue(field, type, words)
  }
}

/** Kubernetes shows the type of what breaks a rule in place of the value. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
