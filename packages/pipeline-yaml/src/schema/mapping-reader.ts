import type { DocumentNode, MappingEntry, MappingNode, ScalarNode, Text } from '../document/nodes.ts'
import { type Problems, suggest } from '../problems.ts'

const TRUE = ['true', 'y', 'yes', 'on']
const FALSE = ['false', 'n', 'no', 'off']

/** Reads the keys of one mapping by type; what is wrong goes to `problems`, and {@link finish} names the keys nobody asked for. */
export class MappingReader {
  readonly node: MappingNode
  readonly problems: Problems
  readonly #what: string
  readonly #asked = new Set<string>()

  constructor(node: MappingNode, what: string, problems: Problems) {
    this.node = node
    this.problems = problems
    this.#what = what
  }

  entry(key: string): MappingEntry | undefined {
    this.#asked.add(key)
    return this.node.entries.find((entry) => entry.key.value === key)
  }

  value(key: string): DocumentNode | undefined {
    return this.entry(key)?.value
  }

  text(key: string): ScalarNode | undefined {
    const value = this.value(key)
    if (!value || value.kind === 'scalar') return value
    this.invalid(key, 'a string', value)
    return undefined
  }

  boolean(key: string, fallback: boolean): boolean {
    const text = this.text(key)
    if (!text) return fallback
    const value = text.value.toLowerCase()
    if (TRUE.includes(value)) return true
    if (!FALSE.includes(value)) this.invalid(key, 'true or false', text)
    return false
  }

  number(key: string, fallback: number, most = Number.MAX_SAFE_INTEGER): number {
    const text = this.text(key)
    if (!text) return fallback
    if (/^\d+$/.test(text.value) && Number(text.value) <= most) return Number(text.value)
    const range = most === Number.MAX_SAFE_INTEGER ? '0 or more' : `0 to ${most}`
    this.invalid(key, `a whole number, ${range}`, text)
    return fallback
  }

  /** A string or a list of strings. */
  texts(key: string): Text[] | undefined {
    const value = this.value(key)
    return value && readTexts(value, `${key} of ${this.#what}`, this.problems)
  }

  sequence(key: string): DocumentNode[] {
    const value = this.value(key)
    if (!value || isEmpty(value)) return []
    if (value.kind === 'sequence') return value.items
    this.invalid(key, 'a list', value)
    return []
  }

  mapping(key: string, what: string): MappingReader | undefined {
    const value = this.value(key)
    if (!value || isEmpty(value)) return undefined
    if (value.kind === 'mapping') return new MappingReader(value, what, this.problems)
    this.invalid(key, 'a mapping', value)
    return undefined
  }

  /** A key that the language has and this version does not. */
  notSupported(...keys: string[]): void {
    for (const key of keys) {
      const entry = this.entry(key)
      if (!entry) continue
      const message = `${key} of ${this.#what} is not supported yet`
      this.problems.error('PIPELINE_NOT_SUPPORTED', message, entry.key.at)
    }
  }

  /** Keys that are accepted and mean nothing on this runner. */
  ignored(...keys: string[]): void {
    for (const key of keys) this.#asked.add(key)
  }

  invalid(key: string, wanted: string, found: DocumentNode): void {
    const shown = found.kind === 'scalar' ? JSON.stringify(found.value) : `a ${found.kind}`
    this.problems.error('PIPELINE_VALUE_INVALID', `${key} of ${this.#what} must be ${wanted}, not ${shown}`, found.at)
  }

  finish(): void {
    for (const { key } of this.node.entries) {
      if (this.#asked.has(key.value) || this.problems.isFull) continue
      const message = `${JSON.stringify(key.value)} is not a key of ${this.#what}`
      this.problems.error('PIPELINE_KEY_UNKNOWN', message, key.at, suggest(key.value, this.#asked))
    }
  }
}

/** A mapping, or undefined after a complaint. */
export function readMapping(node: DocumentNode, what: string, problems: Problems): MappingReader | undefined {
  if (node.kind === 'mapping') return new MappingReader(node, what, problems)
  problems.error('PIPELINE_VALUE_INVALID', `${what} must be a mapping, not a ${node.kind}`, node.at)
  return undefined
}

export function readTexts(node: DocumentNode, what: string, problems: Problems): Text[] {
  if (node.kind === 'scalar') return node.value === '' ? [] : [node]
  if (node.kind === 'sequence') {
    const scalars = node.items.filter((item) => item.kind === 'scalar')
    if (scalars.length === node.items.length) return scalars
  }
  problems.error('PIPELINE_VALUE_INVALID', `${what} must be a string or a list of strings`, node.at)
  return []
}

export function isEmpty(node: DocumentNode): boolean {
  return node.kind === 'scalar' && node.value === ''
}
