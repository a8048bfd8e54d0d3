import type { GoValue } from './decode.ts'
import { formatFloat } from './go-number.ts'
import { WholeFloat } from './resolve.ts'
import { sortKeys } from './sort-keys.ts'

/** What is larger is an uint64, which Go shows in hexadecimal. */
const maxInt64 = 2n ** 63n - 1n

/** A value as Go's `%#v` shows it, for goyaml's error messages. */
export function goSyntax(value: GoValue): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === null) return 'interface {}(nil)'
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, entry]) => `${goSyntax(key)}:${goSyntax(entry)}`)
    return `map[interface {}]interface {}{${sortKeys(entries).join(', ')}}`
  }
  if (value instanceof WholeFloat) return formatFloat(value.value)
  if (typeof value === 'bigint' && value > maxInt64) return `0x${value.toString(16)}`
  return typeof value === 'number' && !Number.isInteger(value) ? floatSyntax(value) : String(value)
}

function floatSyntax(value: number): string {
  if (Number.isFinite(value)) return formatFloat(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
