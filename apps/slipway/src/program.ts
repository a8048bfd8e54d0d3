import { homedir } from 'node:os'
import { join } from 'node:path'
import type { RemoteSchemas } from '@slipway/helm-chart'
import { type Command, CommanderError } from 'commander'
import { cobraMessage, cobraProgram, completeProgram, isAnswered } from './cobra/command.ts'
import { addRegistryCommands } from './commands/registry/commands.ts'
import { SHELLS } from './completion/scripts.ts'
import { on } from './on.ts'

const DATA = process.env.SLIPWAY_DATA ?? join(homedir(), '.slipway')

/** Runs the command that the program was called with, and says what went wrong. */
export async function runProgram(): Promise<void> {
  const program = createProgram()
  try {
    await program.parseAsync(process.argv)
  } catch (error) {
    if (error instanceof CommanderError) {
      if (isAnswered(error)) return
      process.stderr.write(`Error: ${cobraMessage(error, program)}\n`)
      process.exitCode = error.exitCode
      return
    }
    const { reportError } = await import('./report-error.ts')
    process.exitCode = reportError(error)
  }
}

/** Runs what checks charts' schemas, with the documents that they refer to fetched. */
export async function completeSchemas<T>(run: (schemas: RemoteSchemas) => T): Promise<T> {
  const fetched = await import('./helm/fetched-schemas.ts')
  return await fetched.completeSchemas(run)
}

/** `slipway`, with every command. Nothing but commander is loaded before a command is chosen. */
function createProgram(): Command {
  const program = cobraProgram('slipway')
    .description('From git push to running release, in one program.')
    .version('0.1.0', '--version')
    .option('--data <dir>', 'folder that holds all state', DATA)
    .enablePositionalOptions()
  addServerCommands(program)
  addObjectCommands(program)
  addRegistryCommands(program)
  addAccessCommands(program)
  addCompatibleCommands(program)
  addCompletion(program)
  return completeProgram(program, Object.keys(COMPATIBLE))
}

/** What shells ask, and the scripts that make them. */
function addCompletion(program: Command): void {
  on(
    program
      .command('completion')
      .description('print a script that completes commands in a shell')
      .argument('<shell>', SHELLS.join(' | ')),
    () => import('./commands/completion.ts'),
  )
  for (const name of ['__complete', '__completeNoDesc']) {
    program
      .command(name, { hidden: true })
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .argument('[words...]')
      .action(async (words: string[]) => {
        const { answer } = await import('./commands/completion.ts')
        await answer(program, words, { described: name === '__complete' })
      })
  }
}

function addServerCommands(program: Command): void {
  on(
    program
      .command('up')
      .description('start every part: git host, registry, pipelines, controllers, Kubernetes API and node')
      .option('--host <address>', 'address to listen on', '127.0.0.1')
      .option('--http-port <port>', 'git over HTTP, registry, logs (0 = any free port)', '7080')
      .option('--ssh-port <port>', 'git over SSH (0 = any free port)', '7022')
      .option('--kube-port <port>', 'Kubernetes API (0 = any free port)', '7443')
      .option('--ingress-port <port>', 'Ingresses, HTTP and HTTPS (0 = the one they had, or any free one)', '0')
      .option('--nodes <kind>', 'engine: real containers; simulated; none', 'engine')
      .option('--context <name>', 'work on the cluster of this kubeconfig context; the embedded API and node stay out')
      .option('--kubeconfig <file>', 'where the context is (default: KUBECONFIG, or ~/.kube/config)')
      .option('--engine-socket <path>', "the container engine's API socket (default: found, or Podman is started)")
      .option(
        '--blobs <url>',
        "where the registry's bytes are: azure://CONTAINER/PREFIX, s3://BUCKET/PREFIX (default: DATA)",
      )
      .option('--config <file>', 'host names that stand for embedded services (default: DATA/config.yaml)'),
    () => import('./commands/up.ts'),
  )
  on(
    program.command('down').description('stop the server').option('--purge', 'remove all state too'),
    () => import('./commands/down.ts'),
  )
  on(
    program
      .command('cluster')
      .description('serve a throw-away Kubernetes API, and nothing else, until Ctrl-C')
      .option('--data <dir>', 'folder that keeps the state (default: none, it is gone at the end)')
      .option('--host <address>', 'address to listen on', '127.0.0.1')
      .option('--port <port>', 'port to listen on (0 = any free port)', '0')
      .option('--ingress-port <port>', 'Ingresses, HTTP and HTTPS (0 = the one they had, or any free one)', '0')
      .option('--kubeconfig <file>', 'file that gets the way to it, beside what else is there')
      .option('--nodes <kind>', 'engine: real containers; simulated; none: the API alone', 'engine')
      .option('--engine-socket <path>', "the container engine's API socket (default: found, or Podman is started)"),
    () => import('./commands/cluster.ts'),
  )
  on(
    program
      .command('backup')
      .description('write all data into one file, also while the server runs')
      .argument('<file>', 'a tar archive, readable by its owner only'),
    () => import('./commands/backup.ts'),
  )
  on(
    program
      .command('restore')
      .description('make the data folder, which must be empty, of a backup')
      .argument('<file>', 'what slipway backup wrote'),
    () => import('./commands/restore.ts'),
  )
  on(
    program
      .command('demo')
      .description('show the whole way of a change, with real components, in a folder of its own')
      .option('--stop', 'stop the server afterwards and remove its data'),
    () => import('./commands/demo.ts'),
  )
}

function addObjectCommands(program: Command): void {
  on(
    program
      .command('get')
      .description('show what there is and how it is: all, repos, runs, sources, releases, workloads')
      .argument('[what]', 'all | repos | runs | sources | releases | workloads', 'all'),
    () => import('./commands/get.ts'),
  )
  on(
    program
      .command('trace')
      .description('follow a running thing back to the commit it came from')
      .argument('<kind/name>', 'such as deploy/appa-appawebapi')
      .option('-n, --namespace <namespace>', 'its namespace', 'default'),
    () => import('./commands/trace.ts'),
  )
  const runs = program.command('runs').description('pipeline runs')
  on(runs.command('list').description('list runs, newest first'), () => import('./commands/runs-list.ts'))
  on(
    runs
      .command('logs')
      .description("print a run's log")
      .argument('[run]', 'name of the run (default: the newest)')
      .option('-f, --follow', 'wait for more until the run ends'),
    () => import('./commands/runs-logs.ts'),
  )
  on(
    runs.command('cancel').description('end a run that waits or goes on').argument('<run>', 'name of the run'),
    () => import('./commands/runs-cancel.ts'),
  )
  on(
    program
      .command('install')
      .description('keep the cluster in step with a git repository')
      .requiredOption('--git-url <url>', 'repository of manifests')
      .option('--git-branch <branch>', 'branch to follow', 'master')
      .option('--git-path <path>', 'folder inside the repository', './')
      .option('--git-poll-interval <duration>', 'how often to look without being told', '5m')
      .option('--name <name>', 'name of the source', 'manifests'),
    () => import('./commands/install.ts'),
  )
}

function addAccessCommands(program: Command): void {
  on(
    program.command('identity').description('print the public SSH key with which repositories are read'),
    () => import('./commands/identity.ts'),
  )
  const repo = program.command('repo').description('git repositories')
  on(
    repo
      .command('create')
      .description('create an empty repository')
      .argument('<name>', 'such as AppA')
      .option('--default-branch <branch>', 'branch that clones check out', 'master'),
    () => import('./commands/repo-create.ts'),
  )
  on(
    repo
      .command('add-deploy-key')
      .description('let an SSH key read one repository')
      .argument('<repository>', 'name of the repository')
      .argument('[file]', 'file with the public key; without it, the identity of this installation')
      .option('--name <name>', 'name of the key', 'slipway')
      .option('--write', 'may push too'),
    () => import('./commands/repo-add-deploy-key.ts'),
  )
  on(
    program
      .command('token')
      .description('create an access token and print it once')
      .argument('<user>', 'whose token it is')
      .option('--role <role>', 'admin | developer | reader', 'developer'),
    () => import('./commands/token.ts'),
  )
  on(
    program
      .command('ssh-key')
      .description("add a person's public SSH key")
      .argument('<user>', 'whose key it is')
      .argument('<file>', 'file with the public key')
      .option('--role <role>', 'admin | developer | reader', 'developer'),
    () => import('./commands/ssh-key.ts'),
  )
}

/** Commands that other programs' users know by heart parse their own arguments, and say their own errors. */
const COMPATIBLE: Readonly<Record<string, { description: string; load: () => Promise<RunCommand> }>> = {
  helm: {
    description: 'charts and releases, as helm does',
    load: async () => (await import('./helm/command.ts')).runHelm,
  },
  kustomize: {
    description: 'build a kustomization, as kubectl kustomize does',
    load: async () => (await import('./kustomize/command.ts')).runKustomize,
  },
  az: {
    description: 'registry and builds, as az does',
    load: async () => (await import('./az/az-command.ts')).runAz,
  },
}

/** Gives the exit status. */
type RunCommand = (args: string[]) => Promise<number>

function addCompatibleCommands(program: Command): void {
  for (const [name, { description, load }] of Object.entries(COMPATIBLE)) {
    program
      .command(name)
      .description(description)
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .argument('[args...]')
      .action(async (args: string[]) => {
        process.exitCode = await (await load())(args)
      })
  }
}
