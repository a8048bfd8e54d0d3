import type { Command } from 'commander'
import { AzError } from './az-error.ts'
import { type AzState, readState, requireLogin, subscriptionOf, writeState } from './az-state.ts'
import { azureCommand, print } from './azure-command.ts'

const CLOUD = 'AzureCloud'

/** `version`, `login`, `logout`, `account`, `cloud`, `configure`, `config`. */
export function addAccountCommands(az: Command, version: string): void {
  az.addCommand(
    azureCommand('version', 'Show the versions of Azure CLI modules and extensions').action((options: object) => {
      print({ 'azure-cli': version, 'azure-cli-core': version, extensions: {} }, options)
    }),
  )
  addLogin(az)
  addAccount(az)
  addCloud(az)
  addConfig(az)
}

function addLogin(az: Command): void {
  az.addCommand(
    azureCommand('login', 'Log in')
      .option('--service-principal', 'Log in with a service principal')
      .requiredOption('-u, --username <name>', 'User name or service principal')
      .requiredOption('-p, --password <password>', 'Password or secret')
      .option('-t, --tenant <tenant>', 'Tenant')
      .option('--allow-no-subscriptions', 'Support access without subscriptions')
      .action((options: { username: string; password: string }) => {
        const state = { ...readState(), username: options.username, password: options.password }
        writeState(state)
        print([account(state)], options)
      }),
  )
  az.addCommand(
    azureCommand('logout', 'Log out').action(() => {
      const { username: _name, password: _password, ...rest } = readState()
      writeState(rest)
    }),
  )
}

function addAccount(az: Command): void {
  const group = az.command('account').description('Manage subscription information')
  group.addCommand(
    azureCommand('show', 'Show the current subscription').action((options: object) =>
      print(account(readState()), options),
    ),
  )
  group.addCommand(
    azureCommand('list', 'List subscriptions')
      .option('--all', 'List all')
      .action((options: object) => {
        const state = readState()
        print(state.username === undefined ? [] : [account(state)], options)
      }),
  )
  group.addCommand(
    azureCommand('set', 'Set the current subscription')
      .option('-n, --name <name>', 'Name or ID of subscription')
      .option('-s <subscription>', 'Name or ID of subscription')
      .action((options: { name?: string; s?: string; subscription?: string }) => {
        const subscription = options.name ?? options.s ?? options.subscription
        if (subscription === undefined)
          throw new AzError('the following arguments are required: --name/--subscription/-n/-s', 2)
        writeState({ ...readState(), subscription })
      }),
  )
  group.addCommand(
    azureCommand('clear', 'Clear all subscriptions').action(() => {
      const { username: _name, password: _password, subscription: _subscription, ...rest } = readState()
      writeState(rest)
    }),
  )
}

function addCloud(az: Command): void {
  const group = az.command('cloud').description('Manage registered Azure clouds')
  const show = (): object => ({ isActive: true, name: readState().cloud ?? CLOUD })
  group.addCommand(azureCommand('show', 'Show the active cloud').action((options: object) => print(show(), options)))
  group.addCommand(
    azureCommand('set', 'Set the active cloud')
      .requiredOption('-n, --name <name>', 'Name of the cloud')
      .option('--profile <profile>', 'Profile')
      .action((options: { name: string }) => writeState({ ...readState(), cloud: options.name })),
  )
}

function addConfig(az: Command): void {
  az.addCommand(
    azureCommand('configure', 'Set defaults')
      .option('-d, --defaults <pairs...>', "Space-separated 'name=value' pairs")
      .action(({ defaults = [] }: { defaults?: string[] }) => saveDefaults(defaults)),
  )
  const group = az.command('config').description('Manage configuration')
  group.addCommand(
    azureCommand('set', 'Set a configuration')
      .argument('<pairs...>', "Space-separated 'section.name=value' pairs")
      .option('--local', 'Only for this folder')
      .action((pairs: string[]) =>
        saveDefaults(pairs.filter((pair) => /^defaults\./.test(pair)).map((pair) => pair.slice(9))),
      ),
  )
}

function saveDefaults(pairs: string[]): void {
  const state = readState()
  const defaults = { ...state.defaults }
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals <= 0) throw new AzError(`usage error: --defaults STRING=STRING STRING=STRING ..., not '${pair}'`, 2)
    defaults[pair.slice(0, equals)] = pair.slice(equals + 1)
  }
  writeState({ ...state, defaults })
}

function account(state: AzState): object {
  const { username } = requireLogin(state)
  const subscription = subscriptionOf(state)
  return {
    environmentName: state.cloud ?? CLOUD,
    id: subscription,
    isDefault: true,
    name: subscription,
    state: 'Enabled',
    tenantId: 'slipway',
    user: { name: username, type: 'servicePrincipal' },
  }
}
