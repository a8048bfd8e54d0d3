import { messageOf } from '@slipway/errors'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { addAccountCommands } from './account-commands.ts'
import { addAcrCommands } from './acr-commands.ts'
import { AzError } from './az-error.ts'

/** What is said for the version of azure-cli: the newest whose `acr helm` group was whole. */
const AZ_VERSION = '2.60.0'

/** Slipway's `az`: the commands that pipelines use with a registry, in the words of the real one. */
export function createAzCommand(): Command {
  const az = new Command('az')
    .description('Azure CLI commands against the embedded services')
    .version(`azure-cli ${AZ_VERSION} (slipway)\ncore      ${AZ_VERSION}`, '-v, --version', 'Show version information')
    .showSuggestionAfterError(false)
    // `acr helm show --version` is not the version of az.
    .enablePositionalOptions()
  addAccountCommands(az, AZ_VERSION)
  addAcrCommands(az)
  for (const command of everyCommand(az)) command.exitOverride().configureOutput({ outputError: () => {} })
  return az
}

/** Runs `az` with the arguments after its name; resolves to the exit status. */
export async function runAz(args: string[]): Promise<number> {
  try {
    await createAzCommand().parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    process.stderr.write(`ERROR: ${wording(error)}\n`)
    return exitStatus(error)
  }
}

function wording(error: unknown): string {
  if (!(error instanceof CommanderError)) return messageOf(error)
  const unknown = /unknown command '([^']+)'/.exec(error.message)?.[1]
  if (unknown !== undefined) return `'${unknown}' is misspelled or not recognized by the system.`
  return error.message.replace(/^error: /, '').replace(/^unknown option '(.*)'$/, 'unrecognized arguments: $1')
}

function exitStatus(error: unknown): number {
  if (error instanceof AzError) return error.exitCode
  return error instanceof CommanderError || error instanceof InvalidArgumentError ? 2 : 1
}

function* everyCommand(command: Command): Iterable<Command> {
  yield command
  for (const child of command.commands) yield* everyCommand(child)
}
