import { CallLimitExceeded, CostBudget, OutOfBudget } from './cost/budget.ts'
import { meter } from './cost/meter.ts'
import { speakKubernetes } from './dialect.ts'
import type { Node } from './library/engine.ts'
import { parseExpression } from './parse.ts'

/** Values by the names that an expression uses. */
export type Bindings = Record<string, unknown>

/** An expression that has been read and can be evaluated again and again. */
export interface Expression {
  readonly text: string
  /** The names that it uses, those of its own loops among them. */
  readonly names: ReadonlySet<string>
  /**
   * Pays from the budget, by default for this alone. Throws OutOfBudget, CallLimitExceeded, or an Error with CEL's words when
   * the expression fails on these values.
   */
  evaluate(bindings: Bindings, budget?: CostBudget): unknown
}

const compiled = new Map<string, Expression>()
/** Configurations name few expressions; a flood of different ones must not fill the memory. */
const MAX_COMPILED = 2000

/** Reads an expression over variables of any type. Throws an Error that says what is wrong with it. */
export function compileExpression(text: string, variables: readonly string[]): Expression {
  const key = `${variables.join()} ${text}`
  const known = compiled.get(key)
  if (known) return known
  const program = parseExpression(text, variables)
  const tree = program.ast as unknown as Node
  speakKubernetes(tree)
  const { valid, error } = program.check()
  if (!valid) throw new Error(firstLine(error))
  meter(tree)
  const expression: Expression = {
    text,
    names: new Set(namesIn(tree)),
    evaluate(bindings, budget = new CostBudget()) {
      try {
        return budget.spend(() => program(bindings))
      } catch (fault) {
        if (isOverspent(fault)) throw fault
        throw new Error(celGoWords(firstLine(fault)))
      }
    },
  }
  if (compiled.size >= MAX_COMPILED) compiled.clear()
  compiled.set(key, expression)
  return expression
}

export const isOverspent = (error: unknown): boolean =>
  error instanceof OutOfBudget || error instanceof CallLimitExceeded

/** The longest message that an expression can make. */
const MAX_MESSAGE = 5 * 1024

/** The message that an expression makes: one line of text. Undefined when it makes none. Throws OutOfBudget or CallLimitExceeded. */
export function ownWords(expression: Expression, bindings: Bindings, budget: CostBudget): string | undefined {
  try {
    const made = expression.evaluate(bindings, budget)
    const text = typeof made === 'string' ? made.trim() : ''
    return text === '' || text.includes('\n') || Buffer.byteLength(text) > MAX_MESSAGE ? undefined : text
  } catch (error) {
    if (isOverspent(error)) throw error
    return undefined
  }
}

function* namesIn(part: unknown): Generator<string> {
  if (Array.isArray(part)) for (const one of part) yield* namesIn(one)
  if (typeof part !== 'object' || part === null || !('op' in part)) return
  const { op, args } = part as Node
  if (op === 'id') yield String(args)
  else yield* namesIn(args)
}

/** The most common failures of evaluation, in cel-go's words. */
function celGoWords(message: string): string {
  if (/^(?:no such overload|found no matching overload)\b/.test(message)) return 'no such overload'
  const [, index] = /^No such key: index out of bounds, index (-?\d+)/.exec(message) ?? []
  return index === undefined ? message.replace(/^No such key:/, 'no such key:') : `index out of bounds: ${index}`
}

/** The engine draws the place of a fault below its message. */
function firstLine(error: unknown): string {
  return String((error as Error | undefined)?.message ?? error).split('\n')[0] ?? ''
}
