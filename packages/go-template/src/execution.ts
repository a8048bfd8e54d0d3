import type { Budget } from './budget.ts'
import { TemplateError } from './errors.ts'
import { type Node, nodeText, placeOf, type Source } from './nodes.ts'
import { quote } from './strconv.ts'
import type { GoFunction } from './values.ts'

/** How a template finds what it calls. */
export interface Environment {
  readonly functions: Readonly<Record<string, GoFunction>>
  readonly missingKey: 'default' | 'zero' | 'error'
  readonly rangesOverIntegers: boolean
  lookup(name: string): CompiledTemplate | undefined
}

/** One `execute`: its output so far. */
export interface Execution {
  out: string
  readonly environment: Environment
  readonly budget: Budget
}

/** One template's run: its variables, by slot; slot 0 is `$`. */
export interface Frame {
  readonly execution: Execution
  readonly template: CompiledTemplate
  readonly variables: unknown[]
}

/** How a statement ended: 0 normally, 1 by {{break}}, 2 by {{continue}}. */
export type Signal = 0 | 1 | 2
export type Run = (frame: Frame, dot: unknown) => Signal
export type Evaluate = (frame: Frame, dot: unknown) => unknown

/** What a template does. It knows no names, so that a text has one however many charts bring it. */
export interface Code {
  /** Whether it shows nothing: only space. */
  readonly isEmpty: boolean
  readonly run: Run
}

/** A template ready to run: its code, and what errors call it. */
export interface CompiledTemplate {
  readonly name: string
  readonly source: Source
  readonly code: Code
}

/** Runs a template inside an execution, with `data` as its dot and `$`. */
export function runTemplate(template: CompiledTemplate, execution: Execution, data: unknown): void {
  template.code.run({ execution, template, variables: [data] }, data)
}

/** Throws an execution error with Go's text and position. */
export function failAt({ template }: Frame, node: Node, message: string, cause?: unknown): never {
  const place = placeOf(template.source, node)
  const text = `template: ${place}: executing ${quote(template.name)} at <${nodeText(node)}>: ${message}`
  throw new TemplateError(text, cause === undefined ? undefined : { cause })
}

/** Counts one action or loop turn against the limits. */
export function step(frame: Frame, node: Node): void {
  const { budget, out } = frame.execution
  const problem = budget.step()
  if (problem !== undefined) failAt(frame, node, problem)
  if (out.length > budget.limits.maxOutputLength) {
    failAt(frame, node, `output is longer than ${budget.limits.maxOutputLength} characters`)
  }
}

/** Whether an error says that the JavaScript stack is used up; such errors pass unwrapped to the outermost execution. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}
