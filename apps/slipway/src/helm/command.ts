import { messageOf } from '@slipway/errors'
import { type Command, CommanderError } from 'commander'
import { cobraMessage, cobraProgram, completeProgram, isAnswered } from '../cobra/command.ts'
import { printCompletion } from '../completion/complete.ts'
import { each, unsupported } from './flags.ts'
import { addLocalCommands } from './local-commands.ts'
import { addReleaseCommands } from './release-commands.ts'
import { addRemoteCommands } from './remote-commands.ts'

/** Runs the `helm` command line; the exit status: 0, or 1 with Helm's `Error: …` on stderr. */
export async function runHelm(args: readonly string[]): Promise<number> {
  const command = createHelmCommand()
  const asked = args.findIndex((arg) => arg === '__complete' || arg === '__completeNoDesc')
  if (asked >= 0) {
    const { completeHelm } = await import('./completion.ts')
    printCompletion(await completeHelm(command, args.toSpliced(asked, 1)), { described: args[asked] === '__complete' })
    return 0
  }
  try {
    await command.parseAsync(goFlags(args, command), { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    const isCommanders = error instanceof CommanderError
    if (isCommanders && isAnswered(error)) return 0
    process.stderr.write(`Error: ${isCommanders ? cobraMessage(error, command) : messageOf(error)}\n`)
    return 1
  }
}

/** What a flag means that stands alone where it may have a value; a value follows it with `=` only, never as the next argument. */
const bareFlags: Record<string, string> = {
  '--wait': '--wait=watcher',
  '--dry-run': '--dry-run=unset',
  '--server-side': '--server-side=true',
}

/** The arguments with pflag's ways put into commander's: bare flags with an optional value, and `--flag=true|false`. */
function goFlags(args: readonly string[], helm: Command): string[] {
  const switches = switchesOf(helm)
  const { options } = commandOf(args, helm)
  return args.flatMap((arg) => {
    const bare = options.some(({ long, optional }) => optional && long === arg) ? bareFlags[arg] : undefined
    if (bare !== undefined) return [bare]
    const [, flag = '', value] = /^(--[a-z-]+)=(true|false)$/.exec(arg) ?? []
    if (!switches.has(flag)) return [arg]
    return value === 'true' ? [flag] : []
  })
}

/** The command that the arguments lead to. */
function commandOf(args: readonly string[], helm: Command): Command {
  const isNamed = (word: string) => (child: Command) => child.name() === word || child.aliases().includes(word)
  return args.reduce((command, word) => command.commands.find(isNamed(word)) ?? command, helm)
}

/** The flags that take no value in any command. */
function switchesOf(command: Command): Set<string> {
  const all = [command, ...command.commands.flatMap((child) => [child, ...child.commands])]
  const options = all.flatMap((one) => one.options)
  const withValue = new Set(options.filter(({ required, optional }) => required || optional).map(({ long }) => long))
  return new Set(options.flatMap(({ long }) => (long && !withValue.has(long) ? [long] : [])))
}

/** The `helm`-compatible command, with Helm's commands, flags, output and messages. */
export function createHelmCommand(): Command {
  const helm = cobraProgram('helm')
    .description('The Kubernetes package manager')
    .option('-n, --namespace <string>', 'namespace scope for this request')
    .option('--debug', 'enable verbose output', false)
    .option('--kube-context <string>', 'name of the kubeconfig context to use')
    .option('--kubeconfig <string>', 'path to the kubeconfig file')
    .option('--kube-apiserver <string>', 'the address and the port for the Kubernetes API server')
    .option('--kube-token <string>', 'bearer token used for authentication')
    .option('--kube-as-user <string>', 'username to impersonate for the operation')
    .option('--kube-as-group <stringArray>', 'group to impersonate for the operation (can specify multiple)', each)
    .option('--kube-tls-server-name <string>', 'server name for validation of the certificate')
    .option('--kube-ca-file <string>', 'the certificate authority file for the Kubernetes API server connection')
    .option('--kube-insecure-skip-tls-verify', "the server's certificate will not be checked for validity")
    .option('--registry-config <string>', 'path to the registry config file')
    .option('--repository-config <string>', 'path to the file containing repository names and URLs')
    .option('--repository-cache <string>', 'path to the directory containing cached repository indexes')
    .option('--content-cache <string>', 'path to the directory containing cached content (e.g. charts)')
    .option('--color <string>', 'output is never coloured')
    .option('--colour <string>', 'output is never coloured')
    .option('--burst-limit <int>', 'requests are not throttled')
    .option('--qps <float>', 'requests are not throttled')
  addLocalCommands(helm)
  addRemoteCommands(helm)
  addReleaseCommands(helm, { maxHistory: Number(process.env.HELM_MAX_HISTORY || '10') })
  unsupported(helm, 'plugin')
  return completeProgram(helm)
}
