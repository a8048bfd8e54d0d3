import type { Place } from '@slipway/errors'
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import type { Problems } from '../problems.ts'
import type { DocumentNode, MappingEntry, ScalarNode } from './nodes.ts'

const LARGEST_FILE = 1024 * 1024
const DEEPEST_NESTING = 100

/** YAML text as nodes with positions; undefined when it can't be read at all. Faults go to `problems`. */
export function parseDocument(text: string, file: string, problems: Problems): DocumentNode | undefined {
  if (text.length > LARGEST_FILE) {
    problems.error('PIPELINE_TOO_LARGE', `the file is larger than ${LARGEST_FILE} characters`, { file })
    return undefined
  }
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    // Every scalar is a string, so that no type is guessed too early.
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    // Checked below: here it takes the square of their number.
    uniqueKeys: false,
  })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const [document, second] = Array.isArray(documents) ? documents : []
  if (!document) return { kind: 'mapping', entries: [], at: place(0) }
  for (const { message, pos } of document.errors) problems.error('PIPELINE_YAML_INVALID', message, place(pos[0]))
  if (second) {
    const message = 'a pipeline file holds one YAML document, this one has more'
    problems.error('PIPELINE_YAML_UNSUPPORTED', message, place(second.range[0]))
  }
  if (problems.errors.length > 0 || !document.contents) return undefined
  return new Converter(place, problems).node(document.contents as Node, 0)
}

class Converter {
  readonly #place: (offset: number) => Place
  readonly #problems: Problems

  constructor(place: (offset: number) => Place, problems: Problems) {
    this.#place = place
    this.#problems = problems
  }

  node(node: Node, depth: number): DocumentNode {
    const at = this.#place(node.range?.[0] ?? 0)
    if (depth > DEEPEST_NESTING) {
      this.#problems.error('PIPELINE_TOO_LARGE', `nested deeper than ${DEEPEST_NESTING} levels`, at)
      return { kind: 'scalar', value: '', at }
    }
    // Azure Pipelines has no anchors either.
    if (isAlias(node) || ('anchor' in node && node.anchor)) {
      this.#problems.error('PIPELINE_YAML_UNSUPPORTED', 'YAML anchors and aliases are not part of the language', at)
      return { kind: 'scalar', value: '', at }
    }
    if (isScalar(node)) return { kind: 'scalar', value: String(node.value ?? ''), at }
    if (isSeq<Node>(node)) return { kind: 'sequence', items: node.items.map((item) => this.node(item, depth + 1)), at }
    if (isMap<Node, Node | null>(node)) {
      const entries: MappingEntry[] = []
      const known = new Set<string>()
      for (const pair of node.items) {
        const key = this.#key(pair.key)
        if (known.has(key.value)) this.#problems.error('PIPELINE_YAML_INVALID', 'Map keys must be unique', key.at)
        known.add(key.value)
        const value = pair.value
          ? this.node(pair.value, depth + 1)
          : ({ kind: 'scalar', value: '', at: key.at } satisfies ScalarNode)
        entries.push({ key, value })
      }
      return { kind: 'mapping', entries, at }
    }
    return { kind: 'scalar', value: '', at }
  }

  #key(node: Node): ScalarNode {
    const at = this.#place(node.range?.[0] ?? 0)
    if (isScalar(node)) return { kind: 'scalar', value: String(node.value ?? ''), at }
    this.#problems.error('PIPELINE_YAML_UNSUPPORTED', 'a key must be a plain string', at)
    return { kind: 'scalar', value: '', at }
  }
}
