import { speakKubernetes } from './dialect.ts'
import { parseExpression } from './parse.ts'

/** Values by the names that an expression uses. */
export type Bindings = Record<string, unknown>

/** An expression that has been read and can be evaluated again and again. */
export interface Expression {
  readonly text: string
  /** Throws an Error with CEL's words when the expression fails on these values. */
  evaluate(bindings: Bindings): unknown
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
  speakKubernetes(program.ast)
  const { valid, error } = program.check()
  if (!valid) throw new Error(firstLine(error))
  const expression: Expression = {
    text,
    evaluate(bindings) {
      try {
        return program(bindings)
      } catch (fault) {
        throw new Error(celGoWords(firstLine(fault)))
      }
    },
  }
  if (compiled.size >= MAX_COMPILED) compiled.clear()
  compiled.set(key, expression)
  return expression
}

/** The most common failures of evaluation, in cel-go's words. */
function celGoWords(message: string): string {
  const [, index] = /^No such key: index out of bounds, index (-?\d+)/.exec(message) ?? []
  return index === undefined ? message.replace(/^No such key:/, 'no such key:') : `index out of bounds: ${index}`
}

/** The engine draws the place of a fault below its message. */
function firstLine(error: unknown): string {
  return String((error as Error | undefined)?.message ?? error).split('\n')[0] ?? ''
}
