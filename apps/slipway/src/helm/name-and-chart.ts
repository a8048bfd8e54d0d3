import { UserError } from '@slipway/errors'

/** What the arguments of `helm template` name. Throws UserError HELM_ARGUMENTS_INVALID with Helm's message. */
export function nameAndChart(
  args: readonly string[],
  options: { readonly generateName?: boolean; readonly nameTemplate?: string },
): { name: string; path: string } {
  const [first = '', second, ...more] = args
  const fail = (message: string): never => {
    throw new UserError('HELM_ARGUMENTS_INVALID', message)
  }
  if (more.length > 0) return fail(`expected at most two arguments, unexpected arguments: ${more.join(', ')}`)
  if (second !== undefined) {
    if (options.generateName) return fail('cannot set --generate-name and also specify a name')
    if (options.nameTemplate !== undefined) return fail('cannot set --name-template and also specify a name')
    return { name: first, path: second }
  }
  if (options.nameTemplate !== undefined) return { name: options.nameTemplate, path: first }
  return { name: 'release-name', path: first }
}
