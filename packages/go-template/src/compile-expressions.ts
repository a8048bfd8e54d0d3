import { type Argument, CallSite, noFinal } from './call.ts'
import { compileLogic } from './compile-logic.ts'
import { type Evaluate, type Frame, failAt } from './execution.ts'
import { FieldChain, type Receiver } from './field-chain.ts'
import { callNamed } from './functions/call-value.ts'
import { lastNodeOf } from './last-node.ts'
import {
  type ChainNode,
  type CommandNode,
  type FieldNode,
  type IdentifierNode,
  type Node,
  type NumberNode,
  nodeText,
  type Operand,
  type PipeNode,
  type VariableNode,
} from './nodes.ts'
import { quote } from './strconv.ts'
import { typeOf } from './values.ts'

/** What is known while a template is compiled. */
export interface ExpressionScope {
  readonly variables: Variable[]
  slots: number
  /** Where dot is an element of a loop, the slot that has what the loop goes over. */
  dotLoop: number | undefined
}

export interface Variable {
  readonly name: string
  readonly slot: number
  /** Where it is an element of a loop, the slot that has what the loop goes over. */
  loop: number | undefined
}

/** Evaluates with the value that comes through the pipe, or `noFinal`. */
export type EvaluateWith = (frame: Frame, dot: unknown, final: unknown) => unknown

/** A pipeline: each command's value is the last argument of the next; then the variables are set. */
export function compilePipe(pipe: PipeNode, scope: ExpressionScope): Evaluate {
  const evaluate = compileCommands(pipe, scope)
  const setters = pipe.declarations.map((variable) => compileDeclaration(variable, pipe, scope))
  if (setters.length === 0) return evaluate
  return (frame, dot) => {
    const value = evaluate(frame, dot)
    for (const set of setters) set(frame, value)
    return value
  }
}

/** A nil interface becomes no value at all between commands, as Go unwraps interfaces there. */
function compileCommands(pipe: PipeNode, scope: ExpressionScope): Evaluate {
  const commands = pipe.commands.map((command, index) =>
    compileCommand(command, pipe.commands[index - 1] ?? pipe, scope),
  )
  const [first, second, ...others] = commands
  if (first === undefined) throw new TypeError('a parsed pipeline has a command')
  if (second === undefined) return (frame, dot) => first(frame, dot, noFinal) ?? undefined
  if (others.length === 0) {
    return (frame, dot) => second(frame, dot, first(frame, dot, noFinal) ?? undefined) ?? undefined
  }
  return (frame, dot) => {
    let value = first(frame, dot, noFinal) ?? undefined
    for (let i = 1; i < commands.length; i++) value = (commands[i] as EvaluateWith)(frame, dot, value) ?? undefined
    return value
  }
}

function compileDeclaration(
  variable: VariableNode,
  pipe: PipeNode,
  scope: ExpressionScope,
): (frame: Frame, value: unknown) => void {
  const name = variable.path[0] ?? ''
  if (!pipe.isAssign) {
    const slot = scope.slots++
    scope.variables.push({ name, slot, loop: undefined })
    return (frame, value) => {
      frame.variables[slot] = value
    }
  }
  const known = scope.variables.findLast((other) => other.name === name)
  if (!known) return (frame) => failAt(frame, lastNodeOf(pipe), `undefined variable: ${name}`)
  return (frame, value) => {
    frame.variables[known.slot] = value
  }
}

/** `before` is the command whose value comes through the pipe, or the pipeline itself for its first command. */
function compileCommand(command: CommandNode, before: CommandNode | PipeNode, scope: ExpressionScope): EvaluateWith {
  const isPiped = before.kind === 'command'
  const [first, ...rest] = command.args
  if (first === undefined) throw new TypeError('a parsed command has a word')
  switch (first.kind) {
    case 'identifier':
      return compileCall(first, command, rest, scope)
    case 'field':
    case 'chain':
      return compileFields(first, rest, scope)
    case 'variable':
      if (first.path.length > 1) return compileFields(first, rest, scope)
      if (!scope.variables.some(({ name }) => name === first.path[0])) return compileOperand(first, scope)
      break
    case 'nil':
      if (rest.length === 0 && !isPiped) return (frame) => failAt(frame, first, 'nil is not a command')
      break
    default:
  }
  const evaluate = compileOperand(first, scope)
  if (rest.length === 0 && !isPiped) return evaluate
  // Go moves to a word before it says this, but not to a parenthesised pipeline.
  const last = () => (first.kind !== 'pipe' ? first : isPiped ? lastNodeOf(before) : before)
  return (frame) => failAt(frame, last(), `can't give argument to non-function ${nodeText(first)}`)
}

const dotItself: Evaluate = (_frame, dot) => dot

/** An operand by itself, as an argument or a value. */
export function compileOperand(node: Operand, scope: ExpressionScope): Evaluate {
  switch (node.kind) {
    case 'dot':
      return dotItself
    case 'nil':
      return () => null
    case 'bool':
    case 'string': {
      const { value } = node
      return () => value
    }
    case 'number':
      return compileNumber(node)
    case 'pipe':
      return compilePipe(node, scope)
    case 'identifier':
      return withoutFinal(compileCall(node, node, [], scope))
    case 'variable':
      if (node.path.length === 1) return compileVariable(node, scope)
      return withoutFinal(compileFields(node, [], scope))
    case 'field':
    case 'chain':
      return withoutFinal(compileFields(node, [], scope))
  }
}

function withoutFinal(evaluate: EvaluateWith): Evaluate {
  return (frame, dot) => evaluate(frame, dot, noFinal)
}

/** The type of an untyped constant where nothing else decides: float64 when it is written as one, else int. */
function compileNumber(node: NumberNode): Evaluate {
  const { complex } = node
  if (complex !== undefined) return () => complex
  const isHex = /^0[xX][^pP]+$/.test(node.literal)
  const looksFloat = !isHex && !node.literal.startsWith("'") && /[.eEpP]/.test(node.literal)
  if (node.float !== undefined && looksFloat) {
    const { float } = node
    return () => float
  }
  const { int } = node
  if (int === undefined) return (frame) => failAt(frame, node, `${node.literal} overflows int`)
  return () => int
}

function compileVariable(node: VariableNode, scope: ExpressionScope): Evaluate {
  const known = scope.variables.findLast((variable) => variable.name === node.path[0])
  if (!known) return (frame) => failAt(frame, node, `undefined variable: ${node.path[0]}`)
  const { slot } = known
  return (frame) => frame.variables[slot]
}

function compileCall(
  node: IdentifierNode,
  callNode: Node,
  args: readonly Operand[],
  scope: ExpressionScope,
): EvaluateWith {
  const { name } = node
  const site = new CallSite({ name, args: compileArguments(args, scope), node, callNode })
  if (name === 'call') return compileCallValue(site)
  const logic = name === 'and' || name === 'or' ? compileLogic(name, site.place, callNode) : undefined
  return (frame, dot, final) => {
    const fn = frame.execution.environment.functions[name]
    if (fn === undefined) return failAt(frame, node, `${quote(name)} is not a defined function`)
    if (logic !== undefined) return logic(frame, dot, final)
    return site.call(fn, frame, dot, final)
  }
}

/** `call`: Go's errors name what was called as the template writes it. */
function compileCallValue(site: CallSite): EvaluateWith {
  const [callee] = site.place.args
  const named = callee && callNamed(nodeText(callee.node))
  return (frame, dot, final) => {
    return site.call(
      named ?? callNamed(typeof final === 'string' ? final : `<${typeOf(final)} Value>`),
      frame,
      dot,
      final,
    )
  }
}

function compileArguments(args: readonly Operand[], scope: ExpressionScope): Argument[] {
  return args.map((node) => ({ node, evaluate: compileOperand(node, scope) }))
}

function compileFields(
  node: FieldNode | VariableNode | ChainNode,
  args: readonly Operand[],
  scope: ExpressionScope,
): EvaluateWith {
  const chain = new FieldChain(node, receiverOf(node, scope), compileArguments(args, scope))
  return (frame, dot, final) => chain.evaluate(frame, dot, final)
}

/** What a chain of fields starts from. */
function receiverOf(node: FieldNode | VariableNode | ChainNode, scope: ExpressionScope): Receiver {
  switch (node.kind) {
    case 'field':
      return { base: dotItself, names: node.path, loop: scope.dotLoop }
    case 'variable': {
      const known = scope.variables.findLast((variable) => variable.name === node.path[0])
      return { base: compileVariable(node, scope), names: node.path.slice(1), loop: known?.loop }
    }
    case 'chain': {
      if (node.base.kind === 'nil') {
        const message = `indirection through explicit nil in ${nodeText(node)}`
        return { base: (frame) => failAt(frame, node, message), names: node.path, loop: undefined }
      }
      return { base: compileOperand(node.base, scope), names: node.path, loop: undefined }
    }
  }
}
