import type { Environment } from '@marcbachmann/cel-js'
import { holds } from './namespace.ts'

const TYPE = 'kubernetes.Semver'
const NUMBER = '(0|[1-9]\\d*)'
const PATTERN = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-([\\da-zA-Z-]+(?:\\.[\\da-zA-Z-]+)*))?(?:\\+[\\da-zA-Z-.]+)?$`,
)

/** A semantic version inside an expression. */
class Semver {
  readonly numbers: readonly bigint[]
  readonly prerelease: readonly string[]

  constructor(text: string) {
    const match = PATTERN.exec(text)
    const prerelease = match?.[4]?.split('.') ?? []
    if (!match || prerelease.some((part) => /^0\d+$/.test(part)))
      throw new Error(`Invalid semver: ${JSON.stringify(text)}`)
    this.numbers = match.slice(1, 4).map((number) => BigInt(number))
    this.prerelease = prerelease
  }
}

/** `v1.02` as `1.2.0`: a leading v and zeros go, what is missing is 0 (blang/semver's tolerant form). */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([\d.]*)(.*)$/.exec(text.trim()) ?? []
  const numbers = core.split('.').map((number) => number.replace(/^0+(?=\d)/, ''))
  while (numbers.length < 3) numbers.push('0')
  return numbers.join('.') + rest
}

/** SemVer 2.0, 11: numbers first, a prerelease before its release, numeric identifiers before others. */
function compare(a: Semver, b: Semver): bigint {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n
    if (number !== other) return number < other ? -1n : 1n
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) {
    return BigInt(Math.sign(b.prerelease.length - a.prerelease.length))
  }
  for (const [index, part] of a.prerelease.entries()) {
    const other = b.prerelease[index]
    if (other === undefined) return 1n
    if (part !== other) return identifierBefore(part, other) ? -1n : 1n
  }
  return a.prerelease.length < b.prerelease.length ? -1n : 0n
}

function identifierBefore(a: string, b: string): boolean {
  const [left, right] = [a, b].map((part) => (/^\d+$/.test(part) ? BigInt(part) : undefined))
  if (left !== undefined && right !== undefined) return left < right
  return left !== undefined || (right === undefined && a < b)
}

/** Version 1 of apiserver's cel/library/semverlib.go. */
export function addVersions(env: Environment): void {
  env.registerType(TYPE, { ctor: Semver, fields: {} })
  const read = (text: string, tolerant = false): Semver => new Semver(tolerant ? normalized(text) : text)
  env.registerFunction(`semver(string): ${TYPE}`, (text: string) => read(text))
  env.registerFunction(`semver(string, bool): ${TYPE}`, read)
  env.registerFunction('isSemver(string): bool', (text: string) => holds(() => read(text)))
  env.registerFunction('isSemver(string, bool): bool', (text: string, tolerant: boolean) =>
    holds(() => read(text, tolerant)),
  )
  for (const [index, name] of ['major', 'minor', 'patch'].entries()) {
    env.registerFunction(`${TYPE}.${name}(): int`, ({ numbers }: Semver) => numbers[index])
  }
  env.registerOperator(`${TYPE} == ${TYPE}`, (a: Semver, b: Semver) => compare(a, b) === 0n)
  env.registerFunction(`${TYPE}.compareTo(${TYPE}): int`, compare)
  env.registerFunction(`${TYPE}.isLessThan(${TYPE}): bool`, (a: Semver, b: Semver) => compare(a, b) < 0n)
  env.registerFunction(`${TYPE}.isGreaterThan(${TYPE}): bool`, (a: Semver, b: Semver) => compare(a, b) > 0n)
}
