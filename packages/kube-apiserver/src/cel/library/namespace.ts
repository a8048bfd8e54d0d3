import type { Environment } from '@marcbachmann/cel-js'

/** Functions by what follows the namespace: `contains(list, list): bool` of `sets` is called as `sets.contains(a, b)`. */
export type NamespaceFunctions = Record<string, (...values: never[]) => unknown>

/** Adds functions whose names begin with a word and a dot, which the engine knows as methods of a constant. */
export function addNamespace(env: Environment, name: string, functions: NamespaceFunctions): void {
  class Namespace {}
  const type = `kubernetes.${name}`
  env.registerType(type, { ctor: Namespace, fields: {} })
  env.registerConstant(name, type, new Namespace())
  for (const [signature, run] of Object.entries(functions)) {
    env.registerFunction(`${type}.${signature}`, (_: Namespace, ...values: never[]) => run(...values))
  }
}

/** Whether a check passes without an error. */
export function holds(check: () => unknown): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}
