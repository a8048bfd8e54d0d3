import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type BuildOptions, buildText, toldOf } from '@slipway/kustomize'
import { type Command, CommanderError } from 'commander'
import { cobraMessage, cobraProgram, completeProgram, isAnswered } from '../cobra/command.ts'
import { diskTree } from './disk-tree.ts'

interface Options {
  output?: string
  loadRestrictor: string
  enableHelm?: boolean
  enableAlphaPlugins?: boolean
}

/** Runs the `kustomize` command line, as `kubectl kustomize` and `kustomize build`; the exit status: 0, or 1 with `error: …` on stderr. */
export async function runKustomize(args: readonly string[]): Promise<number> {
  const command = createCommand()
  try {
    await command.parseAsync(args[0] === 'build' ? args.slice(1) : args, { from: 'user' })
    return 0
  } catch (error) {
    const isCommanders = error instanceof CommanderError
    if (isCommanders && isAnswered(error)) return 0
    process.stderr.write(`error: ${isCommanders ? cobraMessage(error, command) : toldOf(error)}\n`)
    return 1
  }
}

/** Flags of functions, plug-ins and charts say nothing where there are none; those that switch them on are refused. */
function createCommand(): Command {
  const list = (value: string, all: string[]): string[] => [...all, value]
  const command = cobraProgram('kustomize')
    .description('Build a set of KRM resources using a kustomization.yaml file')
    .argument('[dir]', 'folder with a kustomization.yaml', '.')
    .option('-o, --output <path>', 'If specified, write output to this path.')
    .option(
      '--load-restrictor <mode>',
      'LoadRestrictionsRootOnly, or LoadRestrictionsNone: kustomizations may load files from outside their root',
      'LoadRestrictionsRootOnly',
    )
    .option('--as-current-user', 'use the uid and gid of the command executor to run functions')
    .option('--enable-alpha-plugins', 'enable kustomize plugins (not supported)')
    .option('--enable-helm', 'enable use of the Helm chart inflator generator (not supported)')
    .option('-e, --env <variable>', 'environment variables to be used by functions', list, [])
    .option('--helm-api-versions <version>', 'API versions used by Helm', list, [])
    .option('--helm-command <path>', 'helm command')
    .option('--helm-debug', 'debug output from the Helm chart inflator generator')
    .option('--helm-kube-version <version>', 'Kubernetes version used by Helm')
    .option('--mount <options>', 'storage that functions may read', list, [])
    .option('--network', 'enable network access for functions')
    .option('--network-name <name>', 'network to run functions in')
    .action((dir: string, options: Options) => buildFolder(dir, options))
  return completeProgram(command)
}

function buildFolder(dir: string, options: Options): void {
  for (const [flag, isGiven] of Object.entries({
    '--enable-helm': options.enableHelm,
    '--enable-alpha-plugins': options.enableAlphaPlugins,
  })) {
    if (isGiven) throw new Error(`${flag} is not supported`)
  }
  const text = buildText(diskTree(), resolve(dir).slice(1), {
    loadRestrictor: restrictorOf(options.loadRestrictor),
    warn: (message) => process.stderr.write(`${message}\n`),
  })
  if (options.output) writeFileSync(options.output, text)
  else process.stdout.write(text)
}

function restrictorOf(mode: string): NonNullable<BuildOptions['loadRestrictor']> {
  if (mode === 'LoadRestrictionsRootOnly') return 'rootOnly'
  if (mode === 'LoadRestrictionsNone') return 'none'
  throw new Error(
    `illegal flag value --load-restrictor ${mode}; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]`,
  )
}
