import type { Environment } from '@marcbachmann/cel-js'
import { canonicalQuantity, parseQuantity } from '@slipway/kube-objects'
import { holds } from './namespace.ts'

const ONE = 1_000_000_000n
const TYPE = 'kubernetes.Quantity'

/** A resource quantity inside an expression. */
class Quantity {
  readonly nano: bigint

  constructor(nano: bigint) {
    this.nano = nano
  }
}

const read = (text: string): Quantity => {
  canonicalQuantity(text)
  return new Quantity(parseQuantity(text))
}

/** apiserver's cel/library/quantity.go. */
export function addQuantities(env: Environment): void {
  env.registerType(TYPE, { ctor: Quantity, fields: {} })
  env.registerFunction(`quantity(string): ${TYPE}`, read)
  env.registerFunction('isQuantity(string): bool', (text: string) => holds(() => parseQuantity(text)))
  const compare: Record<string, (a: bigint, b: bigint) => boolean> = {
    isGreaterThan: (a, b) => a > b,
    isLessThan: (a, b) => a < b,
  }
  for (const [name, check] of Object.entries(compare)) {
    env.registerFunction(`${TYPE}.${name}(${TYPE}): bool`, (a: Quantity, b: Quantity) => check(a.nano, b.nano))
  }
  env.registerOperator(`${TYPE} == ${TYPE}`, (a: Quantity, b: Quantity) => a.nano === b.nano)
  env.registerFunction(`${TYPE}.compareTo(${TYPE}): int`, (a: Quantity, b: Quantity) => sign(a.nano - b.nano))
  env.registerFunction(`${TYPE}.asInteger(): int`, ({ nano }: Quantity) => {
    if (nano % ONE !== 0n) throw new Error('cannot convert value to integer')
    return nano / ONE
  })
  env.registerFunction(`${TYPE}.asApproximateFloat(): double`, ({ nano }: Quantity) => Number(nano) / 1e9)
  env.registerFunction(`${TYPE}.isInteger(): bool`, ({ nano }: Quantity) => nano % ONE === 0n)
  env.registerFunction(`${TYPE}.sign(): int`, ({ nano }: Quantity) => sign(nano))
  addSums(env)
}

function addSums(env: Environment): void {
  env.registerFunction(`${TYPE}.add(${TYPE}): ${TYPE}`, (a: Quantity, b: Quantity) => new Quantity(a.nano + b.nano))
  env.registerFunction(`${TYPE}.sub(${TYPE}): ${TYPE}`, (a: Quantity, b: Quantity) => new Quantity(a.nano - b.nano))
  env.registerFunction(`${TYPE}.add(int): ${TYPE}`, (a: Quantity, b: bigint) => new Quantity(a.nano + b * ONE))
  env.registerFunction(`${TYPE}.sub(int): ${TYPE}`, (a: Quantity, b: bigint) => new Quantity(a.nano - b * ONE))
}

const sign = (value: bigint): bigint => (value > 0n ? 1n : value < 0n ? -1n : 0n)
