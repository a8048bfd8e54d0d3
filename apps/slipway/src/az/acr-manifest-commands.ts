import { type Command, Option } from 'commander'
import { locking } from './acr-repository-commands.ts'
import { azureCommand } from './azure-command.ts'

/** `az acr manifest`: the manifests of a registry, in the place of `az acr repository show-manifests`. */
export function addManifestCommands(acr: Command): void {
  const group = acr.command('manifest').description('Manage manifests of a registry')
  const work = () => import('./acr-manifest.ts')
  group.addCommand(
    ofRepository('list', 'List the manifests of a repository').action(async (id, options) =>
      (await work()).manifestList(id, options),
    ),
  )
  group.addCommand(
    ofRepository('list-metadata', 'List what is known of the manifests of a repository').action(async (id, options) =>
      (await work()).listMetadata(id, options),
    ),
  )
  group.addCommand(
    ofManifest('show', 'Get a manifest')
      .option('--raw', 'Print the manifest as it stands')
      .action(async (id, options) => (await work()).manifestShow(id, options)),
  )
  group.addCommand(
    ofManifest('show-metadata', 'Get what is known of a manifest or tag').action(async (id, options) =>
      (await work()).showMetadata(id, options),
    ),
  )
  group.addCommand(
    locking(ofManifest('update-metadata', 'Update the attributes of a manifest or tag')).action(async (id, options) =>
      (await work()).updateMetadata(id, options),
    ),
  )
  group.addCommand(
    ofManifest('list-referrers', 'List the manifests about a manifest')
      .option('--artifact-type <type>', 'Only those of this type')
      .option('--recursive', 'And those about these')
      .action(async (id, options) => (await work()).listReferrers(id, options)),
  )
  group.addCommand(
    ofManifest('delete', 'Delete a manifest with all its tags')
      .option('-y, --yes', 'Do not prompt for confirmation')
      .action(async (id, options) => (await work()).manifestDelete(id, options)),
  )
}

/** Both ways to say what is meant: `-r REGISTRY -n NAME`, or the whole address. */
function of(name: string, description: string, what: string): Command {
  return azureCommand(name, description)
    .argument('[id]', `As 'LOGINSERVER/${what}'`)
    .option('-r, --registry <registry>', 'The name of the registry')
    .option('-n, --name <name>', `As '${what}'`)
    .option('-s, --suffix <suffix>', 'Tenant suffix of the login server')
    .option('-u, --username <name>', 'User name')
    .option('-p, --password <password>', 'Password')
}

function ofRepository(name: string, description: string): Command {
  return of(name, description, 'REPOSITORY')
    .option('--top <count>', 'Only so many')
    .addOption(new Option('--orderby <order>', 'Order of the items').choices(['time_asc', 'time_desc']))
}

function ofManifest(name: string, description: string): Command {
  return of(name, description, 'REPOSITORY[:TAG][@DIGEST]')
}
