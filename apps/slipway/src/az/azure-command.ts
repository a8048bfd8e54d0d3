import { Command, InvalidArgumentError, Option } from 'commander'
import { formatResult, type OutputFormat } from './output.ts'

interface GlobalOptions {
  output: OutputFormat
  query?: string
}

/** A command with az's global options. What `run` returns is printed in the wanted format. */
export function azureCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option('-o, --output <format>', 'Output format')
        .choices(['json', 'jsonc', 'table', 'tsv', 'none'])
        .default('json'),
    )
    .option('--query <expression>', 'Names and indexes that choose a part of the output')
    .option('--only-show-errors', 'Only show errors')
    .option('--verbose', 'Increase logging verbosity')
    .option('--debug', 'Increase logging verbosity to show all debug logs')
    .option('--subscription <subscription>', 'Name or ID of subscription')
    .option('-g, --resource-group <group>', 'Name of resource group')
}

/** Prints a command's result. */
export function print(result: unknown, options: object, tableRows: unknown = result): void {
  const { output, query } = options as GlobalOptions
  const rows = output === 'table' && query === undefined ? tableRows : result
  process.stdout.write(formatResult(rows, output, query))
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}

/** The value of an option that takes a whole number. */
export function integer(value: string): number {
  if (!/^-?\d+$/.test(value)) throw new InvalidArgumentError(`invalid int value: '${value}'`)
  return Number(value)
}
