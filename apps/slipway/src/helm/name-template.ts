import { Template, withSignature } from '@slipway/go-template'
import { templateFunctions } from '@slipway/helm-chart'
import { nodePlatform } from './node-platform.ts'

/**
 * The name that `--name-template` makes: a template with Sprig's functions and without data (action.TemplateName). It is the caller's own
 * text, so it may read the environment, which a chart may not. Throws TemplateError with Go's message.
 */
export function nameFromTemplate(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const set = new Template({ functions: { ...templateFunctions(nodePlatform), ...ownFunctions(env) } })
  set.parse('name-template', text)
  return set.execute('name-template', undefined)
}

function ownFunctions(env: Readonly<Record<string, string | undefined>>) {
  const read = (name: string): string => env[name] ?? ''
  const fail = (message: string): never => {
    throw new Error(message)
  }
  // os.ExpandEnv: `$name` and `${name}`.
  const expand = (line: string): string =>
    line.replaceAll(/\$(?:\{([^}]*)\}|(\w+))/g, (_all, braced?: string, bare?: string) => read(braced ?? bare ?? ''))
  return {
    env: withSignature(['string'], read),
    expandenv: withSignature(['string'], expand),
    fail: withSignature(['string'], fail),
  }
}
