import { UserError } from '@slipway/errors'
import type { Compat } from '@slipway/helm-chart'
import type { Command, OptionValues } from 'commander'
import { completionScript, SHELLS } from '../completion/scripts.ts'
import {
  addChartFlags,
  addConnectionFlags,
  addPostRendererFlags,
  addSetFlags,
  atLeast,
  atMost,
  does,
  each,
  exactly,
  flagError,
  group,
  leaf,
  list,
  print,
} from './flags.ts'
import { nameAndChart } from './name-and-chart.ts'
import { namespaceOf } from './namespace.ts'
import type { PostRender, PostRendererFlags } from './post-renderer/run.ts'
import { defaultKeyring } from './provenance/keyring.ts'
import { withLocalValues } from './remote-values.ts'
import { locateChart } from './repository/locate-chart.ts'
import type { HelmSettings } from './settings.ts'
import { clusterUseOf } from './template-mode.ts'

/** The flags that name values, and whatever else the command has. */
type ValuesFlags = OptionValues & { values: string[] }

/** The commands that need no cluster: template, lint, show, create, package, verify, version, env, completion. */
export function addLocalCommands(helm: Command): void {
  addTemplate(helm)
  addLint(helm)
  addShow(helm)
  addCreate(helm)
  addPackage(helm)
  addVerify(helm)
  addVersion(helm)
  addEnv(helm)
  addCompletion(helm)
}

function addTemplate(helm: Command): void {
  const command = leaf(helm, 'template [NAME] [CHART]', 'locally render templates')
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
    .option('--dependency-update', 'update dependencies if they are missing before installing the chart', false)
    .option('--dry-run [string]', 'simulates the operation either client-side or server-side')
    .option('--validate', 'deprecated: --dry-run=server', false)
    .option('--enable-dns', 'enable DNS lookups when rendering templates', false)
    .option('--compat <version>', 'whose behaviour: helm3 or helm4', compat, 'helm4')
  for (const flag of flagsOfInstall) command.option(flag, 'as of install; nothing is installed here')
  does(addPostRendererFlags(addSetFlags(addChartFlags(command))), atLeast(1), async (args, options, settings) => {
    const use = clusterUseOf(options as Parameters<typeof clusterUseOf>[0])
    // What the arguments have against each other comes before what they name.
    nameAndChart(args, options, () => '')
    const postRender = options.postRenderer === undefined ? undefined : await postRenderForTemplate(options)
    // The chart is the last argument; a third one is an error that template tells.
    const at = args.length === 1 ? 0 : 1
    const path = args.length > 2 ? undefined : await locatedForTemplate(args[at] ?? '', options, settings)
    const local = args.map((arg, index) => (index === at && path !== undefined ? path : arg))
    const flags = { ...(await withLocalValues(options as ValuesFlags)), debug: settings.debug, postRender }
    print(await templated(local, { ...flags, ...use, namespace: namespaceOf(settings) }, settings))
  })
}

/** Flags that template has from install, and that change nothing without a cluster. */
const flagsOfInstall = [
  '--create-namespace',
  '--description <string>',
  '--disable-openapi-validation',
  '--force-conflicts',
  '--force-replace',
  '--hide-notes',
  '-l, --labels <stringToString>',
  '--render-subchart-notes',
  '--replace',
  '--rollback-on-failure',
  '--server-side [string]',
  '--take-ownership',
  '--timeout <duration>',
  '--wait [strategy]',
  '--wait-for-jobs',
]

async function templated(args: readonly string[], options: OptionValues, settings: HelmSettings): Promise<string> {
  if (options.lookup || options.validate) {
    const { templateOnCluster } = await import('./release/template-on-cluster.ts')
    return templateOnCluster(args, options as Parameters<typeof templateOnCluster>[1], settings)
  }
  const { prepareTemplate } = await import('./template-command.ts')
  const { renderLocally } = await import('./local-rendering.ts')
  const render = prepareTemplate(args, options as Parameters<typeof prepareTemplate>[1])
  return renderLocally(render, { enableDns: options.enableDns as boolean })
}

async function postRenderForTemplate(options: OptionValues): Promise<PostRender> {
  const { postRenderOf } = await import('./post-renderer/run.ts')
  const flags = options as PostRendererFlags & { compat: Compat }
  return postRenderOf(flags, process.env, flags.compat)
}

function compat(text: string): string {
  if (text === 'helm3' || text === 'helm4') return text
  throw flagError(text, '--compat', 'must be helm3 or helm4')
}

async function locatedForTemplate(...[name, options, settings]: Parameters<typeof locateChart>): Promise<string> {
  const path = await locateChart(name, options, settings)
  if (!(options as { dependencyUpdate?: boolean }).dependencyUpdate) return path
  const { updateDependencies } = await import('./dependency/dependency-command.ts')
  const flags = { ...options, skipRefresh: false }
  await updateDependencies({ chartPath: path, options: flags, settings, say: print })
  return path
}

function addLint(helm: Command): void {
  const command = leaf(helm, 'lint PATH', 'examine a chart for possible issues')
    .option('--strict', 'fail on lint warnings', false)
    .option('--quiet', 'print only warnings and errors', false)
    .option('--with-subcharts', 'lint dependent charts', false)
    .option('--skip-schema-validation', 'if set, disables JSON schema validation', false)
    .option('--kube-version <string>', 'Kubernetes version used for capabilities and deprecation checks')
  does(addSetFlags(command), atLeast(1), async (paths, options, settings) => {
    const { lint } = await import('./lint-command.ts')
    const flags = await withLocalValues(options as ValuesFlags)
    const given = { ...flags, namespace: namespaceOf(settings) } as unknown as Parameters<typeof lint>[1]
    const result = await lint(paths, given)
    print(result.text)
    if (result.failure !== undefined) throw new UserError('HELM_LINT_FAILED', result.failure)
  })
}

function addShow(helm: Command): void {
  const show = group(helm, 'show', 'show information of a chart').alias('inspect')
  const parts = {
    all: 'all information of the chart',
    chart: "the chart's definition",
    crds: "the chart's CRDs",
    readme: "the chart's README",
    values: "the chart's values",
  }
  for (const part of Object.keys(parts) as (keyof typeof parts)[]) {
    const command = addChartFlags(leaf(show, `${part} [CHART]`, `show ${parts[part]}`))
    if (part === 'values') command.option('--jsonpath <string>', 'supply a JSONPath expression to filter the output')
    does(command, exactly(1), async ([name = ''], options, settings) => {
      const { showChart, showValuesAt } = await import('./show-command.ts')
      const path = await locateChart(name, options, settings)
      print(options.jsonpath ? showValuesAt(path, options.jsonpath as string) : showChart(path, part))
    })
  }
}

function addCreate(helm: Command): void {
  const command = leaf(helm, 'create NAME', 'create a new chart with the given name').option(
    '-p, --starter <string>',
    'the name or absolute path to Helm starter scaffold',
  )
  does(command, exactly(1), async ([name = ''], options) => {
    const { createChart } = await import('./create-command.ts')
    createChart(name, options)
  })
}

function addPackage(helm: Command): void {
  const command = leaf(helm, 'package [CHART_PATH] [...]', 'package a chart directory into a chart archive')
    .option('-d, --destination <string>', 'location to write the chart', '.')
    .option('--version <string>', 'set the version on the chart to this semver version')
    .option('--app-version <string>', 'set the appVersion on the chart to this version')
    .option('-u, --dependency-update', 'update dependencies from "Chart.yaml" to dir "charts/" before packaging', false)
    .option('--sign', 'use a PGP private key to sign this package', false)
    .option('--key <string>', 'name of the key to use when signing')
    .option('--keyring <string>', 'location of a public keyring', defaultKeyring(process.env))
    .option('--passphrase-file <string>', 'location of a file which contains the passphrase for the signing key')
  does(addConnectionFlags(command), atLeast(0), async (paths, options, settings) => {
    const { packageCharts } = await import('./package-command.ts')
    await packageCharts(paths, options as Parameters<typeof packageCharts>[1], settings)
  })
}

function addVerify(helm: Command): void {
  const command = leaf(
    helm,
    'verify PATH',
    'verify that a chart at the given path has been signed and is valid',
  ).option('--keyring <string>', 'keyring containing public keys', defaultKeyring(process.env))
  does(command, exactly(1), async ([path = ''], options) => {
    const { verifyFile } = await import('./provenance/verify.ts')
    print(await verifyFile(path, options.keyring as string))
  })
}

function addVersion(helm: Command): void {
  const command = leaf(helm, 'version', 'print the helm version information')
    .option('--short', 'print the version number', false)
    .option('--template <string>', 'template for version string format')
  does(command, exactly(0), async (_args, options) => {
    const { versionText } = await import('./version-command.ts')
    print(versionText(options as Parameters<typeof versionText>[0]))
  })
}

function addEnv(helm: Command): void {
  does(leaf(helm, 'env', 'helm client environment information'), atMost(1), async ([name], _options, settings) => {
    const { environmentText } = await import('./env-command.ts')
    print(environmentText({ env: process.env, namespace: settings.namespace, name }))
  })
}

function addCompletion(helm: Command): void {
  const completion = group(helm, 'completion', 'generate autocompletion scripts for the specified shell')
  for (const shell of SHELLS) {
    const command = leaf(completion, shell, `generate autocompletion script for ${shell}`)
    command.option('--no-descriptions', 'disable completion descriptions')
    does(command, exactly(0), (_args, { descriptions }) => {
      print(completionScript(shell, 'helm', { described: descriptions as boolean }))
    })
  }
  completion
    .command('powershell', { hidden: true })
    .allowUnknownOption()
    .action(() => print(completionScript('powershell', 'helm')))
}
