import { compose } from './compose.ts'
import { base64Text, decode, isMergeKey } from './decode.ts'
import { refolded } from './folded.ts'
import { formatFloat } from './go-number.ts'
import { goSyntax } from './go-syntax.ts'
import type { MappingNode, Node, ScalarNode } from './nodes.ts'
import { resolvePlain, WholeFloat } from './resolve.ts'
import { rfc3339Of } from './timestamp.ts'
import { valueProblem, YamlProblem } from './yaml-error.ts'

/** A scalar whose text says more than its value: `1.10`, `True`, `~`, `0644`, an integer beyond 2^53, a date, a folded text. */
export class SourceScalar {
  readonly value: string | number | bigint | boolean | null
  readonly text: string
  /** What is printed for it: Go writes and reads an object again before, which is not always the same. */
  readonly printed: SourceScalar['value']

  constructor(value: SourceScalar['value'], text: string, printed = value) {
    this.value = value
    this.text = text
    this.printed = printed
  }

  toJSON(): SourceScalar['value'] {
    return this.printed
  }
}

/** One document of a file as kyaml reads it. */
export interface KyamlDocument {
  /** JSON data, objects without prototype, {@link SourceScalar} where the text of a scalar counts. */
  readonly value: unknown
  /** The line of the file, from 1, where the document's content begins. */
  readonly line: number
  /** What Go says when such a document is printed: a key is there twice, or is no scalar. */
  readonly problem: string | undefined
}

/** What kyaml's reader can't read; the message is its own. */
export class KyamlProblem extends Error {
  /** The line of the file, from 1. */
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.name = 'KyamlProblem'
    this.line = line
  }
}

/**
 * The documents of a file as kyaml's ByteReader reads them: cut at lines that begin with `---`, aliases replaced by what they
 * name, scalars as goyaml v3 takes them (`yes` is a text). Throws KyamlProblem.
 */
export function readKyaml(file: string): KyamlDocument[] {
  const documents: KyamlDocument[] = []
  for (const { text, line } of cut(file.replaceAll('\r\n', '\n'))) {
    const root = composed(text, line)
    if (root === undefined) continue
    const reader = new Reader(headOf(text, root.mark.line))
    try {
      const value = reader.value(root)
      if (value !== null) documents.push({ value, line: line + root.mark.line, problem: reader.problem() })
    } catch (error) {
      throw error instanceof YamlProblem ? new KyamlProblem(error.message, line + error.line - 1) : error
    }
  }
  return documents
}

function* cut(file: string): Generator<{ text: string; line: number }> {
  const separator = /\n---(.*)\n/g
  let [start, line] = [0, 1]
  for (let match = separator.exec(file); match; match = separator.exec(file)) {
    const behind = (match[1] ?? '').trim()
    const text = file.slice(start, match.index)
    const next = line + text.split('\n').length
    if (behind !== '' && !behind.startsWith('#')) {
      throw new KyamlProblem(`invalid document separator: ${match[0].trim()}`, next)
    }
    yield { text: `${text}\n`, line }
    start = separator.lastIndex
    line = next + 1
  }
  if (file !== '') yield { text: file.slice(start), line }
}

function composed(text: string, line: number): Node | undefined {
  try {
    return compose(text)
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error
    const where = error.goLineV3 === undefined ? '' : `line ${error.goLineV3}: `
    throw new KyamlProblem(`MalformedYAMLError: yaml: ${where}${error.message}`, line + error.line - 1)
  }
}

/** How many lines before its content a document loses when kyaml writes it: all but comments. */
function headOf(text: string, contentLine: number): number {
  return text.split('\n', contentLine).filter((line) => !line.trimStart().startsWith('#')).length
}

/** What aliases may multiply a document to. */
const maxNodes = 1_000_000

class Reader {
  readonly #open = new Set<Node>()
  readonly #duplicates: string[] = []
  /** Lines that do not count in Go's messages. */
  readonly #head: number
  #badKey: string | undefined
  #count = 0

  constructor(head: number) {
    this.#head = head
  }

  /** What Go says when it decodes the document. */
  problem(): string | undefined {
    if (this.#badKey !== undefined) return `yaml: invalid map key: ${this.#badKey}`
    return this.#duplicates.length === 0 ? undefined : `yaml: unmarshal errors:\n${this.#duplicates.join('\n')}`
  }

  value(node: Node, inFlow = false): unknown {
    if (++this.#count > maxNodes) throw valueProblem('document contains excessive aliasing', node.mark)
    switch (node.kind) {
      case 'scalar':
        // Between brackets Go writes nothing as an empty text.
        return inFlow && isNothing(node) ? new SourceScalar(null, '', '') : kyamlScalar(node)
      case 'sequence':
        return node.items.map((item) => this.value(item, inFlow || node.isFlow))
      case 'alias':
        return this.#through(node, (target) => this.value(target, inFlow))
      case 'mapping': {
        const map: Record<string, unknown> = Object.create(null)
        this.#fill(map, node, inFlow)
        return map
      }
    }
  }

  #through<T>(alias: Node & { kind: 'alias' }, use: (target: Node) => T): T {
    if (this.#open.has(alias.target)) throw valueProblem(`anchor '${alias.name}' value contains itself`, alias.mark)
    this.#open.add(alias.target)
    const result = use(alias.target)
    this.#open.delete(alias.target)
    return result
  }

  /** What `<<` brings gives way to the map's own fields. */
  #fill(map: Record<string, unknown>, node: MappingNode, inFlow = false): void {
    const lines = new Map<string, number>()
    const merged: Node[] = []
    for (const { key, value } of node.pairs) {
      if (isMergeKey(key)) {
        merged.push(value)
        continue
      }
      const name = this.#keyText(key)
      if (name === undefined) continue
      const line = lines.get(name)
      if (line === undefined) {
        map[name] = this.value(value, inFlow || node.isFlow)
        lines.set(name, key.mark.line + 1)
      } else {
        this.#duplicates.push(
          `  line ${key.mark.line + 1 - this.#head}: mapping key ${JSON.stringify(name)} already defined at line ${line - this.#head}`,
        )
      }
    }
    for (const value of merged) this.#merge(map, value)
  }

  #merge(map: Record<string, unknown>, node: Node): void {
    if (node.kind === 'sequence') {
      for (const item of node.items) this.#merge(map, item)
      return
    }
    if (node.kind === 'alias') {
      this.#through(node, (target) => this.#merge(map, target))
      return
    }
    if (node.kind !== 'mapping') {
      throw valueProblem('map merge requires map or sequence of maps as the value', node.mark)
    }
    const brought: Record<string, unknown> = Object.create(null)
    this.#fill(brought, node)
    for (const [field, value] of Object.entries(brought)) if (!(field in map)) map[field] = value
  }

  /** Undefined for a key that no printed map may have. */
  #keyText(node: Node): string | undefined {
    if (node.kind === 'alias') return this.#keyText(node.target)
    if (node.kind === 'scalar') return node.text
    this.#badKey ??= goSyntax(decode(node, 'last'))
    return undefined
  }
}

const longPrefix = 'tag:yaml.org,2002:'

function kyamlScalar(node: ScalarNode): unknown {
  const { tag, text, isImplicit } = node
  if (node.style === 'folded') return foldedScalar(text)
  if (tag === '') return isImplicit ? plainKyaml(text) : text
  if (tag === `${longPrefix}binary`) return base64Text(node)
  if (tag === `${longPrefix}str` || !tag.startsWith(longPrefix)) return text
  return plainKyaml(text)
}

const isNothing = ({ text, tag, isImplicit }: ScalarNode): boolean => text === '' && tag === '' && isImplicit

function foldedScalar(text: string): unknown {
  const printed = refolded(text)
  return printed === text ? text : new SourceScalar(text, text, printed)
}

/** What goyaml v3 takes a plain text for. */
export function plainKyaml(text: string): unknown {
  const { tag, value } = resolvePlain(text)
  switch (tag) {
    case '!!str':
      return text
    case '!!bool':
      // Those of YAML 1.1 are texts to version 3.
      if (!/^(true|false)$/i.test(text)) return text
      return text === 'true' || text === 'false' ? value : new SourceScalar(value as boolean, text)
    case '!!null':
      return text === '' ? null : new SourceScalar(null, text)
    case '!!timestamp':
      return new SourceScalar(rfc3339Of(text), text)
    default: {
      const number = value instanceof WholeFloat ? value.value : (value as number | bigint)
      return typeof number === 'number' && String(number) === text ? number : new SourceScalar(number, text)
    }
  }
}

/** JSON data as kyaml keeps what came by way of JSON: with the texts that goyaml v3 writes. */
export function kyamlOfJson(value: unknown): unknown {
  if (value === null) return new SourceScalar(null, 'null')
  if (typeof value === 'number') {
    const text = formatFloat(value)
    return text === String(value) ? value : new SourceScalar(value, text)
  }
  if (Array.isArray(value)) return value.map(kyamlOfJson)
  if (typeof value !== 'object' || value instanceof SourceScalar) return value
  const map: Record<string, unknown> = Object.create(null)
  for (const [field, child] of Object.entries(value)) map[field] = kyamlOfJson(child)
  return map
}
