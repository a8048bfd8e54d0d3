import type { Environment, Optional } from '@marcbachmann/cel-js'

/** CEL's equality of values that are no literals: by content, and numbers by what they count. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => sameValue(one, b[i]))
  }
  const [left, right] = [Object.entries(a), b as Record<string, unknown>]
  return left.length === Object.keys(b).length && left.every(([key, value]) => sameValue(value, right[key]))
}

const isNumber = (value: unknown): boolean => typeof value === 'bigint' || typeof value === 'number'

/** Types of which cel-go lets a value be compared with null; none equals it. */
const NULLABLE = [
  'optional<dyn>',
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
  ...['URL', 'Quantity', 'IP', 'CIDR', 'NamedFormat', 'Semver'].map((name) => `kubernetes.${name}`),
]

/** Comparisons that the engine lacks, once all types are known. */
export function addEquality(env: Environment): void {
  for (const type of NULLABLE) env.registerOperator(`${type} == null`, () => false)
  env.registerOperator('optional<dyn> == optional<dyn>', (a: Optional, b: Optional) => {
    return a.hasValue() && b.hasValue() ? sameValue(a.value(), b.value()) : a.hasValue() === b.hasValue()
  })
}
