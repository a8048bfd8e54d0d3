import { type Command, InvalidArgumentError, Option } from 'commander'
import { azureCommand } from './azure-command.ts'

/** `az acr repository`: what is in a registry, and what may be done with it. */
export function addRepositoryCommands(acr: Command): void {
  const group = acr.command('repository').description('Manage repositories of a registry')
  const work = () => import('./acr-repository.ts')
  group.addCommand(
    inRegistry('list', 'List repositories')
      .option('--top <count>', 'Only so many')
      .action(async (options) => (await work()).repositoryList(options)),
  )
  group.addCommand(
    listing('show-tags', 'Show tags for a repository').action(async (options) => (await work()).showTags(options)),
  )
  group.addCommand(
    listing('show-manifests', 'Show manifests of a repository').action(async (options) =>
      (await work()).showManifests(options),
    ),
  )
  group.addCommand(
    onTarget('show', 'Get the attributes of a repository or image').action(async (options) =>
      (await work()).repositoryShow(options),
    ),
  )
  group.addCommand(
    locking(onTarget('update', 'Update the attributes of a repository or image')).action(async (options) =>
      (await work()).repositoryUpdate(options),
    ),
  )
  group.addCommand(
    inRegistry('untag', 'Untag an image')
      .requiredOption('-t, --image <image>', "The image, in the format 'name:tag'")
      .action(async (options) => (await work()).untag(options)),
  )
  group.addCommand(
    onTarget('delete', 'Delete a repository or image')
      .option('-y, --yes', 'Do not prompt for confirmation')
      .action(async (options) => (await work()).repositoryDelete(options)),
  )
}

function inRegistry(name: string, description: string): Command {
  return azureCommand(name, description)
    .option('-n, --name <registry>', 'The name of the registry')
    .option('-s, --suffix <suffix>', 'Tenant suffix of the login server')
    .option('-u, --username <name>', 'User name')
    .option('-p, --password <password>', 'Password')
}

function onTarget(name: string, description: string): Command {
  return inRegistry(name, description)
    .option('--repository <repository>', 'The name of the repository')
    .option('-t, --image <image>', "The image, in the format 'name:tag' or 'name@digest'")
}

/** What may be done with a repository or an image. */
export function locking(command: Command): Command {
  return command
    .option('--delete-enabled <flag>', 'Whether it may be deleted', flag)
    .option('--list-enabled <flag>', 'Whether it shows in lists', flag)
    .option('--read-enabled <flag>', 'Whether it may be pulled', flag)
    .option('--write-enabled <flag>', 'Whether it may be written or deleted', flag)
}

function listing(name: string, description: string): Command {
  return inRegistry(name, description)
    .requiredOption('--repository <repository>', 'The name of the repository')
    .option('--top <count>', 'Only so many')
    .option('--detail', 'Show detailed information')
    .addOption(new Option('--orderby <order>', 'Order of the items').choices(['time_asc', 'time_desc']))
}

function flag(value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw new InvalidArgumentError("expected 'true' or 'false'")
}
