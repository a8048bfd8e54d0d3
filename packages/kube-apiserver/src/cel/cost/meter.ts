import type { Node } from '../library/engine.ts'
import { charge } from './budget.ts'
import { costOfCalls } from './call-costs.ts'
import { MAP } from './call-estimates.ts'
import { LIST } from './list-estimates.ts'

/** Makes every step of an expression that has been checked count, as cel-go's interpreter/runtimecost.go does. */
export function meter(node: Node): void {
  meterChildren(node.args)
  switch (node.op) {
    case 'id':
      if (!isConstant(node)) onEvaluate(node, () => charge(1))
      return
    case 'list':
    case 'map':
      if (!isConstant(node)) onEvaluate(node, () => charge(node.op === 'list' ? LIST : MAP))
      return
    case 'in':
      // Constants are looked up in a set.
      if (!isConstant((node.args as Node[])[1] as Node)) onHandle(node, costOfCalls('in'))
      return
    case 'call':
    case 'rcall':
      meterCall(node)
      return
    case '.':
    case '[]': {
      // What is not itself a path of names begins one.
      const isPath = ['id', '.', '[]'].includes((node.args as [Node])[0].op)
      onHandle(node, () => (isPath ? 1 : 2))
      return
    }
    case 'value':
    case '.?':
    case '[?]':
    case '?:':
    case '&&':
    case '||':
      return
    default:
      onHandle(node, costOfCalls(node.op))
  }
}

/** Made once, before any evaluation. */
function isConstant({ op, args, meta }: Node): boolean {
  if (op === 'value') return true
  if (op === 'id') return meta.alternate !== undefined
  return (op === 'list' || op === 'map') && (args as (Node | Node[])[]).flat().every(isConstant)
}

function meterChildren(args: unknown): void {
  if (Array.isArray(args)) for (const part of args) meterChildren(part)
  else if (typeof args === 'object' && args !== null && 'op' in args) meter(args as Node)
}

/** The engine resolves the values of an operator, and hands them on with two things of its own. */
function onHandle(node: Node, cost: (left: unknown, right: unknown) => number): void {
  const { handle } = node
  if (!handle) return
  node.handle = (left, right, own, evaluator) => {
    charge(cost(left, right))
    return handle(left, right, own, evaluator)
  }
}

function onEvaluate(node: Node, pay: (value: unknown) => void): void {
  const evaluate = Object.hasOwn(node, 'evaluate') ? node.evaluate : evaluationOf(node)
  node.evaluate = (evaluator, own, scope) => {
    const value = evaluate(evaluator, own, scope)
    pay(value)
    return value
  }
}

/** What the engine does for a node when it is first evaluated. */
function evaluationOf({ meta }: Node): Node['evaluate'] {
  const { alternate, macro, evaluate } = meta
  if (alternate) return (evaluator, _, scope) => alternate.evaluate(evaluator, alternate, scope)
  return macro ? (evaluator, _, scope) => macro.evaluate(evaluator, macro, scope) : evaluate
}

function meterCall(node: Node): void {
  const [name, target, args] = (
    node.op === 'call' ? [(node.args as [string])[0], undefined, (node.args as [string, Node[]])[1]] : node.args
  ) as [string, Node | undefined, Node[]]
  if (node.meta.macro || node.meta.alternate) {
    meterMacro(node, `${name}/${args.length}`, args)
    return
  }
  // `sets.contains(a, b)` is a method of a constant.
  const isNamespace = target?.op === 'id' && isConstant(target)
  const whole = isNamespace ? `${String(target.args)}.${name}` : name
  const { handle } = node
  if (!handle) return
  const cost = costOfCalls(whole)
  const first = isNamespace ? 1 : 0
  node.handle = (values, own, evaluator) => {
    const all = values as unknown[]
    charge(cost(all[first], all[first + 1], all[first + 2]))
    return handle(values, own, evaluator)
  }
}

/** What cel-go's expansion of a macro costs besides the macro's arguments: as a whole, and for each value of some of them. */
interface MacroCost {
  once: number
  rounds?: { argument: number; cost: (value: unknown) => number }[]
}

const perRound = (once: number, argument: number, cost: (value: unknown) => number): MacroCost => ({
  once,
  rounds: [{ argument, cost }],
})
const APPENDED = 2 + LIST
/** The condition is asked once more before a loop ends early. */
const stopping = (last: boolean, cost: number) => (value: unknown) => cost + (value === last ? cost - 1 : 0)
const kept = (appended: number) => (value: unknown) => (value === true ? appended : 1)

const MACROS: Record<string, MacroCost> = {
  'has/1': { once: 0 },
  'all/2': perRound(1, 1, stopping(false, 3)),
  'exists/2': perRound(1, 1, stopping(true, 4)),
  'exists_one/2': perRound(1, 1, kept(2)),
  'all/3': perRound(1, 2, stopping(false, 3)),
  'exists/3': perRound(1, 2, stopping(true, 4)),
  'exists_one/3': perRound(1, 2, kept(2)),
  'existsOne/3': perRound(1, 2, kept(2)),
  'map/2': perRound(1, 1, () => APPENDED),
  'map/3': {
    once: 1,
    rounds: [
      { argument: 1, cost: kept(0) },
      { argument: 2, cost: () => APPENDED },
    ],
  },
  'filter/2': perRound(1, 1, kept(APPENDED + 1)),
  'transformList/3': perRound(1, 2, () => APPENDED),
  'transformList/4': {
    once: 1,
    rounds: [
      { argument: 2, cost: kept(0) },
      { argument: 3, cost: () => APPENDED },
    ],
  },
  'transformMap/3': perRound(1, 2, () => 3),
  'transformMap/4': {
    once: 1,
    rounds: [
      { argument: 2, cost: kept(0) },
      { argument: 3, cost: () => 3 },
    ],
  },
  'transformMapEntry/3': perRound(1, 2, () => 2),
  'sortBy/2': perRound(2 + LIST, 1, () => APPENDED),
  'transformMapEntry/4': {
    once: 1,
    rounds: [
      { argument: 2, cost: kept(0) },
      { argument: 3, cost: () => 2 },
    ],
  },
}

function meterMacro(node: Node, key: string, args: Node[]): void {
  const { once, rounds = [] } = (Object.hasOwn(MACROS, key) ? MACROS[key] : undefined) ?? { once: 1 }
  for (const { argument, cost } of rounds) onEvaluate(args[argument] as Node, (value) => charge(cost(value)))
  onEvaluate(node, () => charge(once))
}
