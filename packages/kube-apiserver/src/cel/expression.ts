import { Environment, type ParseResult } from '@marcbachmann/cel-js'
import { speakKubernetes } from './dialect.ts'
import { addKubernetesLibrary } from './library/kubernetes.ts'

/** Values by the names that an expression uses. */
export type Bindings = Record<string, unknown>

/** An expression that has been read and can be evaluated again and again. */
export interface Expression {
  readonly text: string
  /** Throws an Error with CEL's words when the expression fails on these values. */
  evaluate(bindings: Bindings): unknown
}

let library: Environment | undefined
const environments = new Map<string, Environment>()
const compiled = new Map<string, Expression>()
/** Configurations name few expressions; a flood of different ones must not fill the memory. */
const MAX_COMPILED = 2000

/** Reads an expression over variables of any type. Throws an Error that says what is wrong with it. */
export function compileExpression(text: string, variables: readonly string[]): Expression {
  const key = `${variables.join()} ${text}`
  const known = compiled.get(key)
  if (known) return known
  const program = read(text, variables)
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

/** What is wrong with an expression, and where, as cel-go draws it; undefined = nothing. */
export function expressionFault(
  text: string,
  variables: readonly string[],
  type?: 'bool' | 'string',
): string | undefined {
  try {
    const { valid, error, type: own } = read(text, variables).check()
    if (!valid) return `compilation failed: ${drawn(error, text, '')}`
    return type === undefined || own === type || own === 'dyn' ? undefined : `must evaluate to ${type} but got ${own}`
  } catch (error) {
    return `compilation failed: ${drawn(error, text, 'Syntax error: ')}`
  }
}

function read(text: string, variables: readonly string[]): ParseResult {
  const program = environmentOf(variables).parse(text)
  speakKubernetes(program.ast)
  return program
}

/** The engine draws the faulty line with its number, and a caret below. */
function drawn(error: unknown, text: string, prefix: string): string {
  const message = String((error as Error | undefined)?.message ?? error)
  const unknown = /^Unknown variable: (.+)$/m.exec(message)?.[1]
  const why =
    unknown === undefined ? `${prefix}${firstLine(error)}` : `undeclared reference to '${unknown}' (in container '')`
  const [, label = '', number = '1'] = /^(>\s*(\d+) \| )/m.exec(message) ?? []
  const column = Math.max(0, (/^( *)\^$/m.exec(message)?.[1]?.length ?? 0) - label.length)
  const line = text.split('\n')[Number(number) - 1] ?? ''
  return `ERROR: <input>:${number}:${column + 1}: ${why}\n | ${line}\n | ${'.'.repeat(column)}^`
}

/** The most common failures of evaluation, in cel-go's words. */
function celGoWords(message: string): string {
  const [, index] = /^No such key: index out of bounds, index (-?\d+)/.exec(message) ?? []
  return index === undefined ? message.replace(/^No such key:/, 'no such key:') : `index out of bounds: ${index}`
}

function environmentOf(variables: readonly string[]): Environment {
  library ??= addKubernetesLibrary(new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false }))
  const key = variables.join()
  const known = environments.get(key)
  if (known) return known
  const env = library.clone()
  for (const name of variables) env.registerVariable(name, 'dyn')
  environments.set(key, env)
  return env
}

/** The engine draws the place of a fault below its message. */
function firstLine(error: unknown): string {
  return String((error as Error | undefined)?.message ?? error).split('\n')[0] ?? ''
}
