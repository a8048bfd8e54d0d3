import { type Argument, CallSite, noFinal } from './call.ts'
import { compileLogic } from './compile-logic.ts'
import { type Evaluate, type Frame, failAt, type Site } from './execution.ts'
import { BoundMethod, elementType, type FieldSite, fieldOf, methodOf, noField } from './fields.ts'
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
  readonly site: Site
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
  if (!known) return () => failAt(scope.site, lastNodeOf(pipe), `undefined variable: ${name}`)
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
      if (rest.length === 0 && !isPiped) return () => failAt(scope.site, first, 'nil is not a command')
      break
    default:
  }
  const evaluate = compileOperand(first, scope)
  if (rest.length === 0 && !isPiped) return evaluate
  // Go moves to a word before it says this, but not to a parenthesised pipeline.
  const last = () => (first.kind !== 'pipe' ? first : isPiped ? lastNodeOf(before) : before)
  return () => failAt(scope.site, last(), `can't give argument to non-function ${nodeText(first)}`)
}

/** An operand by itself, as an argument or a value. */
export function compileOperand(node: Operand, scope: ExpressionScope): Evaluate {
  switch (node.kind) {
    case 'dot':
      return (_frame, dot) => dot
    case 'nil':
      return () => null
    case 'bool':
    case 'string': {
      const { value } = node
      return () => value
    }
    case 'number':
      return compileNumber(node, scope)
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
function compileNumber(node: NumberNode, scope: ExpressionScope): Evaluate {
  const { complex } = node
  if (complex !== undefined) return () => complex
  const isHex = /^0[xX][^pP]+$/.test(node.literal)
  const looksFloat = !isHex && !node.literal.startsWith("'") && /[.eEpP]/.test(node.literal)
  if (node.float !== undefined && looksFloat) {
    const { float } = node
    return () => float
  }
  const { int } = node
  if (int === undefined) return () => failAt(scope.site, node, `${node.literal} overflows int`)
  return () => int
}

function compileVariable(node: VariableNode, scope: ExpressionScope): Evaluate {
  const known = scope.variables.findLast((variable) => variable.name === node.path[0])
  if (!known) return () => failAt(scope.site, node, `undefined variable: ${node.path[0]}`)
  const { slot } = known
  return (frame) => frame.variables[slot]
}

function compileCall(
  node: IdentifierNode,
  callNode: Node,
  args: readonly Operand[],
  scope: ExpressionScope,
): EvaluateWith {
  const { site } = scope
  const { name } = node
  const callSite = callSiteOf(scope, { name, args, node, callNode })
  if (name === 'call') return compileCallValue(callSite)
  const logic = name === 'and' || name === 'or' ? compileLogic(name, callSite.place, callNode) : undefined
  return (frame, dot, final) => {
    const fn = frame.execution.environment.functions[name]
    if (fn === undefined) return failAt(site, node, `${quote(name)} is not a defined function`)
    if (logic !== undefined) return logic(frame, dot, final)
    return callSite.call(fn, frame, dot, final)
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

function callSiteOf(
  scope: ExpressionScope,
  { name, args, node, callNode }: { name: string; args: readonly Operand[]; node: Node; callNode: Node },
): CallSite {
  const compiled: Argument[] = args.map((arg) => ({ node: arg, evaluate: compileOperand(arg, scope) }))
  const { template, source } = scope.site
  return new CallSite({ template, source, name, args: compiled, node, callNode })
}

/** A chain of fields; arguments belong to its last name, which must then be a method. */
function compileFields(
  node: FieldNode | VariableNode | ChainNode,
  args: readonly Operand[],
  scope: ExpressionScope,
): EvaluateWith {
  const { base, names, loop } = receiverOf(node, scope)
  const { template, source } = scope.site
  const site: FieldSite = {
    template,
    source,
    get node() {
      return lastNodeOf(node)
    },
  }
  const last = names.length - 1
  // Methods are rare, so what their calls need is made when one is met; arguments only while the scope is known.
  const callSiteAt = (index: number): CallSite =>
    callSiteOf(scope, { name: names[index] ?? '', args: [], node: site.node, callNode: node })
  const hasArguments = args.length > 0
  let lastCall = hasArguments
    ? callSiteOf(scope, { name: names[last] ?? '', args, node: site.node, callNode: node })
    : undefined
  const fail = (name: string, value: unknown, container: unknown): never => {
    const type = container === undefined ? typeOf(value) : elementType(container, value)
    return failAt(site, site.node, `can't evaluate field ${name} in type ${type}`)
  }
  return (frame, dot, final) => {
    const { environment } = frame.execution
    let container = loop === undefined ? undefined : frame.variables[loop]
    let value = base(frame, dot)
    for (let i = 0; i < last; i++) {
      let field = fieldOf(environment, value, names[i] as string, site)
      if (field === noField) fail(names[i] as string, value, container)
      if (field instanceof BoundMethod) field = callSiteAt(i).call(field.fn, frame, dot, noFinal)
      container = value
      value = field
    }
    const find = hasArguments || final !== noFinal ? methodOf : fieldOf
    const field = find(environment, value, names[last] as string, site)
    if (field === noField) return fail(names[last] as string, value, container)
    if (!(field instanceof BoundMethod)) return field
    lastCall ??= callSiteAt(last)
    return lastCall.call(field.fn, frame, dot, final)
  }
}

/** What a chain of fields starts from; `loop`: where that is an element of a loop, the slot of what it goes over. */
function receiverOf(
  node: FieldNode | VariableNode | ChainNode,
  scope: ExpressionScope,
): { base: Evaluate; names: readonly string[]; loop: number | undefined } {
  switch (node.kind) {
    case 'field':
      return { base: (_frame, dot) => dot, names: node.path, loop: scope.dotLoop }
    case 'variable': {
      const known = scope.variables.findLast((variable) => variable.name === node.path[0])
      return { base: compileVariable(node, scope), names: node.path.slice(1), loop: known?.loop }
    }
    case 'chain': {
      if (node.base.kind === 'nil') {
        const message = `indirection through explicit nil in ${nodeText(node)}`
        return { base: () => failAt(scope.site, node, message), names: node.path, loop: undefined }
      }
      return { base: compileOperand(node.base, scope), names: node.path, loop: undefined }
    }
  }
}
