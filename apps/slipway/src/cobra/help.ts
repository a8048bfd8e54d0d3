import type { Argument, Command, Help, Option } from 'commander'

/** What helm's commands take is not taken apart by commander: one list, whose description is the usage as Helm writes it. */
const ALL_ARGUMENTS = 'args'
/** Cobra's minNamePadding. */
const NAME_WIDTH = 11

/** A command's help in the layout that users of kubectl, helm and flux know: Cobra's usage template and pflag's list of flags. */
export function cobraHelp(command: Command, help: Help): string {
  const path = pathOf(command)
  const children = help.visibleCommands(command).toSorted(byName)
  const own = help.visibleOptions(command)
  const inherited = help.visibleGlobalOptions(command).filter(({ long }) => !own.some((one) => one.long === long))
  const sections = [
    command.description(),
    section('Usage', [
      ...(isRun(command, own) ? [`  ${useLine(command, path)}`] : []),
      ...(children.length > 0 ? [`  ${path} [command]`] : []),
    ]),
    section('Aliases', command.aliases().length > 0 ? [`  ${[command.name(), ...command.aliases()].join(', ')}`] : []),
    section('Arguments', columns(help.visibleArguments(command).filter(isExplained).map(explained))),
    section('Available Commands', columns(children.map((child) => [child.name(), child.description()] as const))),
    section('Flags', flagLines(own.map((option) => (option.long === '--help' ? helpFlag(option, command) : option)))),
    section('Global Flags', flagLines(inherited)),
    children.length > 0 && `Use "${path} [command] --help" for more information about a command.`,
  ]
  return `${sections.filter(Boolean).join('\n\n')}\n`
}

/** `helm repo add`. */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

/** What the command takes, as its usage line says it. */
export function argumentsOf({ registeredArguments }: Command): string {
  return registeredArguments
    .map((argument) => (isExplained(argument) ? shown(argument) : argument.description))
    .filter((text) => text !== '')
    .join(' ')
}

/** What only groups other commands has no flag of its own but `--help`. */
const isRun = ({ commands, parent }: Command, own: readonly Option[]): boolean =>
  commands.length === 0 || (parent !== null && own.length > 1)

const byName = (a: { name(): string }, b: { name(): string }): number => (a.name() < b.name() ? -1 : 1)

const useLine = (command: Command, path: string): string =>
  [path, argumentsOf(command), '[flags]'].filter((part) => part !== '').join(' ')

const isExplained = (argument: Argument): boolean => argument.name() !== ALL_ARGUMENTS

const explained = (argument: Argument): readonly [string, string] => [argument.name(), argument.description]

function shown(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name()
  return argument.required ? `<${name}>` : `[${name}]`
}

function section(title: string, lines: readonly string[]): string | undefined {
  return lines.length > 0 ? `${title}:\n${lines.join('\n')}` : undefined
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(NAME_WIDTH, ...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `  ${name.padEnd(width)} ${text}`.trimEnd())
}

function flagLines(options: readonly Option[]): string[] {
  const rows = options
    .toSorted((a, b) => ((a.long ?? '') < (b.long ?? '') ? -1 : 1))
    .map((option) => [flagTerm(option), `${option.description}${defaultOf(option)}`] as const)
  const width = Math.max(0, ...rows.map(([term]) => term.length))
  return rows.map(([term, text]) => `${term.padEnd(width)}   ${text}`.trimEnd())
}

/** `  -n, --namespace string`, as pflag's FlagUsages aligns it. */
function flagTerm({ short, long, flags, optional }: Option): string {
  const value = /[<[]([^>\]]+)[>\]]$/.exec(flags)?.[1]
  const names = short ? `  ${short}, ${long}` : `      ${long}`
  if (value === undefined) return names
  return optional ? `${names} ${value}[=${value}]` : `${names} ${value}`
}

/** What is zero of its type is not said. */
function defaultOf({ defaultValue, defaultValueDescription }: Option): string {
  if (defaultValueDescription !== undefined) return ` (default ${defaultValueDescription})`
  if (typeof defaultValue === 'string' && defaultValue !== '') return ` (default "${defaultValue}")`
  return typeof defaultValue === 'number' && defaultValue !== 0 ? ` (default ${defaultValue})` : ''
}

const helpFlag = (option: Option, command: Command): Option =>
  Object.assign(Object.create(option) as Option, { description: `help for ${command.name()}` })
