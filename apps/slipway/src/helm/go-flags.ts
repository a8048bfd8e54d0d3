/** What kind of value a flag takes: text once, text again and again, comma-separated text again and again, or none. */
export type FlagKind = 'text' | 'texts' | 'list' | 'switch'

/** Flags by their long names; the letter is the short name. */
export type FlagTable = Readonly<Record<string, { readonly kind: FlagKind; readonly letter?: string }>>

/** Arguments taken apart. */
export interface ParsedFlags {
  readonly args: readonly string[]
  /** Only the flags that were given. */
  readonly flags: ReadonlyMap<string, string | boolean | string[]>
}

/** Takes a command line apart as pflag does; undefined when there is anything in it that the table does not know. */
export function parseGoFlags(words: readonly string[], table: FlagTable): ParsedFlags | undefined {
  const args: string[] = []
  const flags = new Map<string, string | boolean | string[]>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '--') return { args: [...args, ...words.slice(i + 1)], flags }
    if (!word.startsWith('-') || word === '-') {
      args.push(word)
      continue
    }
    const found = flagOf(word, table)
    if (!found) return undefined
    const { name, kind } = found
    if (kind === 'switch') {
      const value = truth(found.value ?? 'true')
      if (value === undefined) return undefined
      flags.set(name, value)
      continue
    }
    const value = found.value ?? words[++i]
    if (value === undefined) return undefined
    if (kind === 'text') flags.set(name, value)
    else
      flags.set(name, [
        ...((flags.get(name) ?? []) as string[]),
        ...(kind === 'list' ? commaSeparated(value) : [value]),
      ])
  }
  return { args, flags }
}

interface FoundFlag {
  readonly name: string
  readonly kind: FlagKind
  readonly value: string | undefined
}

function flagOf(word: string, table: FlagTable): FoundFlag | undefined {
  if (word.startsWith('--')) {
    const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    const flag = Object.hasOwn(table, name) ? table[name] : undefined
    return flag && { name, kind: flag.kind, value }
  }
  const entry = Object.entries(table).find(([, { letter }]) => letter === word[1])
  if (!entry) return undefined
  const [name, { kind }] = entry
  const rest = word.slice(2)
  // Several switches in one word are rare enough to be left to the full parser.
  if (kind === 'switch' && rest !== '' && !rest.startsWith('=')) return undefined
  return { name, kind, value: rest === '' ? undefined : rest.replace(/^=/, '') }
}

/** strconv.ParseBool. */
export function truth(text: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined
}

/** Helm's string slices are CSV: a comma separates, a part in double quotes is taken whole. */
export function commaSeparated(text: string): string[] {
  return Array.from(
    text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g),
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  )
}
