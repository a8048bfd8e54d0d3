import { Command } from 'commander'
import { AzError } from './az-error.ts'

/** What azure-cli has below `az acr` and this program has not (its commands.py), with what to do in its place. */
const UNSUPPORTED: Record<string, string> = {
  agentpool: '',
  'artifact-streaming': '',
  cache: 'A RegistryCache object makes one.',
  'check-health': 'GET /health of the registry answers.',
  'check-name': '',
  config: 'A RegistryPolicy object says what is kept.',
  'connected-registry': '',
  create: '',
  credential: '',
  'credential-set': 'A RegistryCache object names the Secret.',
  delete: '',
  encryption: '',
  identity: '',
  import: 'Copy it with: slipway registry copy SOURCE DESTINATION',
  'network-rule': '',
  pack: '',
  'private-endpoint-connection': '',
  'private-link-resource': '',
  replication: '',
  run: 'az acr build builds an image.',
  'scope-map': 'A RegistryToken object has the permissions.',
  'show-endpoints': '',
  'show-usage': 'Read it with: slipway registry usage',
  task: 'A pipeline does what a task would.',
  taskrun: 'A pipeline does what a task would.',
  token: 'A RegistryToken object makes one.',
  update: '',
  webhook: 'A RegistryWebhook object makes one.',
}

/** Says by name what is not there, so that nobody looks for a slip of the pen. */
export function addUnsupported(acr: Command): void {
  for (const [name, instead] of Object.entries(UNSUPPORTED)) {
    const refuse = (): never => {
      throw new AzError(`'az acr ${name}' is not supported here. ${instead}`.trim(), 2)
    }
    const command = new Command(name).allowUnknownOption().allowExcessArguments().argument('[arguments...]')
    acr.addCommand(command.helpOption(false).action(refuse), { hidden: true })
  }
}
