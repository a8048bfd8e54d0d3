import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { UserError } from '@slipway/errors'
import { findFiles } from './find-files.ts'
import type { Task, TaskContext } from './task.ts'
import { decodeText, detectEncoding, type Encoding, encodeText } from './text-encoding.ts'
import { replaceTokens, type TokenOptions } from './token-pattern.ts'

const LATER = ['variableFiles', 'enableTransforms', 'enableRecursion', 'useLegacyPattern']

/** replacetokens@3: replaces `#{name}#` in files by variables, secret ones too. Only files with tokens in them are written. */
export const replaceTokensTask: Task = {
  definition: {
    name: 'replacetokens',
    aliases: ['qetza.replacetokens.replacetokens-task.replacetokens', 'A8515EC8-7254-4FFD-912C-86772E2B5962'],
    version: 3,
    friendlyName: 'Replace tokens',
    inputs: [
      { name: 'rootDirectory', type: 'filePath' },
      { name: 'targetFiles', default: '**/*.config', required: true },
      { name: 'encoding', default: 'auto' },
      { name: 'writeBOM', type: 'boolean', default: 'true' },
      { name: 'escapeType', type: 'pickList', options: ['auto', 'none', 'json', 'xml', 'custom'], default: 'auto' },
      { name: 'escapeChar' },
      { name: 'charsToEscape' },
      { name: 'verbosity', type: 'pickList', options: ['normal', 'detailed', 'off'], default: 'normal' },
      { name: 'actionOnMissing', type: 'pickList', options: ['continue', 'warn', 'fail'], default: 'warn' },
      { name: 'keepToken', type: 'boolean', default: 'false' },
      { name: 'actionOnNoFiles', type: 'pickList', options: ['continue', 'warn', 'fail'], default: 'continue' },
      { name: 'tokenPrefix', default: '#{' },
      { name: 'tokenSuffix', default: '}#' },
      { name: 'useLegacyPattern', type: 'boolean', default: 'false' },
      { name: 'useLegacyEmptyFeature', type: 'boolean', default: 'true' },
      { name: 'emptyValue', default: '(empty)' },
      { name: 'useDefaultValue', type: 'boolean', default: 'false' },
      { name: 'defaultValue' },
      { name: 'enableTransforms', type: 'boolean', default: 'false' },
      { name: 'transformPrefix', default: '(' },
      { name: 'transformSuffix', default: ')' },
      { name: 'variableFiles' },
      { name: 'inlineVariables' },
      { name: 'variableSeparator', default: '.' },
      { name: 'enableRecursion', type: 'boolean', default: 'false' },
      { name: 'enableTelemetry', type: 'boolean', default: 'true' },
    ],
  },
  async run(context) {
    refuseLaterInputs(context)
    const root = context.path('rootDirectory')
    const targets = await findTargets(root, context.input('targetFiles'))
    const totals = { found: 0, replaced: 0, missing: new Set<string>() }
    for (const target of targets) {
      const options = tokenOptions(context, target.input, totals.missing)
      const { found, replaced } = await replaceInFile(context, target, options)
      context.log(`replacing tokens in: ${relative(root, target.input)} (${found} tokens found, ${replaced} replaced)`)
      totals.found += found
      totals.replaced += replaced
    }
    report(context, targets.length, totals)
  },
}

interface Target {
  input: string
  output: string
}

function refuseLaterInputs(context: TaskContext): void {
  for (const name of LATER) {
    const value = context.input(name).toLowerCase()
    if (value === '' || value === 'false') continue
    throw new UserError('TASK_NOT_SUPPORTED', `replacetokens@3: ${name} is not supported yet`)
  }
}

/** Lines and commas part targets, `;` adds patterns to one (negative ones too), `in => out` writes elsewhere. */
async function findTargets(root: string, text: string): Promise<Target[]> {
  const targets: Target[] = []
  for (const part of text.split(/[\n,]/).map((line) => line.trim())) {
    if (part === '') continue
    const [inputs = '', output] = part.split('=>').map((side) => side.trim())
    const patterns = inputs.split(';')
    for (const input of await findFiles(root, patterns)) {
      targets.push({ input, output: output ? outputPath(patterns[0] ?? '', input, output) : input })
    }
  }
  return targets
}

/** The `*` of the output is what the `*` of the input's name stood for; a relative output counts from the input's folder. */
function outputPath(pattern: string, input: string, output: string): string {
  const [before = '', after = ''] = basename(pattern).split('*')
  const name = basename(input)
  const star = name.slice(before.length, name.length - after.length)
  return resolve(
    dirname(input),
    output.replace('*', () => star),
  )
}

function tokenOptions(context: TaskContext, file: string, missing: Set<string>): TokenOptions {
  const inline = inlineVariables(context.input('inlineVariables'), context.input('variableSeparator'))
  const action = context.input('actionOnMissing').toLowerCase()
  const fallback = context.boolean('useDefaultValue') ? context.input('defaultValue') : undefined
  return {
    prefix: context.input('tokenPrefix'),
    suffix: context.input('tokenSuffix'),
    keepToken: context.boolean('keepToken'),
    emptyValue: context.boolean('useLegacyEmptyFeature') ? context.input('emptyValue') : undefined,
    escape: escapeOf(context, file),
    value(name) {
      const value = inline.get(name.toLowerCase()) ?? context.variable(name) ?? fallback
      if (value !== undefined) return value
      missing.add(name)
      if (action === 'warn') context.warn(`variable not found: ${name}`)
      return undefined
    },
  }
}

/** `name: value` lines, as the task's YAML allows them in its plain form. */
function inlineVariables(text: string, separator: string): Map<string, string> {
  const variables = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name, value] = /^\s*([^:#]+?)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined) {
      variables.set(name.replaceAll('.', separator).toLowerCase(), (value ?? '').replace(/^(['"])(.*)\1$/, '$2'))
    }
  }
  return variables
}

function escapeOf(context: TaskContext, file: string): TokenOptions['escape'] {
  const type = context.input('escapeType').toLowerCase()
  if (type === 'custom') {
    const [chars, mark] = [context.input('charsToEscape'), context.input('escapeChar')]
    return (value) => [...value].map((char) => (chars.includes(char) ? mark + char : char)).join('')
  }
  const byExtension = file.endsWith('.json') ? 'json' : file.endsWith('.xml') ? 'xml' : 'none'
  const kind = type === 'auto' ? byExtension : type
  if (kind === 'json') return (value) => JSON.stringify(value).slice(1, -1)
  if (kind === 'xml') return (value) => value.replace(/[<>&'"]/g, (char) => XML[char] ?? char)
  return (value) => value
}

const XML: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&apos;', '"': '&quot;' }

async function replaceInFile(
  context: TaskContext,
  { input, output }: Target,
  options: TokenOptions,
): Promise<{ found: number; replaced: number }> {
  const bytes = await readFile(input)
  const encoding = encodingOf(context.input('encoding'), bytes)
  const { text, found, replaced } = replaceTokens(decodeText(bytes, encoding), options)
  if (found > 0 || output !== input) {
    if (output !== input) await mkdir(dirname(output), { recursive: true })
    await writeFile(output, encodeText(text, encoding, context.boolean('writeBOM')))
  }
  return { found, replaced }
}

function encodingOf(input: string, bytes: Buffer): Encoding {
  switch (input.toLowerCase()) {
    case 'auto':
      return detectEncoding(bytes)
    case 'utf-8':
    case 'ascii':
      return 'utf-8'
    case 'utf-16le':
      return 'utf-16le'
    case 'utf-16be':
      return 'utf-16be'
    case 'win1252':
    case 'iso88591':
      return 'latin1'
    default:
      throw new UserError('TASK_NOT_SUPPORTED', `replacetokens@3: the encoding ${input} is not supported`)
  }
}

function report(
  context: TaskContext,
  files: number,
  totals: { found: number; replaced: number; missing: Set<string> },
): void {
  context.log(`replaced ${totals.replaced} tokens out of ${totals.found} in ${files} file(s).`)
  if (files === 0) {
    const message = `found no files to process in ${join(context.path('rootDirectory'), context.input('targetFiles'))}`
    const action = context.input('actionOnNoFiles').toLowerCase()
    if (action === 'fail') throw new UserError('TOKENS_NO_FILES', message)
    if (action === 'warn') context.warn(message)
  }
  if (totals.missing.size > 0 && context.input('actionOnMissing').toLowerCase() === 'fail') {
    throw new UserError('TOKENS_MISSING', `variables not found: ${[...totals.missing].join(', ')}`)
  }
}
