import { Environment, type ParseResult } from '@marcbachmann/cel-js'
import { addKubernetesLibrary } from './library/kubernetes.ts'

let library: Environment | undefined
const environments = new Map<string, Environment>()

/** Reads an expression over variables of any type. Throws the engine's ParseError. */
export function parseExpression(text: string, variables: readonly string[] = []): ParseResult {
  return environmentOf(variables).parse(text)
}

function environmentOf(variables: readonly string[]): Environment {
  library ??= addKubernetesLibrary(new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false }))
  const key = variables.join()
  const known = environments.get(key)
  if (known) return known
  const env = library.clone()
  for (const name of variables) env.registerVariable(name, 'dyn')
  environments.set(key, env)
  return env
}
