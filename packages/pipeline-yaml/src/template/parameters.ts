import type { Value } from '../expressions/values.ts'
import type { ParameterDefinition } from '../model.ts'
import { own } from '../own.ts'
import { type Problems, suggest } from '../problems.ts'
import { toValue } from './expand.ts'

/** The values of a run's parameters; `given` undefined takes empty values where a default is missing (a check of the file alone). */
export function resolveParameters(
  definitions: ParameterDefinition[],
  given: Readonly<Record<string, string>> | undefined,
  problems: Problems,
): Record<string, Value> {
  const names = definitions.map(({ name }) => name)
  for (const name of Object.keys(given ?? {})) {
    if (names.includes(name)) continue
    problems.error('PIPELINE_PARAMETER_INVALID', `the pipeline has no parameter ${name}`, {}, suggest(name, names))
  }
  return Object.fromEntries(definitions.map((definition) => [definition.name, resolve(definition, given, problems)]))
}

function resolve(
  definition: ParameterDefinition,
  given: Readonly<Record<string, string>> | undefined,
  problems: Problems,
): Value {
  const { name, at, values } = definition
  const value = own(given, name) ?? (definition.default && toValue(definition.default))
  if (value === undefined) {
    if (given) problems.error('PIPELINE_PARAMETER_INVALID', `the parameter ${name} has no value and no default`, at)
    return ''
  }
  if (values && typeof value === 'string' && !values.includes(value)) {
    const message = `the parameter ${name} must be one of ${values.join(', ')}, not ${JSON.stringify(value)}`
    problems.error('PIPELINE_PARAMETER_INVALID', message, at)
  }
  return cast(definition, value, problems)
}

function cast({ name, type, at }: ParameterDefinition, value: Value, problems: Problems): Value {
  if (typeof value !== 'string' || type === 'string' || type === 'object') return value
  if (type === 'number' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value)
  if (type === 'boolean' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  problems.error(
    'PIPELINE_PARAMETER_INVALID',
    `the parameter ${name} must be a ${type}, not ${JSON.stringify(value)}`,
    at,
  )
  return value
}
