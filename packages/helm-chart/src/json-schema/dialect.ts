import { quote } from '@slipway/go-template'
import { parseUrl } from '../functions/url.ts'
import { isTable, type Values } from '../values/value.ts'
import { locationText } from './address.ts'
import type { Draft } from './keywords.ts'

/** How the schemas of a resource are read. */
export interface Dialect {
  readonly draft: Draft
  /** Those that a metaschema of somebody's own asks for. @default the draft's */
  readonly vocabularies?: readonly string[]
}

/** What is read without a `$schema`. */
export const newestDialect: Dialect = { draft: 2020 }

/** Whether `format` is checked. */
export function assertsFormats({ draft, vocabularies }: Dialect): boolean {
  if (draft < 2019) return true
  return vocabularies?.includes(draft === 2019 ? 'format' : 'format-assertion') ?? false
}

/** The draft that `$schema` names. */
export function publishedDraft(uri: string): Draft | undefined {
  // The address without a draft means the newest.
  if (/^https?:\/\/json-schema\.org\/schema#?$/.test(uri)) return 2020
  const draft = /^https?:\/\/json-schema\.org\/draft(?:-0([467])|\/(2019-09|2020-12))\/schema#?$/.exec(uri)
  return draft ? (Number.parseInt(draft[1] ?? draft[2] ?? '', 10) as Draft) : undefined
}

type Load = (address: string) => unknown

/** The draft that a schema's `$schema` leads to, from metaschema to metaschema until one is published. Throws an Error with the words of santhosh-tekuri/jsonschema. */
export function draftOf(
  schema: unknown,
  { address, pointer }: { address: string; pointer: string },
  outer: Draft,
  { load, seen = new Set() }: { readonly load: Load; readonly seen?: Set<string> },
): Draft {
  if (!isTable(schema) || typeof schema.$schema !== 'string') return outer
  const published = publishedDraft(schema.$schema)
  if (published !== undefined) return published
  const [next = ''] = schema.$schema.split('#', 1)
  try {
    parseUrl(next)
  } catch (error) {
    throw new Error(`invalid $schema in ${quote(locationText(address, pointer))}: ${(error as Error).message}`)
  }
  if (pointer === '' && next === address) throw new Error(`draft ${quote(next)} is not supported`)
  if (seen.has(next)) throw new Error(`cycle in resolving $schema in ${quote(next)}`)
  seen.add(next)
  return draftOf(load(next), { address: next, pointer: '' }, outer, { load, seen })
}

/** The dialect of a resource, whose draft is known. Throws an Error with the words of santhosh-tekuri/jsonschema. */
export function dialectOf({ $schema }: Values, draft: Draft, outer: Dialect, load: Load): Dialect {
  if (typeof $schema !== 'string') return outer
  if (publishedDraft($schema) !== undefined) return { draft }
  const [address = ''] = $schema.split('#', 1)
  const vocabularies = vocabulariesOf(load(address), address, draft)
  return vocabularies ? { draft, vocabularies } : { draft }
}

const vocabularyNames: Readonly<Record<2019 | 2020, readonly string[]>> = {
  2019: ['core', 'applicator', 'validation', 'meta-data', 'format', 'content'],
  2020: [
    'core',
    'applicator',
    'unevaluated',
    'validation',
    'meta-data',
    'format-annotation',
    'format-assertion',
    'content',
  ],
}

function vocabulariesOf(metaschema: unknown, address: string, draft: Draft): string[] | undefined {
  if (draft < 2019 || !isTable(metaschema) || !isTable(metaschema.$vocabulary)) return undefined
  const newer = draft === 2019 ? draft : 2020
  const prefix = `https://json-schema.org/draft/${newer === 2019 ? '2019-09' : '2020-12'}/vocab/`
  const names = new Set<string>()
  for (const [uri, isRequired] of Object.entries(metaschema.$vocabulary)) {
    if (isRequired !== true) continue
    const name = uri.startsWith(prefix) ? uri.slice(prefix.length) : ''
    if (!vocabularyNames[newer].includes(name))
      throw new Error(`unsupported vocabulary ${quote(uri)} in ${quote(address)}`)
    names.add(name)
  }
  return [...names.add('core')].sort()
}
