import { quote } from './strconv.ts'
import { byteLength } from './utf8.ts'
import type { GoComplex } from './values.ts'

/** The text a tree was parsed from, for error positions. */
export interface Source {
  readonly name: string
  readonly text: string
}

interface At {
  /** UTF-16 offset in the source. */
  readonly pos: number
}

export interface ListNode extends At {
  readonly kind: 'list'
  readonly nodes: readonly Statement[]
}
export interface TextNode extends At {
  readonly kind: 'text'
  readonly text: string
}
export interface ActionNode extends At {
  readonly kind: 'action'
  readonly pipe: PipeNode
}
export interface BranchNode extends At {
  readonly kind: 'if' | 'with' | 'range'
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList: ListNode | undefined
}
export interface TemplateNode extends At {
  readonly kind: 'template'
  readonly name: string
  readonly pipe: PipeNode | undefined
}
export interface LoopControlNode extends At {
  readonly kind: 'break' | 'continue'
}
/** `{{else}}` and `{{end}}`: seen by the parser only. */
export interface EndNode extends At {
  readonly kind: 'else' | 'end'
}
export interface PipeNode extends At {
  readonly kind: 'pipe'
  isAssign: boolean
  readonly declarations: VariableNode[]
  commands: readonly CommandNode[]
}
export interface CommandNode extends At {
  readonly kind: 'command'
  readonly args: readonly Operand[]
  /** Which argument of an `and` or `or` decided when it ran last. */
  decided?: number
}
export interface IdentifierNode extends At {
  readonly kind: 'identifier'
  readonly name: string
}
export interface VariableNode extends At {
  readonly kind: 'variable'
  /** `$x` and the fields after it. */
  readonly path: readonly string[]
}
export interface FieldNode extends At {
  readonly kind: 'field'
  readonly path: readonly string[]
}
export interface ChainNode extends At {
  readonly kind: 'chain'
  readonly base: Operand
  readonly path: readonly string[]
}
export interface DotNode extends At {
  readonly kind: 'dot'
}
export interface NilNode extends At {
  readonly kind: 'nil'
}
export interface BoolNode extends At {
  readonly kind: 'bool'
  readonly value: boolean
}
export interface StringNode extends At {
  readonly kind: 'string'
  readonly literal: string
  readonly value: string
}
/** An untyped constant: each of the types it can take has its value. */
export interface NumberNode extends At {
  readonly kind: 'number'
  readonly literal: string
  readonly int: bigint | undefined
  readonly uint: bigint | undefined
  readonly float: number | undefined
  readonly complex: GoComplex | undefined
}

export type Statement = TextNode | ActionNode | BranchNode | TemplateNode | LoopControlNode
export type Operand =
  | PipeNode
  | IdentifierNode
  | VariableNode
  | FieldNode
  | ChainNode
  | DotNode
  | NilNode
  | BoolNode
  | StringNode
  | NumberNode
export type Node = Statement | Operand | CommandNode | ListNode | EndNode

/** A node as Go prints it in `at <...>`. */
export function nodeText(node: Node): string {
  switch (node.kind) {
    case 'list':
      return node.nodes.map(nodeText).join('')
    case 'text':
      return node.text
    case 'action':
      return `{{${nodeText(node.pipe)}}}`
    case 'if':
    case 'with':
    case 'range':
      return `{{${node.kind} ${nodeText(node.pipe)}}}`
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe ? ` ${nodeText(node.pipe)}` : ''}}}`
    case 'break':
    case 'continue':
    case 'else':
    case 'end':
      return `{{${node.kind}}}`
    default:
      return operandText(node)
  }
}

function operandText(node: Operand | CommandNode): string {
  switch (node.kind) {
    case 'pipe':
      return pipeText(node)
    case 'command':
      return node.args.map(wrapped).join(' ')
    case 'identifier':
      return node.name
    case 'variable':
      return node.path.join('.')
    case 'field':
      return node.path.map((name) => `.${name}`).join('')
    case 'chain':
      return wrapped(node.base) + node.path.map((name) => `.${name}`).join('')
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.value)
    case 'string':
    case 'number':
      return node.literal
  }
}

function pipeText(node: PipeNode): string {
  const declared = node.declarations.map(nodeText).join(', ')
  const operator = node.isAssign ? ' = ' : ' := '
  return (declared ? declared + operator : '') + node.commands.map(nodeText).join(' | ')
}

function wrapped(node: Operand): string {
  return node.kind === 'pipe' ? `(${nodeText(node)})` : nodeText(node)
}

/** `name:line:column` as Go counts: lines from 1, columns in bytes from 0. */
export function placeOf(source: Source, node: Node): string {
  const before = source.text.slice(0, node.pos)
  const line = before.split('\n').length
  return `${source.name}:${line}:${byteLength(before.slice(before.lastIndexOf('\n') + 1))}`
}

/** Whether a tree shows nothing: only space, no actions. Such a tree never replaces another of its name. */
export function isEmptyTree(root: ListNode): boolean {
  return root.nodes.every((node) => node.kind === 'text' && /^\s*$/.test(node.text))
}
