import { Command, type CommanderError } from 'commander'
import { cobraHelp, pathOf } from './help.ts'

/** A program whose help, errors and `help` command are as those of kubectl, helm and flux: Cobra's. Commands are added to it as to any. */
export function cobraProgram(name: string): Command {
  return new Command(name).configureHelp({ formatHelp: cobraHelp, showGlobalOptions: true })
}

/**
 * To be called when all commands are there: lets commander throw what it has to say instead of printing it, and adds `help`. What is
 * behind `help` and the name of a command in `delegated` is that command's own to explain.
 */
export function completeProgram(program: Command, delegated: readonly string[] = []): Command {
  program
    .command('help')
    .description('Help about any command')
    .argument('[command...]', 'the command')
    .action((words: string[]) => showHelp(program, words, delegated))
  return quiet(program)
}

function quiet(command: Command): Command {
  command
    .exitOverride()
    .showSuggestionAfterError(false)
    .helpCommand(false)
    // Without a command there is nothing wrong: the help goes where all output goes.
    .configureOutput({ writeErr: (text) => process.stdout.write(text), outputError: () => {} })
  for (const child of command.commands) quiet(child)
  return command
}

async function showHelp(program: Command, words: readonly string[], delegated: readonly string[]): Promise<void> {
  const [first, ...rest] = words
  if (first !== undefined && delegated.includes(first)) {
    await program.parseAsync([first, ...rest, '--help'], { from: 'user' })
    return
  }
  const found = words.reduce<Command | undefined>(
    (command, word) => command?.commands.find((child) => child.name() === word || child.aliases().includes(word)),
    program,
  )
  if (!found) process.stderr.write(`Unknown help topic ${words.map((word) => `\`${word}\``).join(' ')}\n`)
  process.stdout.write((found ?? program).helpInformation())
}

/** Whether commander stopped for a reason that is no fault: help or the version was asked for, or no command was given. */
export const isAnswered = ({ exitCode, code }: CommanderError): boolean => exitCode === 0 || code === 'commander.help'

/** Cobra's words for what commander says, without `Error: `. */
export function cobraMessage(error: CommanderError, program: Command): string {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  switch (error.code) {
    case 'commander.unknownOption':
      return quoted.startsWith('--')
        ? `unknown flag: ${quoted.split('=', 1)[0]}`
        : `unknown shorthand flag: '${quoted[1]}' in ${quoted}`
    case 'commander.optionMissingArgument':
      return `flag needs an argument: ${/--[a-z-]+/.exec(quoted)?.[0] ?? quoted}`
    case 'commander.unknownCommand':
      return `unknown command "${quoted}" for "${pathOf(program)}"\nRun '${pathOf(program)} --help' for usage.`
    default:
      return error.message.replace(/^error: /, '')
  }
}
