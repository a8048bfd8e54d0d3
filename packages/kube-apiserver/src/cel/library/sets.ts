import type { Environment } from '@marcbachmann/cel-js'
import { sameValue } from './equality.ts'
import { addNamespace } from './namespace.ts'

const includes = (list: unknown[], value: unknown): boolean => list.some((one) => sameValue(one, value))
const contains = (list: unknown[], part: unknown[]): boolean => part.every((value) => includes(list, value))

/** cel-go's ext/sets.go. */
export function addSets(env: Environment): void {
  addNamespace(env, 'sets', {
    'contains(list<dyn>, list<dyn>): bool': contains,
    'intersects(list<dyn>, list<dyn>): bool': (a: unknown[], b: unknown[]) => a.some((value) => includes(b, value)),
    'equivalent(list<dyn>, list<dyn>): bool': (a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a),
  })
}
