import { UserError } from '@slipway/errors'
import { nameFromTemplate } from './name-template.ts'

/** How a release gets its name where none is given. */
export interface NameFlags {
  readonly generateName?: boolean
  readonly nameTemplate?: string
}

/**
 * What the arguments of `helm template` and `helm install` name; `unnamed` makes the name where there is the chart only and no template
 * for one. Throws UserError HELM_ARGUMENTS_INVALID with Helm's message, and what a template for the name throws.
 */
export function nameAndChart(
  args: readonly string[],
  { generateName, nameTemplate }: NameFlags,
  unnamed: (chart: string) => string,
): { name: string; chart: string } {
  const [first = '', second, ...more] = args
  if (more.length > 0) throw fault(`expected at most two arguments, unexpected arguments: ${more.join(', ')}`)
  if (second === undefined)
    return { name: nameTemplate ? nameFromTemplate(nameTemplate) : unnamed(first), chart: first }
  if (generateName) throw fault('cannot set --generate-name and also specify a name')
  if (nameTemplate) throw fault('cannot set --name-template and also specify a name')
  return { name: first, chart: second }
}

const fault = (message: string): UserError => new UserError('HELM_ARGUMENTS_INVALID', message)
