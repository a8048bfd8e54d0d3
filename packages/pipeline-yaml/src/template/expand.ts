import type { DocumentNode, MappingEntry, MappingNode, ScalarNode, Text } from '../document/nodes.ts'
import { evaluate } from '../expressions/evaluate.ts'
import { ExpressionError } from '../expressions/lexer.ts'
import { parseExpression } from '../expressions/parser.ts'
import { toBoolean, toText, type Value, Version } from '../expressions/values.ts'
import type { Problems } from '../problems.ts'
import { Budget, ExpansionTooLarge } from './budget.ts'
import { findExpressions, wholeExpression } from './find-expressions.ts'

const DIRECTIVE = /^(if|elseif|else|each|insert)\b\s*(.*)$/s
/** These are read before any expression is known. */
const LITERAL_KEYS = ['trigger', 'pr', 'schedules', 'resources', 'parameters']

/** Whether a document has `${{ }}` anywhere. */
export function hasTemplateExpressions(node: DocumentNode): boolean {
  if (node.kind === 'scalar') return node.value.includes('${{')
  if (node.kind === 'sequence') return node.items.some(hasTemplateExpressions)
  return node.entries.some(({ key, value }) => key.value.includes('${{') || hasTemplateExpressions(value))
}

type Contexts = Record<string, Value> & { variables: Record<string, Value> }

/** The document with its `${{ }}` replaced; undefined when it would be too large. Variables of the root count from where they stand. */
export function expandTemplate(
  root: MappingNode,
  { parameters, variables }: { parameters: Record<string, Value>; variables: Record<string, Value> },
  problems: Problems,
): MappingNode | undefined {
  const expander = new Expander({ parameters, variables: { ...variables } }, { problems, budget: new Budget() })
  try {
    const entries = root.entries.flatMap((entry) =>
      LITERAL_KEYS.includes(entry.key.value) ? [entry] : expander.rootEntry(entry),
    )
    return { ...root, entries }
  } catch (error) {
    if (!(error instanceof ExpansionTooLarge)) throw error
    problems.error('PIPELINE_TOO_LARGE', error.message, root.at)
    return undefined
  }
}

class Expander {
  readonly #contexts: Contexts
  readonly #problems: Problems
  readonly #budget: Budget

  constructor(contexts: Contexts, { problems, budget }: { problems: Problems; budget: Budget }) {
    this.#contexts = contexts
    this.#problems = problems
    this.#budget = budget
  }

  rootEntry(entry: MappingEntry): MappingEntry[] {
    if (entry.key.value !== 'variables' || entry.value.kind === 'scalar') return this.entries([entry])
    const { value } = entry
    if (value.kind === 'sequence') {
      const items = value.items.flatMap((item) => this.#defining(this.items([item])))
      return [{ ...entry, value: { ...value, items } }]
    }
    const entries = value.entries.flatMap((item) => {
      const expanded = this.entries([item])
      for (const { key, value: text } of expanded) if (text.kind === 'scalar') this.#define(key.value, text.value)
      return expanded
    })
    return [{ ...entry, value: { ...value, entries } }]
  }

  items(nodes: DocumentNode[]): DocumentNode[] {
    const chain: Chain = {}
    return nodes.flatMap((node) => {
      const directive = node.kind === 'mapping' && node.entries.length === 1 ? node.entries[0] : undefined
      if (directive && this.#directive(directive.key)) {
        return this.#inserted(directive, chain).flatMap(({ expander, value }) => expander.#asItems(value))
      }
      // A list that stands for one item is flattened into its parent.
      if (node.kind === 'scalar' && wholeExpression(node.value) !== undefined) {
        const expanded = this.node(node)
        return expanded.kind === 'sequence' ? expanded.items : [expanded]
      }
      return [this.node(node)]
    })
  }

  entries(entries: MappingEntry[]): MappingEntry[] {
    const chain: Chain = {}
    return entries.flatMap((entry) => {
      if (this.#directive(entry.key)) {
        return this.#inserted(entry, chain).flatMap(({ expander, value }) => expander.#asEntries(value))
      }
      return [{ key: { ...entry.key, value: this.#text(entry.key) }, value: this.node(entry.value) }]
    })
  }

  node(node: DocumentNode): DocumentNode {
    this.#budget.spend(0)
    if (node.kind === 'sequence') return { ...node, items: this.items(node.items) }
    if (node.kind === 'mapping') return { ...node, entries: this.entries(node.entries) }
    const whole = wholeExpression(node.value)
    return whole === undefined ? { ...node, value: this.#text(node) } : this.#toNode(this.#evaluate(whole, node), node)
  }

  #asItems(node: DocumentNode): DocumentNode[] {
    if (node.kind === 'sequence') return this.items(node.items)
    const expanded = this.node(node)
    return expanded.kind === 'sequence' ? expanded.items : [expanded]
  }

  #asEntries(node: DocumentNode): MappingEntry[] {
    const expanded = this.node(node)
    if (expanded.kind === 'mapping') return expanded.entries
    this.#problems.error('PIPELINE_EXPRESSION_INVALID', 'only a mapping can be inserted into a mapping', node.at)
    return []
  }

  /** What an `if`, `each` or `insert` puts in its place. */
  #inserted({ key, value }: MappingEntry, chain: Chain): { expander: Expander; value: DocumentNode }[] {
    const { keyword, rest } = this.#directive(key) as Directive
    switch (keyword) {
      case 'if':
        chain.open = !toBoolean(this.#evaluate(rest, key))
        return chain.open ? [] : [{ expander: this, value }]
      case 'elseif':
      case 'else': {
        const taken = chain.open === true && (keyword === 'else' || toBoolean(this.#evaluate(rest, key)))
        if (chain.open === undefined) {
          this.#problems.error('PIPELINE_EXPRESSION_INVALID', `${keyword} without an if before it`, key.at)
        }
        if (taken) chain.open = false
        return taken ? [{ expander: this, value }] : []
      }
      case 'insert':
        return [{ expander: this, value }]
      case 'each':
        return this.#each(rest, key).map((expander) => ({ expander, value }))
    }
  }

  #each(rest: string, key: Text): Expander[] {
    const [, name, list] = /^(\w+)\s+in\s+(.+)$/s.exec(rest) ?? []
    if (!name || !list) {
      this.#problems.error('PIPELINE_EXPRESSION_INVALID', 'write: each name in list', key.at)
      return []
    }
    const value = this.#evaluate(list, key)
    const items = Array.isArray(value)
      ? value
      : value && typeof value === 'object' && !(value instanceof Version)
        ? Object.entries(value).map(([itemKey, item]) => ({ key: itemKey, value: item }))
        : []
    return items.map((item) => {
      this.#budget.spend(0)
      const contexts = { ...this.#contexts, [name.toLowerCase()]: item }
      return new Expander(contexts, { problems: this.#problems, budget: this.#budget })
    })
  }

  #directive(key: Text): Directive | undefined {
    const source = wholeExpression(key.value)
    const [, keyword, rest] = (source && DIRECTIVE.exec(source.trim())) || []
    return keyword ? { keyword: keyword as Directive['keyword'], rest: rest ?? '' } : undefined
  }

  #text(source: Text): string {
    const { value, at } = source
    let result = ''
    let rest = 0
    for (const { source: expression, start, end } of findExpressions(value)) {
      const text = toText(this.#evaluate(expression, source))
      if (text === undefined) {
        const message = `${expression.trim()} is a list or object, not a string`
        this.#problems.error('PIPELINE_EXPRESSION_INVALID', message, at)
      }
      this.#budget.spend(text?.length ?? 0)
      result += value.slice(rest, start) + (text ?? '')
      rest = end
    }
    this.#budget.spend(value.length - rest)
    return result + value.slice(rest)
  }

  #evaluate(source: string, { at }: Text): Value {
    this.#budget.spend(source.length)
    try {
      const expression = parseExpression(source, { contexts: Object.keys(this.#contexts) })
      return evaluate(expression, { contexts: this.#contexts })
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      this.#problems.error('PIPELINE_EXPRESSION_INVALID', `\${{${source}}}: ${error.message}`, at)
      return null
    }
  }

  #toNode(value: Value, { at }: Text): DocumentNode {
    const text = toText(value)
    this.#budget.spend(text?.length ?? 0)
    if (text !== undefined) return { kind: 'scalar', value: text, at }
    const inner = (item: Value): DocumentNode => this.#toNode(item, { value: '', at })
    if (Array.isArray(value)) return { kind: 'sequence', items: value.map(inner), at }
    const entries = Object.entries(value as Record<string, Value>).map(([key, item]) => ({
      key: { kind: 'scalar', value: key, at } satisfies ScalarNode,
      value: inner(item),
    }))
    return { kind: 'mapping', entries, at }
  }

  #defining(nodes: DocumentNode[]): DocumentNode[] {
    for (const node of nodes) {
      if (node.kind !== 'mapping') continue
      const find = (key: string): DocumentNode | undefined =>
        node.entries.find((entry) => entry.key.value === key)?.value
      const [name, value] = [find('name'), find('value')]
      if (name?.kind === 'scalar' && value?.kind === 'scalar') this.#define(name.value, value.value)
    }
    return nodes
  }

  #define(name: string, value: string): void {
    this.#contexts.variables[name] = value
  }
}

/** `open`: an `if` chain of which no branch was taken yet. */
interface Chain {
  open?: boolean
}

interface Directive {
  keyword: 'if' | 'elseif' | 'else' | 'each' | 'insert'
  rest: string
}

/** A node as a value for expressions. */
export function toValue(node: DocumentNode): Value {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'sequence') return node.items.map(toValue)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key.value, toValue(value)]))
}
