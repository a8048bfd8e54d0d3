import type { MappingNode, Node, Pair, SequenceNode } from './nodes.ts'
import type { Comment } from './scanner.ts'
import type { Mark } from './yaml-error.ts'

/** The comments of a pair of a mapping or an item of a sequence; lines with their `#`. */
export interface Notes {
  head: string
  line: string
  foot: string
}

/** What belongs to whom; `head` and `foot` are the document's own. */
export interface Commentary {
  readonly notes: Map<Pair | Node, Notes>
  head: string
  foot: string
}

/** A collection in block style. The end of one without an indentation of its own is not seen in the text. */
interface Block {
  readonly node: MappingNode | SequenceNode
  readonly indent: number
  readonly isIndentless: boolean
  readonly parent: Slot | undefined
  /** Where a flow collection of several lines ends. */
  readonly end?: Mark | undefined
}

/** A pair or an item, with the place where it begins. */
interface Slot {
  readonly owner: Pair | Node
  readonly line: number
  readonly column: number
  readonly block: Block
}

/** Comments of lines of their own that belong together. */
interface Group {
  text: string
  readonly line: number
  readonly column: number
  /** Behind another group's end it belongs to a place, not to the content above. */
  readonly isSplit: boolean
}

/**
 * Gives comments to pairs and items as goyaml v3 does: those above to the next, those that end a block, or stand right below
 * content with an empty line after them, to what is before.
 */
export function attachComments(root: Node, comments: readonly Comment[], lines: readonly string[]): Commentary {
  const result: Commentary = { notes: new Map(), head: '', foot: '' }
  if (comments.length === 0) return result
  const slots: Slot[] = []
  collect(root, undefined, slots)
  const full: Comment[] = []
  for (const comment of comments) {
    const before = lines[comment.mark.line]?.slice(0, comment.mark.column) ?? ''
    if (before.trim() === '') full.push(comment)
    else attachLine(result, comment, before, slots)
  }
  for (let start = 0; start < full.length; ) {
    const next = slots.find(({ line }) => line > (full[start] as Comment).mark.line)
    let end = start + 1
    while (end < full.length && (full[end] as Comment).mark.line < (next?.line ?? Number.POSITIVE_INFINITY)) end++
    new Gap(result, slots, next).attach(full.slice(start, end), lines)
    start = end
  }
  return result
}

function collect(node: Node, parent: Slot | undefined, slots: Slot[]): void {
  if ((node.kind === 'mapping' || node.kind === 'sequence') && node.end) {
    if (node.end.line > node.mark.line) collectFlow(node, parent, slots)
  } else if (node.kind === 'mapping' && !node.isFlow) {
    const indent = node.pairs[0]?.key.mark.column ?? 0
    const block = { node, indent, isIndentless: false, parent }
    for (const pair of node.pairs) {
      const { line, column } = pair.key.mark
      const slot = { owner: pair, line, column, block }
      slots.push(slot)
      collect(pair.value, slot, slots)
    }
  } else if (node.kind === 'sequence' && !node.isFlow) {
    const indent = node.dashes[0]?.column ?? 0
    const block = { node, indent, isIndentless: parent?.block.indent === indent, parent }
    for (const [index, item] of node.items.entries()) {
      const { line = 0, column = 0 } = node.dashes[index] ?? {}
      const slot = { owner: item, line, column, block }
      slots.push(slot)
      collect(item, slot, slots)
    }
  }
}

function collectFlow(node: MappingNode | SequenceNode, parent: Slot | undefined, slots: Slot[]): void {
  const block = { node, indent: -1, isIndentless: true, parent, end: node.end }
  for (const owner of node.kind === 'mapping' ? node.pairs : node.items) {
    const [first, value] = 'key' in owner ? [owner.key, owner.value] : [owner, owner]
    const slot = { owner, line: first.mark.line, column: first.mark.column, block }
    slots.push(slot)
    collect(value, slot, slots)
  }
}

/** Whether a place is between brackets, or the pair or item is in none. */
function isInside({ block: { end, parent } }: Slot, at: Mark): boolean {
  return end === undefined || (at.index < end.index && (!parent || isInside(parent, at)))
}

function notesOf({ notes }: Commentary, owner: Pair | Node): Notes {
  const known = notes.get(owner) ?? { head: '', line: '', foot: '' }
  notes.set(owner, known)
  return known
}

function joined(first: string, second: string): string {
  return first === '' ? second : `${first}\n${second}`
}

function attachLine(result: Commentary, { mark, text }: Comment, before: string, slots: readonly Slot[]): void {
  const isBefore = (slot: Slot) =>
    (slot.line < mark.line || (slot.line === mark.line && slot.column < mark.column)) && isInside(slot, mark)
  const at = slots.findLastIndex(isBefore)
  const next = slots[at + 1]
  // A dash alone has no line comment.
  if (/(^|\s)-\s*$/.test(before) && next) {
    const notes = notesOf(result, next.owner)
    notes.head = joined(notes.head, text)
    return
  }
  const slot = slots[at]
  if (slot) notesOf(result, slot.owner).line = text
}

/** The comments between two pairs or items. */
class Gap {
  private readonly result: Commentary
  private readonly previous: Slot | undefined
  private readonly next: Slot | undefined
  private readonly indent: number
  private group: Group | undefined
  private isSplit = false
  private readonly marks: { line: number; column: number }[] = []

  constructor(result: Commentary, slots: readonly Slot[], next: Slot | undefined) {
    this.result = result
    const before = next === undefined ? slots : slots.slice(0, slots.indexOf(next))
    this.previous = before.findLast(({ block }) => block.end === undefined)
    this.next = next
    this.indent = this.previous?.block.indent ?? 0
  }

  attach(comments: readonly Comment[], lines: readonly string[]): void {
    const first = comments[0] as Comment
    if (this.next?.block.end) {
      notesOf(this.result, this.next.owner).head = comments.map(({ text }) => text).join('\n')
      return
    }
    for (const { mark } of comments) this.marks.push(mark)
    let isFirstEmpty = first.mark.line > 0 && !isBlankLine(lines[first.mark.line - 1])
    for (const [index, { mark, text }] of comments.entries()) {
      if (this.group && mark.column < this.indent && mark.column !== this.group.column) this.endAsFoot()
      if (this.group) this.group.text = joined(this.group.text, text)
      else this.group = { text, line: mark.line, column: mark.column, isSplit: this.isSplit }
      const following = comments[index + 1]?.mark.line ?? this.next?.line
      if (following === mark.line + 1) continue
      this.emptyLine(isFirstEmpty, first.mark.line)
      isFirstEmpty = false
    }
    this.finish()
  }

  /** Only content and the comment right below it can be cut by the first empty line. */
  private emptyLine(isFirst: boolean, footLine: number): void {
    const { group } = this
    if (!group) return
    const isBelow = group.line === footLine && this.previous !== undefined && !isPending(this.previous, group.line)
    if (isFirst && (isBelow || group.column < this.indent)) this.endAsFoot(group.column < this.indent)
    else group.text += '\n'
  }

  private finish(): void {
    const { group, next } = this
    if (!group) return
    const column = next?.column
    if (column !== undefined && column < this.indent && column !== group.column) this.endAsFoot()
    else if (!this.previous) this.startDocument(group.text)
    else if (next) {
      const notes = notesOf(this.result, next.owner)
      notes.head = joined(notes.head, group.text)
    } else this.result.foot = joined(this.result.foot, group.text.replace(/\n$/, ''))
  }

  /** What is above the last empty line belongs to the document. */
  private startDocument(text: string): void {
    const cut = text.endsWith('\n') ? text.length - 1 : text.lastIndexOf('\n\n')
    this.result.head = cut < 0 ? '' : text.slice(0, cut)
    const rest = cut < 0 ? text : text.slice(cut).replace(/^\n+/, '')
    if (rest !== '' && this.next) notesOf(this.result, this.next.owner).head = rest
  }

  private endAsFoot(isDedented = false): void {
    const { group, previous } = this
    this.group = undefined
    this.isSplit = true
    if (!group) return
    const owner = isDedented || group.isSplit ? this.ownerAt(group) : previous?.owner
    if (owner === undefined) this.result.foot = joined(this.result.foot, group.text)
    else {
      const notes = notesOf(this.result, owner)
      notes.foot = joined(notes.foot, group.text)
    }
  }

  /** The pair or item before a place: the last of a block that ends there, else of the block that goes on. */
  private ownerAt(group: Group): Pair | Node | undefined {
    let mark = -1
    const { next } = this
    const open = new Set<Block>()
    for (let slot = next; slot; slot = slot.block.parent) open.add(slot.block)
    for (let slot = this.previous; slot; slot = slot.block.parent) {
      const { block } = slot
      if (next && open.has(block)) return block === next.block && 'key' in next.owner ? slot.owner : firstIn(next.owner)
      const match = this.marks.find(({ column }) => column === block.indent)
      mark = Math.max(mark, match?.line ?? -1)
      if (mark >= group.line && !block.isIndentless) return slot.owner
    }
    return undefined
  }
}

/** goyaml finds the comment only at the first scalar of the item. */
function firstIn(owner: Pair | Node): Pair | Node {
  if ('key' in owner || owner.kind !== 'mapping' || owner.isFlow) return owner
  return owner.pairs[0] ?? owner
}

/** Whether the content before a line ends with the colon of a pair whose value comes later, or never. */
function isPending({ owner }: Slot, line: number): boolean {
  if (!('key' in owner)) return false
  const { value } = owner
  return value.mark.line > line || (value.kind === 'scalar' && value.text === '' && value.style === 'plain')
}

function isBlankLine(line: string | undefined): boolean {
  return line === undefined || line.trim() === ''
}
