import { UserError } from '@slipway/errors'
import type { Command, OptionValues } from 'commander'
import { argumentsOf, pathOf } from '../cobra/help.ts'
import { commaSeparated, truth } from './go-flags.ts'
import { defaultKeyring } from './provenance/keyring.ts'
import { type GlobalFlags, type HelmSettings, helmSettings } from './settings.ts'

/** How many arguments a command takes. */
export interface ArgumentCount {
  readonly min: number
  /** @default no limit */
  readonly max?: number
}

export const exactly = (count: number): ArgumentCount => ({ min: count, max: count })
export const atLeast = (count: number): ArgumentCount => ({ min: count })
export const atMost = (count: number): ArgumentCount => ({ min: 0, max: count })
export const between = (min: number, max: number): ArgumentCount => ({ min, max })

export type Run = (args: readonly string[], options: OptionValues, settings: HelmSettings) => Promise<void> | void

/** A command that does something; `usage` is its name and arguments, as in `rollback <RELEASE> [REVISION]`. */
export function leaf(parent: Command, usage: string, description: string): Command {
  const [name = '', ...rest] = usage.split(' ')
  return parent.command(name).description(description).argument('[args...]', rest.join(' '))
}

/** A command that only groups others: alone it shows its help, as Helm's do. */
export function group(parent: Command, name: string, description: string): Command {
  const command: Command = parent
    .command(name)
    .description(description)
    .allowExcessArguments()
    .allowUnknownOption()
    .action(() => print(command.helpInformation()))
  return command
}

/** A command of Helm that is not there, and says so by name. */
export function unsupported(parent: Command, name: string): void {
  const command = parent.command(name, { hidden: true }).argument('[args...]').allowUnknownOption().helpOption(false)
  command.action(() => {
    throw new UserError('HELM_UNSUPPORTED', `${pathOf(command)} is not supported`)
  })
}

/** What the command does once its arguments are as many as they must be. */
export function does(command: Command, count: ArgumentCount, run: Run): Command {
  return command.action(async (args: string[], options: OptionValues) => {
    checkCount(command, args.length, count)
    const root = command.parent?.parent ?? command.parent ?? command
    await run(args, options, helmSettings(root.opts<GlobalFlags>(), process.env))
  })
}

function checkCount(command: Command, given: number, { min, max = Number.POSITIVE_INFINITY }: ArgumentCount): void {
  if (given >= min && given <= max) return
  const noun = (count: number): string => `${count} argument${count === 1 ? '' : 's'}`
  const rule =
    max === 0
      ? 'accepts no arguments'
      : min === max
        ? `requires ${noun(min)}`
        : given < min
          ? `requires at least ${noun(min)}`
          : `accepts at most ${noun(max)}`
  const path = pathOf(command)
  const usage = [path, argumentsOf(command)].filter((part) => part !== '').join(' ')
  throw new UserError('HELM_ARGUMENTS_INVALID', `"${path}" ${rule}\n\nUsage:  ${usage} [flags]`)
}

export function print(text: string): void {
  process.stdout.write(text)
}

/** Every occurrence of a flag. */
export const each = (text: string, all: string[] = []): string[] => [...all, text]

/** Every part of a flag with commas between them, which may come again. */
export const list = (text: string, all: string[]): string[] => [...all, ...commaSeparated(text)]

/** `a=b,c=d`. */
export function pairs(text: string, all: Readonly<Record<string, string>> = {}): Record<string, string> {
  const found = list(text, []).map((pair): [string, string] => {
    const at = pair.indexOf('=')
    if (at < 0) throw flagError(text, '-l, --labels', `${pair} must be formatted as key=value`)
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  return { ...all, ...Object.fromEntries(found) }
}

/** What changes manifests after they are rendered. */
export function addPostRendererFlags(command: Command): Command {
  return command
    .option('--post-renderer <string>', 'the name of a postrenderer type plugin', each)
    .option('--post-renderer-args <strings>', 'an argument to the post-renderer', each, [])
}

export function flagError(value: string, flag: string, reason: string): UserError {
  return new UserError('HELM_FLAG_INVALID', `invalid argument "${value}" for "${flag}" flag: ${reason}`)
}

const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A flag with a duration as Go writes it, `1m30s`, in milliseconds. */
export function duration(flag: string): (text: string) => number {
  return (text) => {
    const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)]
    const isWhole = parts.map(([part]) => part).join('') === text.replace(/^[+]/, '') && parts.length > 0
    if (!isWhole && text !== '0') throw flagError(text, flag, `time: invalid duration ${JSON.stringify(text)}`)
    return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? 0), 0)
  }
}

/** A flag that stands alone, or says `=true` or `=false`. */
export function switched(flag: string): (text: string) => boolean {
  return (text) => {
    const isOn = truth(text)
    if (isOn !== undefined) return isOn
    throw flagError(text, flag, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
}

/** A flag with a whole number. */
export function integer(flag: string): (text: string) => number {
  return (text) => {
    if (/^[+-]?\d+$/.test(text)) return Number(text)
    throw flagError(text, flag, `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
}

/** The flags by which values are set. */
export function addSetFlags(command: Command): Command {
  return command
    .option('-f, --values <strings>', 'specify values in a YAML file or a URL (can specify multiple)', list, [])
    .option('--set <stringArray>', 'set values on the command line (key1=val1,key2=val2)', each, [])
    .option('--set-string <stringArray>', 'set STRING values on the command line', each, [])
    .option('--set-json <stringArray>', 'set JSON values on the command line', each, [])
    .option('--set-literal <stringArray>', 'set a literal STRING value on the command line', each, [])
    .option('--set-file <stringArray>', 'set values from respective files', each, [])
}

/** How servers that charts come from are spoken to. */
export interface ConnectionFlags {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly insecureSkipTlsVerify?: boolean
  readonly plainHttp?: boolean
  readonly username?: string
  readonly password?: string
}

export function addConnectionFlags(command: Command): Command {
  return command
    .option('--ca-file <string>', 'verify certificates of HTTPS-enabled servers using this CA bundle')
    .option('--cert-file <string>', 'identify HTTPS client using this SSL certificate file')
    .option('--key-file <string>', 'identify HTTPS client using this SSL key file')
    .option('--insecure-skip-tls-verify', 'skip tls certificate checks for the chart download', false)
    .option('--plain-http', 'use insecure HTTP connections for the chart download', false)
    .option('--username <string>', 'chart repository username where to locate the requested chart')
    .option('--password <string>', 'chart repository password where to locate the requested chart')
}

/** Where a chart that is no local path comes from. */
export interface ChartFlags extends ConnectionFlags {
  readonly version?: string
  readonly devel?: boolean
  readonly repo?: string
  readonly passCredentials?: boolean
  readonly verify?: boolean
  /** With `verify`. */
  readonly keyring?: string
}

export function addChartFlags(command: Command): Command {
  return addConnectionFlags(command)
    .option('--version <string>', 'specify a version constraint for the chart version to use')
    .option('--devel', "use development versions, too. Equivalent to version '>0.0.0-0'", false)
    .option('--repo <string>', 'chart repository url where to locate the requested chart')
    .option('--pass-credentials', 'pass credentials to all domains', false)
    .option('--verify', 'verify the package before using it', false)
    .option('--keyring <string>', 'location of public keys used for verification', defaultKeyring(process.env))
}
