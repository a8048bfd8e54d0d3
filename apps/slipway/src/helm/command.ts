import { describeError, UserError } from '@slipway/errors'
import { Command, CommanderError, type OptionValues } from 'commander'

/** Commands of Helm that this one does not have; each says so by name. */
const unsupported = [
  'completion',
  'create',
  'dependency',
  'get',
  'history',
  'install',
  'list',
  'plugin',
  'pull',
  'push',
  'registry',
  'repo',
  'rollback',
  'search',
  'status',
  'test',
  'uninstall',
  'upgrade',
  'verify',
]

/** Runs the `helm` command line; the exit status: 0, or 1 with Helm's `Error: …` on stderr. */
export async function runHelm(args: readonly string[]): Promise<number> {
  const command = createHelmCommand()
  try {
    await command.parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    process.stderr.write(`Error: ${messageOf(error)}\n`)
    return 1
  }
}

function messageOf(error: unknown): string {
  if (error instanceof CommanderError) return cobraMessage(error)
  return error instanceof UserError ? error.message : describeError(error)
}

// Cobra's words for what commander says.
function cobraMessage(error: CommanderError): string {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  switch (error.code) {
    case 'commander.unknownOption':
      return quoted.startsWith('--')
        ? `unknown flag: ${quoted.split('=', 1)[0]}`
        : `unknown shorthand flag: '${quoted[1]}' in ${quoted}`
    case 'commander.optionMissingArgument':
      return `flag needs an argument: ${/--[a-z-]+/.exec(quoted)?.[0] ?? quoted}`
    case 'commander.unknownCommand':
      return `unknown command "${quoted}" for "helm"\nRun 'helm --help' for usage.`
    default:
      return error.message.replace(/^error: /, '')
  }
}

/** The `helm`-compatible command: template, package, lint, show, version and env with Helm's flags, output and messages. */
export function createHelmCommand(): Command {
  const helm = new Command('helm')
    .description('The Kubernetes package manager')
    .option('-n, --namespace <string>', 'namespace scope for this request')
    .option('--debug', 'enable verbose output', false)
    .option('--kube-context <string>', 'name of the kubeconfig context to use')
    .option('--kubeconfig <string>', 'path to the kubeconfig file')
    .option('--registry-config <string>', 'path to the registry config file')
    .option('--repository-config <string>', 'path to the file containing repository names and URLs')
    .option('--repository-cache <string>', 'path to the directory containing cached repository indexes')
  addTemplate(helm)
  addPackage(helm)
  addLint(helm)
  addShow(helm)
  addVersion(helm)
  addEnv(helm)
  for (const name of unsupported) addUnsupported(helm, name)
  return quiet(helm)
}

/** Errors are thrown instead of printed, so that they can be said in Helm's words. */
function quiet(command: Command): Command {
  command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError(false)
  for (const child of command.commands) quiet(child)
  return command
}

const each = (text: string, all: string[]) => [...all, text]
// Helm's string slices are CSV: a comma separates, a part in double quotes is taken whole.
const list = (text: string, all: string[]) => [
  ...all,
  ...Array.from(
    text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g),
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  ),
]

function addTemplate(helm: Command): void {
  const command = helm
    .command('template')
    .description('locally render templates')
    .argument('[args...]', '[NAME] CHART')
    .option('-f, --values <strings>', 'specify values in a YAML file (can specify multiple)', list, [])
    .option('-s, --show-only <stringArray>', 'only show manifests rendered from the given templates', each, [])
    .option('-a, --api-versions <strings>', 'Kubernetes api versions used for Capabilities.APIVersions', list, [])
    .option('--kube-version <string>', 'Kubernetes version used for Capabilities.KubeVersion')
    .option('--include-crds', 'include CRDs in the templated output', false)
    .option('--skip-crds', 'if set, no CRDs will be installed', false)
    .option('--skip-tests', 'skip tests from templated output', false)
    .option('--no-hooks', 'prevent hooks from running during install')
    .option('--is-upgrade', 'set .Release.IsUpgrade instead of .Release.IsInstall', false)
    .option('--skip-schema-validation', 'if set, disables JSON schema validation', false)
    .option('--output-dir <string>', 'writes the executed templates to files in output-dir instead of stdout')
    .option('--release-name', 'use release name in the output-dir path', false)
    .option('-g, --generate-name', 'generate the name (and omit the NAME parameter)', false)
    .option('--name-template <string>', 'specify template used to name the release')
    .option('--dry-run [string]', 'only "client" is supported', 'client')
  addSetOptions(command).action(async (args: string[], options: OptionValues) => {
    if (args.length === 0)
      throw argumentsError('"helm template" requires at least 1 argument', 'helm template [NAME] [CHART]')
    if (options.dryRun === 'server') throw new UserError('HELM_UNSUPPORTED', '--dry-run=server is not supported')
    const { template } = await import('./template-command.ts')
    const { namespace, debug } = helm.opts()
    print(
      template(args, { ...options, namespace: namespace ?? defaultNamespace(), debug } as Parameters<
        typeof template
      >[1]),
    )
  })
}

function argumentsError(problem: string, usage: string): UserError {
  return new UserError('HELM_ARGUMENTS_INVALID', `${problem}\n\nUsage:  ${usage} [flags]`)
}

function addSetOptions(command: Command): Command {
  return command
    .option('--set <stringArray>', 'set values on the command line (key1=val1,key2=val2)', each, [])
    .option('--set-string <stringArray>', 'set STRING values on the command line', each, [])
    .option('--set-json <stringArray>', 'set JSON values on the command line', each, [])
    .option('--set-literal <stringArray>', 'set a literal STRING value on the command line', each, [])
    .option('--set-file <stringArray>', 'set values from respective files', each, [])
}

function defaultNamespace(): string {
  return process.env.HELM_NAMESPACE || 'default'
}

function print(text: string): void {
  process.stdout.write(text)
}

function addPackage(helm: Command): void {
  helm
    .command('package')
    .description('package a chart directory into a chart archive')
    .argument('[paths...]', 'folders of charts')
    .option('-d, --destination <string>', 'location to write the chart', '.')
    .option('--version <string>', 'set the version on the chart to this semver version')
    .option('--app-version <string>', 'set the appVersion on the chart to this version')
    .option('-u, --dependency-update', 'update dependencies from "Chart.yaml" to dir "charts/" before packaging', false)
    .option('--sign', 'use a PGP private key to sign this package', false)
    .action(async (paths: string[], options: OptionValues) => {
      const { packageCharts } = await import('./package-command.ts')
      print(packageCharts(paths, options as Parameters<typeof packageCharts>[1]))
    })
}

function addLint(helm: Command): void {
  const command = helm
    .command('lint')
    .description('examine a chart for possible issues')
    .argument('[paths...]', 'charts')
    .option('-f, --values <strings>', 'specify values in a YAML file (can specify multiple)', list, [])
    .option('--strict', 'fail on lint warnings', false)
    .option('--quiet', 'print only warnings and errors', false)
    .option('--skip-schema-validation', 'if set, disables JSON schema validation', false)
    .option('--kube-version <string>', 'Kubernetes version used for capabilities and deprecation checks')
  addSetOptions(command).action(async (paths: string[], options: OptionValues) => {
    const { lint } = await import('./lint-command.ts')
    const { namespace } = helm.opts()
    const result = lint(paths, { ...options, namespace: namespace ?? defaultNamespace() } as Parameters<typeof lint>[1])
    print(result.text)
    if (result.failure !== undefined) throw new UserError('HELM_LINT_FAILED', result.failure)
  })
}

function addShow(helm: Command): void {
  const show = helm.command('show').alias('inspect').description('show information of a chart')
  for (const part of ['all', 'chart', 'crds', 'readme', 'values'] as const) {
    show
      .command(part)
      .description(`show ${part === 'all' ? 'all information of the chart' : `the chart's ${part}`}`)
      .argument('[args...]', 'CHART')
      .option('--version <string>', 'specify a version constraint for the chart version to use')
      .action(async (args: string[]) => {
        const [path, ...more] = args
        if (path === undefined || more.length > 0) {
          throw argumentsError(`"helm show ${part}" requires 1 argument`, `helm show ${part} [CHART]`)
        }
        const { showChart } = await import('./show-command.ts')
        print(showChart(path, part))
      })
  }
}

function addVersion(helm: Command): void {
  helm
    .command('version')
    .description('print the helm version information')
    .option('--short', 'print the version number', false)
    .option('--template <string>', 'template for version string format')
    .action(async (options: { short: boolean; template?: string }) => {
      const { versionText } = await import('./version-command.ts')
      print(versionText(options))
    })
}

function addEnv(helm: Command): void {
  helm
    .command('env')
    .description('helm client environment information')
    .argument('[name]', 'one variable')
    .action(async (name: string | undefined) => {
      const { environmentText } = await import('./env-command.ts')
      print(environmentText({ env: process.env, namespace: helm.opts().namespace, name }))
    })
}

function addUnsupported(helm: Command, name: string): void {
  helm
    .command(name, { hidden: true })
    .argument('[args...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(() => {
      throw new UserError('HELM_UNSUPPORTED', `helm ${name} is not supported`)
    })
}
