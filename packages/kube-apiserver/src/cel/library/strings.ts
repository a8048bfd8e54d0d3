import type { Environment } from '@marcbachmann/cel-js'
import { Duration } from '@marcbachmann/cel-js/evaluator'
import { addNamespace } from './namespace.ts'
import { compilePattern, findAll } from './patterns.ts'

/** The name under which {@link ../dialect.ts} calls `matches`, whose own patterns are JavaScript's. */
export const MATCHES = 'matchesRe2'

/** apiserver's cel/library/regex.go and version 2 of cel-go's ext/strings.go. */
export function addStrings(env: Environment): void {
  env.registerFunction('string.charAt(int): string', (text: string, at: bigint) => [...text][Number(at)] ?? '')
  env.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.split(from).join(to),
  )
  env.registerFunction('string.replace(string, string, int): string', replaceSome)
  addNamespace(env, 'strings', { 'quote(string): string': (text: string) => JSON.stringify(text) })
  addPatterns(env)
  env.registerFunction('string.format(list<dyn>): string', (text: string, values: unknown[]) => {
    let next = 0
    return text.replaceAll(/%(?:\.(\d+))?([sdfexXob%])/g, (_, digits: string | undefined, verb: string) => {
      if (verb === '%') return '%'
      return formatted(values[next++], verb, digits === undefined ? 6 : Number(digits))
    })
  })
}

function addPatterns(env: Environment): void {
  const matches = (text: string, pattern: string): boolean => compilePattern(pattern).matcher(text).find()
  env.registerFunction(`string.${MATCHES}(string): bool`, matches)
  env.registerFunction('matches(string, string): bool', matches)
  env.registerFunction('string.find(string): string', (text: string, pattern: string) => {
    return findAll(text, pattern, 1)[0] ?? ''
  })
  env.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
    findAll(text, pattern),
  )
  env.registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
    findAll(text, pattern, Number(limit)),
  )
}

function replaceSome(text: string, from: string, to: string, count: bigint): string {
  let result = text
  for (let left = Number(count), at = 0; left !== 0; left--) {
    const found = result.indexOf(from, at)
    if (found < 0) break
    result = result.slice(0, found) + to + result.slice(found + from.length)
    at = found + to.length
  }
  return result
}

function formatted(value: unknown, verb: string, digits: number): string {
  if (verb === 'f') return Number(value).toFixed(digits)
  if (verb === 'e') return Number(value).toExponential(digits)
  const radix = { x: 16, X: 16, o: 8, b: 2 }[verb]
  if (radix && (typeof value === 'bigint' || typeof value === 'number')) {
    const text = value.toString(radix)
    return verb === 'X' ? text.toUpperCase() : text
  }
  return shown(value)
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  if (value instanceof Duration || typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value).map(([field, inner]) => `${field}: ${shown(inner)}`)
  return fields.length > 0 && Object.getPrototypeOf(value) === Object.prototype
    ? `{${fields.join(', ')}}`
    : String(value)
}
