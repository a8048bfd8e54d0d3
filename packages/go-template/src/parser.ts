import { TemplateError } from './errors.ts'
import { describeToken, Lexer, type Token, type TokenType } from './lexer.ts'
import {
  type BranchNode,
  type CommandNode,
  type EndNode,
  isEmptyTree,
  type ListNode,
  nodeText,
  type Operand,
  type PipeNode,
  type Statement,
  type TemplateNode,
  type VariableNode,
} from './nodes.ts'
import { readNumber } from './number.ts'
import { quote, unquote } from './strconv.ts'

/** Nested parentheses and blocks; Go allows 10,000 parentheses, which JavaScript's stack does not. */
const maxNesting = 500

export interface ParseInput {
  readonly name: string
  readonly text: string
  readonly leftDelim: string
  readonly rightDelim: string
  readonly hasFunction: (name: string) => boolean
}

export interface ParseResult {
  /** By name: the text itself and what it defines. */
  readonly trees: ReadonlyMap<string, ListNode>
  /** Names of its {{define}}s and {{block}}s. */
  readonly definitions: ReadonlySet<string>
  /** Names of the functions that the text mentions. */
  readonly functions: ReadonlySet<string>
}

/** Parses a template file into its own tree and those it defines. Throws TemplateError with Go's text. */
export function parseTemplate(input: ParseInput): ParseResult {
  return new Parser(input).parse()
}

const operandStarts = new Set<TokenType>([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParen',
])

/** What belongs to the template (file, define or block) that is being read. */
interface Scope {
  variables: string[]
  rangeDepth: number
  actionLine: number
}

const newScope = (): Scope => ({ variables: ['$'], rangeDepth: 0, actionLine: 0 })

/** A recursive descent parser; grammar and error texts as in Go's text/template/parse/parse.go. */
class Parser {
  private readonly name: string
  private readonly lexer: Lexer
  private readonly hasFunction: (name: string) => boolean
  private readonly trees = new Map<string, ListNode>()
  private readonly definitions = new Set<string>()
  private readonly functions = new Set<string>()
  /** Tokens that were read and given back, the next one last. */
  private readonly pending: Token[] = []
  private lastLine = 1
  private scope = newScope()
  private nesting = 0

  constructor(input: ParseInput) {
    this.name = input.name
    this.hasFunction = input.hasFunction
    this.lexer = new Lexer(input.text, {
      leftDelim: input.leftDelim,
      rightDelim: input.rightDelim,
      breakIsKeyword: !input.hasFunction('break'),
      continueIsKeyword: !input.hasFunction('continue'),
    })
  }

  parse(): ParseResult {
    const { pos } = this.peek()
    const nodes: Statement[] = []
    while (this.peek().type !== 'eof') {
      if (this.skipDefinition()) continue
      const node = this.textOrAction()
      if (isEnd(node)) this.fail(`unexpected ${nodeText(node)}`)
      nodes.push(node)
    }
    this.add(this.name, listOf(pos, nodes))
    return { trees: this.trees, definitions: this.definitions, functions: this.functions }
  }

  /** Parses a {{define}} if one comes next. */
  private skipDefinition(): boolean {
    if (this.peek().type !== 'leftDelim') return false
    const delim = this.next()
    const word = this.nextNonSpace()
    if (word.type === 'define') {
      this.definition()
      return true
    }
    this.pending.push(word, delim)
    return false
  }

  // Tokens

  private next(): Token {
    const given = this.pending.pop()
    if (given) return given
    const token = this.lexer.next()
    this.lastLine = token.line
    return token
  }

  private peek(): Token {
    const token = this.next()
    this.pending.push(token)
    return token
  }

  private nextNonSpace(): Token {
    let token = this.next()
    while (token.type === 'space') token = this.next()
    return token
  }

  private peekNonSpace(): Token {
    const token = this.nextNonSpace()
    this.pending.push(token)
    return token
  }

  private expect(type: TokenType, context: string): Token {
    const token = this.nextNonSpace()
    return token.type === type ? token : this.unexpected(token, context)
  }

  private fail(message: string): never {
    throw new TemplateError(`template: ${this.name}:${this.lastLine}: ${message}`)
  }

  private unexpected(token: Token, context: string): never {
    if (token.type !== 'error') this.fail(`unexpected ${describeToken(token)} in ${context}`)
    const { actionLine } = this.scope
    if (actionLine === 0 || actionLine === token.line) this.fail(token.text)
    const started = `started at ${this.name}:${actionLine}`
    this.fail(token.text.endsWith(' action') ? `${token.text} ${started}` : `${token.text} in action ${started}`)
  }

  private nested<T>(message: string, read: () => T): T {
    if (this.nesting >= maxNesting) this.fail(message)
    this.nesting++
    const result = read()
    this.nesting--
    return result
  }

  // Statements

  /** A second body for a name replaces an empty one and is refused otherwise. */
  private add(name: string, root: ListNode): void {
    const other = this.trees.get(name)
    if (other === undefined || isEmptyTree(other)) this.trees.set(name, root)
    else if (!isEmptyTree(root)) this.fail(`template: multiple definition of template ${quote(name)}`)
  }

  private definition(): void {
    const outer = this.scope
    this.scope = newScope()
    const token = this.nextNonSpace()
    if (token.type !== 'string' && token.type !== 'rawString') this.unexpected(token, 'define clause')
    const name = this.unquoted(token)
    this.expect('rightDelim', 'define clause')
    this.body(name, 'define clause')
    this.scope = outer
  }

  /** The body of a define or block, up to its end; Go names the line of a block's start, but of a define's end. */
  private body(name: string, context: 'define clause' | 'block clause'): void {
    const startLine = this.lastLine
    const { list, end } = this.nested('max block depth exceeded', () => this.itemList())
    if (end.kind !== 'end') {
      if (context === 'block clause') this.lastLine = startLine
      this.fail(`unexpected ${nodeText(end)} in ${context}`)
    }
    this.definitions.add(name)
    this.add(name, list)
  }

  private itemList(): { list: ListNode; end: EndNode } {
    const { pos } = this.peekNonSpace()
    const nodes: Statement[] = []
    while (this.peekNonSpace().type !== 'eof') {
      const node = this.textOrAction()
      if (isEnd(node)) return { list: listOf(pos, nodes), end: node }
      nodes.push(node)
    }
    this.fail('unexpected EOF')
  }

  private textOrAction(): Statement | EndNode {
    const token = this.nextNonSpace()
    if (token.type === 'text') return { kind: 'text', pos: token.pos, text: token.text }
    if (token.type !== 'leftDelim') this.unexpected(token, 'input')
    const { scope } = this
    scope.actionLine = token.line
    const node = this.action()
    scope.actionLine = 0
    return node
  }

  private action(): Statement | EndNode {
    const token = this.nextNonSpace()
    switch (token.type) {
      case 'if':
      case 'with':
      case 'range':
        return this.branch(token.type)
      case 'else':
        return this.elseControl()
      case 'end':
        return { kind: 'end', pos: this.expect('rightDelim', 'end').pos }
      case 'break':
      case 'continue':
        return this.loopControl(token, token.type)
      case 'template':
        return this.templateControl()
      case 'block':
        return this.blockControl()
      default: {
        this.pending.push(token)
        const { pos } = this.peek()
        return { kind: 'action', pos, pipe: this.pipeline('command', 'rightDelim') }
      }
    }
  }

  private loopControl(token: Token, kind: 'break' | 'continue'): Statement {
    const after = this.nextNonSpace()
    if (after.type !== 'rightDelim') this.unexpected(after, `{{${kind}}}`)
    if (this.scope.rangeDepth === 0) this.fail(`{{${kind}}} outside {{range}}`)
    return { kind, pos: token.pos }
  }

  /** `{{else if` and `{{else with` leave their keyword for the branch that they continue. */
  private elseControl(): EndNode {
    const next = this.peekNonSpace()
    if (next.type === 'if' || next.type === 'with') return { kind: 'else', pos: next.pos }
    return { kind: 'else', pos: this.expect('rightDelim', 'else').pos }
  }

  private branch(kind: 'if' | 'with' | 'range'): BranchNode {
    return this.nested('max block depth exceeded', () => {
      const known = this.scope.variables.length
      const pipe = this.pipeline(kind, 'rightDelim')
      if (kind === 'range') this.scope.rangeDepth++
      const { list, end } = this.itemList()
      if (kind === 'range') this.scope.rangeDepth--
      const elseList = end.kind === 'else' ? this.elseList(kind, end) : undefined
      this.scope.variables.length = known
      return { kind, pos: pipe.pos, pipe, list, elseList }
    })
  }

  /** `{{else if a}}` is `{{else}}{{if a}}` with one {{end}} for both. */
  private elseList(kind: 'if' | 'with' | 'range', end: EndNode): ListNode {
    if (kind !== 'range' && this.peek().type === kind) {
      this.next()
      return listOf(end.pos, [this.branch(kind)])
    }
    const rest = this.itemList()
    if (rest.end.kind !== 'end') this.fail(`expected end; found ${nodeText(rest.end)}`)
    return rest.list
  }

  private templateControl(): TemplateNode {
    const token = this.nextNonSpace()
    const name = this.templateName(token, 'template clause')
    const next = this.nextNonSpace()
    if (next.type === 'rightDelim') return { kind: 'template', pos: token.pos, name, pipe: undefined }
    this.pending.push(next)
    return { kind: 'template', pos: token.pos, name, pipe: this.pipeline('template clause', 'rightDelim') }
  }

  private blockControl(): TemplateNode {
    const token = this.nextNonSpace()
    const name = this.templateName(token, 'block clause')
    const pipe = this.pipeline('block clause', 'rightDelim')
    const outer = this.scope
    this.scope = newScope()
    this.body(name, 'block clause')
    this.scope = outer
    return { kind: 'template', pos: token.pos, name, pipe }
  }

  private templateName(token: Token, context: string): string {
    if (token.type !== 'string' && token.type !== 'rawString') this.unexpected(token, context)
    return this.unquoted(token)
  }

  private unquoted(token: Token): string {
    return unquote(token.text) ?? this.fail('invalid syntax')
  }

  // Pipelines

  private pipeline(context: string, end: TokenType): PipeNode {
    const pipe: PipeNode = {
      kind: 'pipe',
      pos: this.peekNonSpace().pos,
      isAssign: false,
      declarations: [],
      commands: [],
    }
    while (this.declaration(pipe, context));
    const commands: CommandNode[] = []
    for (;;) {
      const token = this.nextNonSpace()
      if (token.type === end) break
      if (!operandStarts.has(token.type)) this.unexpected(token, context)
      this.pending.push(token)
      commands.push(this.command())
    }
    pipe.commands = exact(commands)
    this.checkPipeline(pipe, context)
    return pipe
  }

  /** Reads `$x :=`, `$x =` or the `$i,` of a range; true when another variable must follow. */
  private declaration(pipe: PipeNode, context: string): boolean {
    if (this.peekNonSpace().type !== 'variable') return false
    const variable = this.next()
    const after = this.next()
    const next = after.type === 'space' ? this.nextNonSpace() : after
    if (next.type === 'assign' || next.type === 'declare') {
      pipe.isAssign = next.type === 'assign'
      this.declare(pipe, variable)
      return false
    }
    if (next.type === 'char' && next.text === ',') {
      this.declare(pipe, variable)
      return this.secondVariable(pipe, context)
    }
    this.pending.push(next)
    if (after !== next) this.pending.push(after)
    this.pending.push(variable)
    return false
  }

  private declare(pipe: PipeNode, token: Token): void {
    const variable: VariableNode = { kind: 'variable', pos: token.pos, path: token.text.split('.') }
    pipe.declarations.push(variable)
    this.scope.variables.push(token.text)
  }

  private secondVariable(pipe: PipeNode, context: string): boolean {
    if (context !== 'range' || pipe.declarations.length > 1) this.fail(`too many declarations in ${context}`)
    const { type } = this.peekNonSpace()
    if (type !== 'variable' && type !== 'rightDelim' && type !== 'rightParen') {
      this.fail('range can only initialize variables')
    }
    return true
  }

  private checkPipeline(pipe: PipeNode, context: string): void {
    if (pipe.commands.length === 0) this.fail(`missing value for ${context}`)
    for (const [index, command] of pipe.commands.entries()) {
      const kind = command.args[0]?.kind
      const isValue = kind === 'bool' || kind === 'dot' || kind === 'nil' || kind === 'number' || kind === 'string'
      if (index > 0 && isValue) this.fail(`non executable command in pipeline stage ${index + 1}`)
    }
  }

  private command(): CommandNode {
    const { pos } = this.peekNonSpace()
    const args: Operand[] = []
    for (;;) {
      this.peekNonSpace()
      const operand = this.operand()
      if (operand) args.push(operand)
      const token = this.next()
      if (token.type === 'space') continue
      if (token.type === 'rightDelim' || token.type === 'rightParen') this.pending.push(token)
      else if (token.type !== 'pipe') this.unexpected(token, 'operand')
      break
    }
    if (args.length === 0) this.fail('empty command')
    return { kind: 'command', pos, args: exact(args) }
  }

  /** A term and the fields after it. Go gives `.a.b` and `$x.a` the position of their last field but keeps one node. */
  private operand(): Operand | undefined {
    const term = this.term()
    if (!term) return undefined
    const { type, pos } = this.peek()
    if (type !== 'field') return term
    const path: string[] = []
    while (this.peek().type === 'field') path.push(this.next().text.slice(1))
    switch (term.kind) {
      case 'field':
      case 'variable':
        return { kind: term.kind, pos, path: term.path.concat(path) }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.fail(`unexpected . after term ${quote(nodeText(term))}`)
      default:
        return { kind: 'chain', pos, base: term, path: exact(path) }
    }
  }

  private term(): Operand | undefined {
    const token = this.nextNonSpace()
    const { pos, text } = token
    switch (token.type) {
      case 'identifier':
        if (!this.hasFunction(text)) this.fail(`function ${quote(text)} not defined`)
        this.functions.add(text)
        return { kind: 'identifier', pos, name: text }
      case 'dot':
      case 'nil':
        return { kind: token.type, pos }
      case 'variable':
        return this.variable(token)
      case 'field':
        return { kind: 'field', pos, path: [text.slice(1)] }
      case 'bool':
        return { kind: 'bool', pos, value: text === 'true' }
      case 'charConstant':
      case 'complex':
      case 'number':
        return this.number(token, token.type)
      case 'string':
      case 'rawString':
        return { kind: 'string', pos, literal: text, value: this.unquoted(token) }
      case 'leftParen':
        return this.nested('max expression depth exceeded', () => this.pipeline('parenthesized pipeline', 'rightParen'))
      default:
        this.pending.push(token)
        return undefined
    }
  }

  private number(token: Token, type: 'number' | 'complex' | 'charConstant'): Operand {
    const constant = readNumber(token.text, type)
    if (constant instanceof Error) this.fail(constant.message)
    return { kind: 'number', pos: token.pos, ...constant }
  }

  private variable(token: Token): VariableNode {
    if (!this.scope.variables.includes(token.text)) this.fail(`undefined variable ${quote(token.text)}`)
    return { kind: 'variable', pos: token.pos, path: [token.text] }
  }
}

function listOf(pos: number, nodes: readonly Statement[]): ListNode {
  return { kind: 'list', pos, nodes: exact(nodes) }
}

/** Without the room that V8 gives an array which grows: for 16 more, in each of the many that templates consist of. */
function exact<T>(items: readonly T[]): readonly T[] {
  return items.slice()
}

function isEnd(node: Statement | EndNode): node is EndNode {
  return node.kind === 'else' || node.kind === 'end'
}
