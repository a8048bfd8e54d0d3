import { UserError } from '@slipway/errors'
import { attachComments, type Commentary, type Notes } from './comments.ts'
import { compose } from './compose.ts'
import { Emitter } from './emitter.ts'
import type { MappingNode, Node, Pair, ScalarNode } from './nodes.ts'
import { compactV3 } from './scalar-shape.ts'
import type { Comment, ScalarStyle } from './scanner.ts'
import { YamlProblem } from './yaml-error.ts'

/** A document with its looks: styles, comments, anchors and the order of its keys. */
export interface StyledDocument {
  readonly root: Node
  readonly commentary: Commentary
}

/** Reads a text's first document, undefined when it has none. Throws UserError YAML_INVALID with goyaml's words. */
export function readStyled(text: string): StyledDocument | undefined {
  const comments: Comment[] = []
  try {
    const root = compose(text, comments)
    if (root === undefined) return undefined
    const lines = text.split('\n')
    const all = [...comments, ...headerComments(root, lines)].sort((a, b) => a.mark.index - b.mark.index)
    return { root, commentary: attachComments(root, all, lines) }
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error
    const where = error.goLine === undefined ? '' : `line ${error.goLine}: `
    const at = { line: error.line, column: error.column }
    throw new UserError('YAML_INVALID', `yaml: ${where}${error.message}`, { at, cause: error })
  }
}

/** The comments behind `|` and `>`, which the scanner takes for part of the scalar. */
function headerComments(node: Node, lines: readonly string[]): Comment[] {
  switch (node.kind) {
    case 'mapping':
      return node.pairs.flatMap(({ key, value }) => [...headerComments(key, lines), ...headerComments(value, lines)])
    case 'sequence':
      return node.items.flatMap((item) => headerComments(item, lines))
    case 'alias':
      return []
    case 'scalar': {
      if (node.style !== 'literal' && node.style !== 'folded') return []
      const line = lines[node.mark.line] ?? ''
      const found = /(?:^|\s)(?:[!&]\S*\s+)*[|>][-+0-9]*[ \t]+(#.*)$/.exec(line)
      if (!found) return []
      const behind = line.length - (found[1]?.length ?? 0) - node.mark.column
      const mark = { ...node.mark, index: node.mark.index + behind, column: node.mark.column + behind }
      return [{ mark, text: found[1] ?? '' }]
    }
  }
}

/** The pair with a key, in the mapping that a node is. */
export function pairOf(node: Node | undefined, name: string): Pair | undefined {
  if (node?.kind !== 'mapping') return undefined
  return node.pairs.find(({ key }) => key.kind === 'scalar' && key.text === name)
}

const nowhere = { index: 0, line: 0, column: 0 }

/** A scalar for a document that was read. */
export function styledScalar(text: string, style: ScalarStyle): ScalarNode {
  return { kind: 'scalar', mark: nowhere, tag: '', anchor: undefined, text, isImplicit: style === 'plain', style }
}

/** A mapping for a document that was read. */
export function styledMapping(pairs: Pair[]): MappingNode {
  return { kind: 'mapping', mark: nowhere, tag: '', anchor: undefined, pairs, isFlow: false, end: undefined }
}

/**
 * The text that kyaml writes for documents: indented by two, lists on the level of their keys, comments and styles as they
 * were, empty lines gone.
 */
export function writeStyled(documents: readonly StyledDocument[]): string {
  return documents.map((document) => new Writer(document).text()).join('---\n')
}

const noNotes: Notes = { head: '', line: '', foot: '' }
const longPrefix = 'tag:yaml.org,2002:'

class Writer {
  private readonly emitter = new Emitter(compactV3)
  private readonly document: StyledDocument

  constructor(document: StyledDocument) {
    this.document = document
  }

  text(): string {
    const { root, commentary } = this.document
    this.emitter.documentComment(commentary.head, 'head')
    this.emitter.headComment(this.notes(root).head)
    this.node(root, false)
    this.emitter.documentComment(commentary.foot, 'foot')
    return this.emitter.finish()
  }

  private notes(owner: Pair | Node): Notes {
    return this.document.commentary.notes.get(owner) ?? noNotes
  }

  private node(node: Node, isMapValue: boolean, isSimpleKey = false): void {
    const { emitter } = this
    if (node.kind === 'alias') {
      emitter.tag(`*${node.name}`)
      return
    }
    if (node.anchor !== undefined) emitter.tag(`&${node.anchor}`)
    const tag = tagOf(node)
    if (tag !== '') emitter.tag(tag)
    if (node.kind === 'scalar') emitter.scalar(node.text, styleOf(node), isSimpleKey)
    else if (!this.isBlock(node)) this.flow(node)
    else if (node.kind === 'mapping') emitter.nested(false, () => this.pairs(node.pairs))
    else emitter.nested(isMapValue, () => this.items(node.items))
  }

  private isBlock(node: Node): boolean {
    if (node.kind !== 'mapping' && node.kind !== 'sequence') return false
    const { length } = node.kind === 'mapping' ? node.pairs : node.items
    return length > 0 && !node.isFlow && !this.emitter.inFlow
  }

  private flow(node: Node): void {
    if (node.kind === 'sequence') {
      const items = node.items.map((item) => ({ ...this.notes(item), write: () => this.node(item, false) }))
      this.emitter.flow('[]', items)
    } else if (node.kind === 'mapping') {
      const pairs = node.pairs.map((pair) => ({ ...this.notes(pair), write: () => this.pair(pair) }))
      this.emitter.flow('{}', pairs)
    }
  }

  private pairs(pairs: readonly Pair[]): void {
    let foot = ''
    for (const pair of pairs) {
      const notes = this.notes(pair)
      this.emitter.footComment(foot)
      this.emitter.headComment(notes.head)
      foot = notes.foot
      this.pair(pair)
    }
    this.emitter.footComment(foot)
  }

  private pair(pair: Pair): void {
    const { emitter } = this
    const { key, value } = pair
    if (this.isSimple(key)) {
      if (!emitter.inFlow) emitter.startKey()
      this.node(key, false, true)
      emitter.colon()
    } else {
      emitter.item('?')
      this.node(key, false)
      emitter.item(':')
    }
    if (emitter.inFlow) {
      this.node(value, true)
      return
    }
    emitter.setLineComment(this.notes(pair).line)
    // A block begins on the next line, so the comment stands behind the key.
    if (this.isBlock(value)) emitter.lineComment()
    this.node(value, true)
    emitter.lineComment()
  }

  private isSimple(key: Node): boolean {
    if (key.kind === 'scalar') return this.emitter.isSimpleKey(key.text)
    return key.kind === 'alias'
  }

  private items(items: readonly Node[]): void {
    const { emitter } = this
    for (const item of items) {
      const { head, line, foot } = this.notes(item)
      emitter.headComment(head)
      emitter.item('-')
      emitter.setLineComment(line)
      this.node(item, false)
      emitter.lineComment()
      emitter.footComment(foot)
    }
  }
}

/** A tag that was written, in its short form; goyaml also writes the one of a merge. */
function tagOf(node: Node): string {
  const { tag } = node
  if (tag === '' || tag === '!') {
    return node.kind === 'scalar' && node.isImplicit && node.text === '<<' ? '!!merge' : ''
  }
  if (tag.startsWith(longPrefix)) return `!!${tag.slice(longPrefix.length)}`
  return tag.startsWith('!') ? tag : `!<${tag}>`
}

/** A plain scalar of several lines becomes a literal one. */
function styleOf({ style, text }: ScalarNode): ScalarStyle {
  return style === 'plain' && text.includes('\n') ? 'literal' : style
}
