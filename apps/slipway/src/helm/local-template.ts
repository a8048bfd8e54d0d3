import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { messageOf } from '@slipway/errors'
import { readChart } from './chart-source.ts'
import { type FlagTable, parseGoFlags } from './go-flags.ts'
import { type CompleteSchemas, withSchemas } from './schemas.ts'
import { prepareTemplate, type ReadChart, type TemplateOptions } from './template-command.ts'

const table: FlagTable = {
  namespace: { kind: 'text', letter: 'n' },
  values: { kind: 'list', letter: 'f' },
  set: { kind: 'texts' },
  'set-string': { kind: 'texts' },
  'set-json': { kind: 'texts' },
  'set-literal': { kind: 'texts' },
  'set-file': { kind: 'texts' },
  'show-only': { kind: 'texts', letter: 's' },
  'api-versions': { kind: 'list', letter: 'a' },
  'kube-version': { kind: 'text' },
  'include-crds': { kind: 'switch' },
  'skip-crds': { kind: 'switch' },
  'skip-tests': { kind: 'switch' },
  'no-hooks': { kind: 'switch' },
  'is-upgrade': { kind: 'switch' },
  'skip-schema-validation': { kind: 'switch' },
  debug: { kind: 'switch' },
  compat: { kind: 'text' },
}

/**
 * `helm template` of a chart that is here already, with its most usual flags. It loads nothing that only other commands
 * need, so it starts in a fraction of the time; what fetches schemas, `complete`, is called only for them. A program that renders a
 * chart several times reads it once, with a `read` of its own. Gives undefined, having done nothing, when the full command must do it.
 */
export function runLocalTemplate(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  complete: CompleteSchemas,
  read: ReadChart = readChart,
): number | Promise<number> | undefined {
  const parsed = parseGoFlags(words, table)
  const chart = parsed?.args.at(-1)
  if (!parsed || parsed.args.length > 2 || chart === undefined || !existsSync(chart)) return undefined
  const text = (name: string) => parsed.flags.get(name) as string | undefined
  const texts = (name: string) => (parsed.flags.get(name) ?? []) as string[]
  const isOn = (name: string) => parsed.flags.get(name) === true
  const namespace = text('namespace') || env.HELM_NAMESPACE || namespaceWithoutKubeconfig(env)
  const values = texts('values')
  const compat = text('compat') ?? 'helm4'
  if (namespace === undefined || values.some((file) => file.includes('://'))) return undefined
  if (compat !== 'helm3' && compat !== 'helm4') return undefined
  const kubeVersion = text('kube-version')
  const options: TemplateOptions = {
    namespace,
    values,
    compat,
    set: texts('set'),
    setString: texts('set-string'),
    setJson: texts('set-json'),
    setLiteral: texts('set-literal'),
    setFile: texts('set-file'),
    showOnly: texts('show-only'),
    apiVersions: texts('api-versions'),
    includeCrds: isOn('include-crds'),
    skipTests: isOn('skip-tests'),
    hooks: !isOn('no-hooks'),
    isUpgrade: isOn('is-upgrade'),
    skipSchemaValidation: isOn('skip-schema-validation'),
    debug: isOn('debug'),
    generateName: false,
    releaseName: false,
    ...(kubeVersion !== undefined && { kubeVersion }),
  }
  return print(() => prepareTemplate(parsed.args.with(-1, resolve(chart)), options, read), complete)
}

/** `default`, unless there is a kubeconfig that may say otherwise. */
function namespaceWithoutKubeconfig(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return env.KUBECONFIG || existsSync(join(homedir(), '.kube', 'config')) ? undefined : 'default'
}

function print(prepare: () => ReturnType<typeof prepareTemplate>, complete: CompleteSchemas): number | Promise<number> {
  try {
    const text = withSchemas(prepare(), complete)
    return typeof text === 'string' ? succeeded(text) : text.then(succeeded, failed)
  } catch (error) {
    return failed(error)
  }
}

function succeeded(text: string): number {
  process.stdout.write(text)
  return 0
}

function failed(error: unknown): number {
  process.stderr.write(`Error: ${messageOf(error)}\n`)
  return 1
}
