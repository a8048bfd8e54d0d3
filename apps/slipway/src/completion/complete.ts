import type { Command, Option } from 'commander'

/** What a shell is to do beside showing the candidates, in Cobra's bits (ShellCompDirective). */
export const Directive = { files: 0, noSpace: 2, noFiles: 4 } as const

/** What may stand in the place of the word that is being typed. */
export interface Completion {
  /** Each with what it is behind a tab, if that is known. */
  readonly candidates: readonly string[]
  readonly directive: number
}

/** A command line up to the cursor. */
export interface Line {
  readonly command: Command
  readonly args: readonly string[]
  /** Of all flags before, global ones included, as commander keeps them. */
  readonly flags: Readonly<Record<string, unknown>>
  /** What is being typed. */
  readonly word: string
}

/** What only the program knows: candidates for arguments and for the values of flags. */
export interface Knowledge {
  argument(line: Line): Completion | Promise<Completion>
  flag(name: string, line: Line): Completion | Promise<Completion>
}

/** What may come behind the words of a command line; the last one is being typed, and may be empty. */
export async function complete(root: Command, words: readonly string[], knowledge: Knowledge): Promise<Completion> {
  const { open, ...line } = readLine(root, words)
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(line.word) ?? []
  const isValue = open ?? (name === undefined ? undefined : optionOf(line.command, name))
  if (isValue) return valuesOf(isValue, { ...line, word: value ?? line.word }, knowledge)
  if (line.word.startsWith('-')) return flagsOf(line)
  const commands = line.command.createHelp().visibleCommands(line.command)
  if (commands.length > 0) {
    const found = line.args.length > 0 ? [] : commands.filter((one) => one.name().startsWith(line.word))
    return { candidates: found.map((one) => `${one.name()}\t${one.description()}`), directive: Directive.noFiles }
  }
  const argument = line.command.registeredArguments[line.args.length]
  return listed(argument?.description, line.word) ?? knowledge.argument(line)
}

/** Takes the words apart; `open` is the flag whose value is being typed. */
function readLine(root: Command, words: readonly string[]): Line & { readonly open: Option | undefined } {
  const flags: Record<string, unknown> = {}
  const args: string[] = []
  let command = root
  let open: Option | undefined
  for (const word of words.slice(0, -1)) {
    if (open) {
      flags[open.attributeName()] = read(open, word, flags)
      open = undefined
      continue
    }
    const [, name = '', value] = /^(-[^=]+)(?:=(.*))?$/s.exec(word) ?? []
    const option = name === '' ? undefined : optionOf(command, name)
    if (option?.required && value === undefined) open = option
    else if (option) flags[option.attributeName()] = read(option, value ?? 'true', flags)
    if (name !== '') continue
    const child = args.length > 0 ? undefined : childOf(command, word)
    if (child) command = child
    else args.push(word)
  }
  return { command, args, flags, word: words.at(-1) ?? '', open }
}

/** As commander reads it: what it can't take is no reason to complete nothing. */
function read(option: Option, value: string, flags: Readonly<Record<string, unknown>>): unknown {
  try {
    return option.parseArg ? option.parseArg(value, flags[option.attributeName()]) : value
  } catch {
    return undefined
  }
}

const childOf = ({ commands }: Command, word: string): Command | undefined =>
  commands.find((one) => one.name() === word || one.aliases().includes(word))

/** The option of a command, or of those above it. */
function optionOf({ options, parent }: Command, flag: string): Option | undefined {
  return (
    options.find(({ long, short }) => long === flag || short === flag) ?? (parent ? optionOf(parent, flag) : undefined)
  )
}

function flagsOf({ command, word }: Line): Completion {
  const help = command.createHelp()
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)]
  const candidates = options.flatMap(({ long, short, description }) =>
    [long, short].flatMap((name) => (name?.startsWith(word) ? [`${name}\t${description}`] : [])),
  )
  return { candidates: [...new Set(candidates)].sort(), directive: Directive.noFiles }
}

function valuesOf(option: Option, line: Line, knowledge: Knowledge): Completion | Promise<Completion> {
  return listed(option.description, line.word) ?? knowledge.flag(option.long ?? '', line)
}

/** The words of a description that is nothing but a list: `all | repos | runs`. */
function listed(description: string | undefined, word: string): Completion | undefined {
  if (!description || !/^[\w-]+( \| [\w-]+)+$/.test(description)) return undefined
  return { candidates: description.split(' | ').filter((one) => one.startsWith(word)), directive: Directive.noFiles }
}

/** Prints a completion as Cobra's programs do, so that scripts which Helm wrote work, too. */
export function printCompletion({ candidates, directive }: Completion, { described = true } = {}): void {
  const lines = candidates.map((line) => (described ? line : line.replace(/\t.*/s, '')))
  process.stdout.write([...lines, `:${directive}`, ''].join('\n'))
}
