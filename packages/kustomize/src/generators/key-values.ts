import { KustomizeError, prefixed } from '../fault.ts'
import type { GeneratorArgs } from '../kustomization.ts'
import type { Loader } from '../loader.ts'

export type Content = string | Uint8Array

/** What a generator's files, literals and env files hold (api/kv). Literals of secrets are not shown in errors. */
export function keyValues(args: GeneratorArgs, loader: Loader, isSecret: boolean): Map<string, Content> {
  const { envs = [], literals = [], files = [] } = args
  const pairs = prefixed('loading KV pairs', () => [
    ...prefixed(`env source files: [${envs.join(' ')}]`, () => envs.flatMap((name) => linesOf(loader.text(name)))),
    ...literalPairs(literals, isSecret),
    ...prefixed(`file sources: [${files.join(' ')}]`, () => files.map((source) => filePair(source, loader))),
  ])
  const result = new Map<string, Content>()
  for (const [key, value] of pairs) {
    if (result.has(key)) {
      const told = `configmap ${args.name} illegally repeats the key \`${key}\``
      throw new KustomizeError('KUSTOMIZE_INVALID', `cannot add key ${key}, another key by that name already exists`, {
        told,
      })
    }
    result.set(key, value)
  }
  return result
}

type Pair = [key: string, value: Content]

/** Lines `key=value`; values are taken as they stand, quotes and all. */
function linesOf(text: string): Pair[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): Pair => {
      const split = line.indexOf('=')
      return split < 0 ? [line, ''] : [line.slice(0, split), line.slice(split + 1)]
    })
    .filter(([key]) => key !== '')
}

function literalPairs(literals: readonly string[], isSecret: boolean): Pair[] {
  const shown = (text: string): string => (isSecret ? '(hidden)' : text)
  return prefixed(`literal sources [${literals.map(shown).join(' ')}]`, () =>
    literals.map((literal): Pair => {
      const split = literal.indexOf('=')
      if (split < 1) {
        const told = `invalid literal source ${shown(literal)}, expected key=value`
        throw new KustomizeError('KUSTOMIZE_INVALID', 'invalid literal source, expected key=value', { told })
      }
      return [literal.slice(0, split), literal.slice(split + 1).replace(/^(["'])(.*)\1$/s, '$2')]
    }),
  )
}

function filePair(source: string, loader: Loader): Pair {
  const [first = '', second = '', ...more] = source.split('=')
  if (!source.includes('='))
    return [source.split('/').findLast((part) => part !== '') ?? '.', loader.load(source).content]
  const quote = (text: string): string => JSON.stringify(text)
  if (more.length > 0) {
    throw new KustomizeError('KUSTOMIZE_INVALID', `source ${quote(source)} key name or file path contains '='`)
  }
  if (first === '') {
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      `missing key name for file path ${quote(second)} in source ${quote(source)}`,
    )
  }
  if (second === '') {
    throw new KustomizeError(
      'KUSTOMIZE_INVALID',
      `missing file path for key name ${quote(first)} in source ${quote(source)}`,
    )
  }
  return [first, loader.load(second).content]
}

/** Base64, long values folded at 70 characters, each line with its end (kyaml, encodeBase64). */
export function base64(content: Content): string {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  const encoded = btoa(binary)
  return encoded.length < 70 ? encoded : encoded.replace(/.{1,70}/g, '$&\n')
}
