import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField } from '../validation/field-errors.ts'

/** The most that one rule may cost on the largest object that its schema allows, and all rules of a schema together. */
const RULE_LIMIT = 10_000_000
const SCHEMA_LIMIT = 100_000_000
/** Of the rules that are too much together, as many are named. */
const NAMED = 4

/** Adds up what the rules of a schema can cost. */
export class RuleCosts {
  #total = 0
  readonly #expensive: { field: string; cost: number }[] = []

  /** Counts a rule, and says when it is too much alone. */
  add(field: string, what: string, cost: number): FieldError[] {
    this.#total += cost
    if (cost >= SCHEMA_LIMIT / 100) this.#expensive.push({ field, cost })
    return cost > RULE_LIMIT ? [forbiddenField(field, exceeds(`estimated ${what} cost`, cost, RULE_LIMIT))] : []
  }

  /** What is wrong with all of them together. */
  faults(schemaField: string): FieldError[] {
    if (this.#total <= SCHEMA_LIMIT) return []
    const contributes = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
    const all = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    return [
      ...this.#expensive
        .toSorted((a, b) => b.cost - a.cost)
        .slice(0, NAMED)
        .map(({ field }) => forbiddenField(field, contributes)),
      forbiddenField(schemaField, exceeds(all, this.#total, SCHEMA_LIMIT)),
    ]
  }
}

function exceeds(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  // Where a digit would read as "1.0x", all are shown.
  const shown = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  return `${what} exceeds budget by factor of ${shown} (${advice})`
}

/** How often the parts of a schema can be there for each time that it is; undefined = there is no bound. */
export function repetitions({ type, additionalProperties, maxProperties, maxItems }: Spec): number | undefined {
  if (type === 'array') return maxItems
  return type === 'object' && additionalProperties !== undefined ? maxProperties : 1
}
