import type { MappingNode, Node, NodeBase, Pair, SequenceNode } from './nodes.ts'
import { type Comment, Scanner, type Token } from './scanner.ts'
import { type Mark, parseProblem, scanProblem, valueProblem } from './yaml-error.ts'

/** What YAML may contain (YAML 1.1, section 4.1), besides what JavaScript strings rule out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const forbidden = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|[\ud800-\udfff]/u

/** A test that takes a fraction of the time, and finds every forbidden character, and emoji too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const suspect = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]/

/** The node tree of a text's first document, undefined when there is none; its comments too where wanted. Throws YamlProblem. */
export function compose(stream: string, comments?: Comment[]): Node | undefined {
  const text = stream.startsWith('\ufeff') ? stream.slice(1) : stream
  if (suspect.test(text)) {
    const at = text.search(forbidden)
    if (at !== -1) throw forbiddenCharacter(text, at)
  }
  return new Composer(text, comments).document()
}

function forbiddenCharacter(text: string, at: number): Error {
  const before = text.slice(0, at)
  const line = before.split('\n').length - 1
  const mark = { index: at, line, column: at - before.lastIndexOf('\n') - 1 }
  const code = text.charCodeAt(at)
  const isRawByte = code >= 0xd800 && code <= 0xdfff
  return valueProblem(isRawByte ? 'invalid leading UTF-8 octet' : 'control characters are not allowed', mark)
}

/** The longest chain of collections inside collections. */
const maxDepth = 1000

const longPrefix = 'tag:yaml.org,2002:'

/** Builds nodes out of tokens by libyaml's grammar. */
class Composer {
  private readonly scanner: Scanner
  private readonly anchors = new Map<string, Node>()
  private readonly handles = new Map<string, string>()
  private depth = 0

  constructor(text: string, comments: Comment[] | undefined) {
    this.scanner = new Scanner(text, comments)
  }

  document(): Node | undefined {
    const token = this.scanner.peek()
    if (token.type === 'streamEnd') return undefined
    let root: Node
    if (token.type === 'versionDirective' || token.type === 'tagDirective' || token.type === 'documentStart') {
      this.directives()
      root = this.explicitContent()
    } else {
      this.addDefaultHandles()
      root = this.node(true, false)
    }
    this.scanner.peek()
    return root
  }

  private take(): Token {
    const token = this.scanner.peek()
    this.scanner.skip()
    return token
  }

  private directives(): void {
    let hasVersion = false
    for (;;) {
      const token = this.scanner.peek()
      if (token.type === 'versionDirective') {
        if (hasVersion) throw parseProblem('found duplicate %YAML directive', token.mark)
        if (token.value !== '1.1') throw parseProblem('found incompatible YAML document', token.mark)
        hasVersion = true
      } else if (token.type === 'tagDirective') {
        if (this.handles.has(token.value)) throw parseProblem('found duplicate %TAG directive', token.mark)
        this.handles.set(token.value, token.suffix)
      } else break
      this.scanner.skip()
    }
    this.addDefaultHandles()
    const token = this.scanner.peek()
    if (token.type !== 'documentStart') throw parseProblem('did not find expected <document start>', token.mark)
    this.scanner.skip()
  }

  private addDefaultHandles(): void {
    if (!this.handles.has('!')) this.handles.set('!', '!')
    if (!this.handles.has('!!')) this.handles.set('!!', longPrefix)
  }

  private explicitContent(): Node {
    const token = this.scanner.peek()
    switch (token.type) {
      case 'versionDirective':
      case 'tagDirective':
      case 'documentStart':
      case 'documentEnd':
      case 'streamEnd':
        return emptyScalar(token.mark)
      default:
        return this.node(true, false)
    }
  }

  /** A node; `mayBeIndentless`: a sequence may stand on its key's column. */
  private node(isBlock: boolean, mayBeIndentless: boolean): Node {
    if (++this.depth > maxDepth) throw scanProblem(`exceeded max depth of ${maxDepth}`, this.scanner.peek().mark)
    const first = this.scanner.peek()
    const node =
      first.type === 'scalar'
        ? this.bareScalar(first)
        : first.type === 'alias'
          ? this.alias()
          : this.content(first, isBlock, mayBeIndentless)
    this.depth--
    return node
  }

  /** Most nodes: a scalar without anchor and tag. */
  private bareScalar({ mark, value: text, style }: Token): Node {
    this.scanner.skip()
    return { kind: 'scalar', mark, tag: '', anchor: undefined, text, isImplicit: style === 'plain', style }
  }

  private alias(): Node {
    const { mark, value: name } = this.scanner.peek()
    const target = this.anchors.get(name)
    if (!target) throw valueProblem(`unknown anchor '${name}' referenced`, mark)
    this.scanner.skip()
    return { kind: 'alias', mark, tag: '', anchor: undefined, name, target }
  }

  private content(first: Token, isBlock: boolean, mayBeIndentless: boolean): Node {
    const { anchor, tag } = this.properties()
    const { mark } = first
    const token = this.scanner.peek()
    const base = { mark, tag, anchor }
    if (mayBeIndentless && token.type === 'blockEntry') return this.sequence(base, 'indentless')
    switch (token.type) {
      case 'scalar': {
        this.scanner.skip()
        const isImplicit = (tag === '' && token.style === 'plain') || tag === '!'
        return this.named({ kind: 'scalar', mark, tag, anchor, text: token.value, isImplicit, style: token.style })
      }
      case 'flowSequenceStart':
        return this.sequence(base, 'flow')
      case 'flowMappingStart':
        return this.mapping(base, 'flow')
      case 'blockSequenceStart':
        if (isBlock) return this.sequence(base, 'block')
        break
      case 'blockMappingStart':
        if (isBlock) return this.mapping(base, 'block')
        break
      default:
    }
    if (anchor === undefined && tag === '') {
      throw parseProblem('did not find expected node content', token.mark, mark)
    }
    return this.named({ kind: 'scalar', mark, tag, anchor, text: '', isImplicit: tag === '', style: 'plain' })
  }

  private properties(): { anchor: string | undefined; tag: string } {
    let anchor: string | undefined
    let tag: Token | undefined
    for (;;) {
      const token = this.scanner.peek()
      if (token.type === 'anchor' && anchor === undefined) anchor = token.value
      else if (token.type === 'tag' && tag === undefined) tag = token
      else break
      this.scanner.skip()
    }
    return { anchor, tag: tag === undefined ? '' : this.fullTag(tag) }
  }

  private fullTag(token: Token): string {
    if (token.value === '') return token.suffix
    const prefix = this.handles.get(token.value)
    if (prefix === undefined) throw parseProblem('found undefined tag handle', token.mark)
    return prefix + token.suffix
  }

  private named<T extends Node>(node: T): T {
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node)
    return node
  }

  private sequence(base: NodeBase, style: 'block' | 'flow' | 'indentless'): Node {
    const { mark, tag, anchor } = base
    const isFlow = style === 'flow'
    const node: SequenceNode = { kind: 'sequence', mark, tag, anchor, items: [], dashes: [], isFlow, end: undefined }
    this.named(node)
    if (style === 'flow') node.end = this.flowSequence(node.items)
    else if (style === 'block') this.blockSequence(node)
    else this.indentlessSequence(node)
    return node
  }

  private mapping(base: NodeBase, style: 'block' | 'flow'): Node {
    const { mark, tag, anchor } = base
    const node: MappingNode = {
      kind: 'mapping',
      mark,
      tag,
      anchor,
      pairs: [],
      isFlow: style === 'flow',
      end: undefined,
    }
    this.named(node)
    if (style === 'flow') node.end = this.flowMapping(node.pairs)
    else this.blockMapping(node.pairs)
    return node
  }

  private blockSequence({ items, dashes }: SequenceNode): void {
    const start = this.take()
    for (;;) {
      const token = this.take()
      if (token.type === 'blockEnd') return
      if (token.type !== 'blockEntry') {
        throw parseProblem("did not find expected '-' indicator", token.mark, start.mark)
      }
      dashes.push(token.mark)
      const { type } = this.scanner.peek()
      items.push(type === 'blockEntry' || type === 'blockEnd' ? emptyScalar(token.mark) : this.node(true, false))
    }
  }

  private indentlessSequence({ items, dashes }: SequenceNode): void {
    while (this.scanner.peek().type === 'blockEntry') {
      const { mark } = this.take()
      dashes.push(mark)
      const { type } = this.scanner.peek()
      const isEmpty = type === 'blockEntry' || type === 'key' || type === 'value' || type === 'blockEnd'
      items.push(isEmpty ? emptyScalar(mark) : this.node(true, false))
    }
  }

  private blockMapping(pairs: Pair[]): void {
    const start = this.take()
    for (;;) {
      const token = this.scanner.peek()
      if (token.type === 'blockEnd') {
        this.scanner.skip()
        return
      }
      if (token.type !== 'key') throw parseProblem('did not find expected key', token.mark, start.mark)
      this.scanner.skip()
      const key = this.blockPart(token.mark)
      const after = this.scanner.peek()
      if (after.type !== 'value') {
        pairs.push({ key, value: emptyScalar(after.mark) })
        continue
      }
      this.scanner.skip()
      pairs.push({ key, value: this.blockPart(after.mark) })
    }
  }

  /** A key or value of a block mapping, empty where the next one begins. */
  private blockPart(mark: Mark): Node {
    const { type } = this.scanner.peek()
    return type === 'key' || type === 'value' || type === 'blockEnd' ? emptyScalar(mark) : this.node(true, true)
  }

  private flowSequence(items: Node[]): Mark {
    const start = this.take()
    while (this.nextFlowItem('flowSequenceEnd', items.length === 0, start)) {
      const token = this.scanner.peek()
      items.push(token.type === 'key' ? this.singlePair() : this.node(false, false))
    }
    return this.take().mark
  }

  /** Takes the comma between items; false at the end. */
  private nextFlowItem(end: 'flowSequenceEnd' | 'flowMappingEnd', isFirst: boolean, start: Token): boolean {
    let token = this.scanner.peek()
    if (token.type !== end && !isFirst) {
      if (token.type !== 'flowEntry') {
        const closing = end === 'flowSequenceEnd' ? ']' : '}'
        throw parseProblem(`did not find expected ',' or '${closing}'`, token.mark, start.mark)
      }
      this.scanner.skip()
      token = this.scanner.peek()
    }
    return token.type !== end
  }

  /** `[a: b]` has a mapping of one pair. Where its key is empty, libyaml loses the token that follows. */
  private singlePair(): Node {
    const { mark } = this.take()
    const after = this.scanner.peek()
    const isEmpty = after.type === 'value' || after.type === 'flowEntry' || after.type === 'flowSequenceEnd'
    if (isEmpty) this.scanner.skip()
    const key = isEmpty ? emptyScalar(after.mark) : this.node(false, false)
    const pairs = [{ key, value: this.flowValue('flowSequenceEnd') }]
    return { kind: 'mapping', mark, tag: '', anchor: undefined, pairs, isFlow: true, end: undefined }
  }

  /** What follows a key in flow context, nothing if there is no colon. */
  private flowValue(end: 'flowSequenceEnd' | 'flowMappingEnd'): Node {
    if (this.scanner.peek().type === 'value') {
      this.scanner.skip()
      const { type } = this.scanner.peek()
      if (type !== 'flowEntry' && type !== end) return this.node(false, false)
    }
    return emptyScalar(this.scanner.peek().mark)
  }

  private flowMapping(pairs: Pair[]): Mark {
    const start = this.take()
    while (this.nextFlowItem('flowMappingEnd', pairs.length === 0, start)) {
      const token = this.scanner.peek()
      if (token.type !== 'key') {
        pairs.push({ key: this.node(false, false), value: emptyScalar(this.scanner.peek().mark) })
        continue
      }
      this.scanner.skip()
      const after = this.scanner.peek()
      const isEmpty = after.type === 'value' || after.type === 'flowEntry' || after.type === 'flowMappingEnd'
      const key = isEmpty ? emptyScalar(after.mark) : this.node(false, false)
      pairs.push({ key, value: this.flowValue('flowMappingEnd') })
    }
    return this.take().mark
  }
}

function emptyScalar(mark: Mark): Node {
  return { kind: 'scalar', mark, tag: '', anchor: undefined, text: '', isImplicit: true, style: 'plain' }
}
