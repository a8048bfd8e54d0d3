import type { Command } from 'commander'
import { addManifestCommands } from './acr-manifest-commands.ts'
import { addRepositoryCommands } from './acr-repository-commands.ts'
import { addUnsupported } from './acr-unsupported.ts'
import { type AzRegistry, readState, requireRegistry } from './az-state.ts'
import { azureCommand, collect, integer, print } from './azure-command.ts'

/** `az acr`: each command's work is loaded when it is called. */
export function addAcrCommands(az: Command): void {
  const acr = az.command('acr').description('Manage private registries')
  acr.addCommand(
    azureCommand('login', 'Log in to a registry through the Docker configuration')
      .requiredOption('-n, --name <registry>', 'The name of the registry')
      .option('-u, --username <name>', 'User name')
      .option('-p, --password <password>', 'Password')
      .option('-s, --suffix <suffix>', 'Tenant suffix of the login server')
      .option('-t, --expose-token', 'Print an access token in place of logging in')
      .action(async (options) => (await import('./acr-login.ts')).acrLogin(options)),
  )
  acr.addCommand(
    azureCommand('show', 'Get the details of a registry')
      .option('-n, --name <registry>', 'The name of the registry')
      .action((options: { name?: string }) => {
        const shown = shownOf(requireRegistry(readState(), options.name))
        print(shown, options, rowOf(shown))
      }),
  )
  acr.addCommand(
    azureCommand('list', 'List the registries').action((options: object) => {
      const shown = Object.entries(readState().registries).map(([name, registry]) => shownOf({ name, ...registry }))
      print(shown, options, shown.map(rowOf))
    }),
  )
  acr.addCommand(
    azureCommand('build', 'Build an image and push it')
      .argument('[source]', 'The folder with the source', '.')
      .option('-r, --registry <registry>', 'The name of the registry')
      .option('-t, --image <image>', 'Name and tag of the image; may be given several times', collect)
      .option('-f, --file <path>', 'The Dockerfile', 'Dockerfile')
      .option('--build-arg <pair>', "Build argument in 'name[=value]' format", collect)
      .option('--secret-build-arg <pair>', 'Build argument that is not shown', collect)
      .option('--target <stage>', 'The target build stage')
      .option('--no-push', 'Do not push the image')
      .option('--no-logs', 'Do not show logs after the run is queued')
      .option('--no-wait', 'Do not wait for the run to complete')
      .option('--no-format', 'Do not format the logs')
      .option('--platform <platform>', 'The platform to build for')
      .option('--timeout <seconds>', 'The time limit of the run', integer)
      .action(async (source: string, options) => (await import('./acr-build.ts')).acrBuild(source, options)),
  )
  addHelm(acr)
  addRepositoryCommands(acr)
  addManifestCommands(acr)
  addUnsupported(acr)
}

interface Shown {
  name: string
  loginServer: string
  type: string
  provisioningState: string
}

function shownOf({ name, loginServer }: AzRegistry & { name: string }): Shown {
  return { name, loginServer, type: 'Microsoft.ContainerRegistry/registries', provisioningState: 'Succeeded' }
}

/** Of azure-cli's columns (acr/_format.py) those that mean something here. */
function rowOf({ name, loginServer }: Shown): object {
  return { NAME: name, 'LOGIN SERVER': loginServer }
}

function addHelm(acr: Command): void {
  const helm = acr.command('helm').description('Manage Helm charts of a registry')
  const command = (name: string, description: string): Command =>
    azureCommand(name, description)
      .option('-n, --name <registry>', 'The name of the registry')
      .option('--repository <repository>', 'The Helm repository', 'repo')
      .option('-s, --suffix <suffix>', 'Tenant suffix of the login server')
      .option('-u, --username <name>', 'User name')
      .option('-p, --password <password>', 'Password')
  helm.addCommand(
    command('push', 'Push a chart package')
      .argument('<package>', 'The chart package')
      .option('--force', 'Overwrite the chart')
      .action(async (file: string, options) => (await import('./acr-helm.ts')).helmPush(file, options)),
  )
  helm.addCommand(
    command('list', 'List all charts').action(async (options) => (await import('./acr-helm.ts')).helmList(options)),
  )
  helm.addCommand(
    command('show', 'Describe a chart')
      .argument('<chart>', 'The name of the chart')
      .option('--version <version>', 'The version of the chart')
      .action(async (chart: string, options) => (await import('./acr-helm.ts')).helmShow(chart, options)),
  )
  helm.addCommand(
    command('delete', 'Delete a chart version, or all of them')
      .argument('<chart>', 'The name of the chart')
      .option('--version <version>', 'The version of the chart')
      .option('--prov', 'Only the provenance file')
      .option('-y, --yes', 'Do not ask')
      .action(async (chart: string, options) => (await import('./acr-helm.ts')).helmDelete(chart, options)),
  )
  const repo = helm.command('repo').description('Manage repositories of Helm')
  repo.addCommand(
    command('add', 'Add the registry as a repository of Helm').action(async (options) =>
      (await import('./acr-helm.ts')).helmRepoAdd(options),
    ),
  )
}
