import { Optional } from '@marcbachmann/cel-js'
import type { Macro, Node } from './library/engine.ts'
import { MATCHES } from './library/strings.ts'

/** Gives the calls of a parsed expression the meaning they have in cel-go, where the engine's own is another. */
export function speakKubernetes(node: unknown): void {
  if (Array.isArray(node)) for (const part of node) speakKubernetes(part)
  if (!isNode(node)) return
  const { op, args } = node
  if (Array.isArray(args)) {
    // Patterns are RE2's.
    if (op === 'rcall' && args[0] === 'matches' && args[2].length === 1) args[0] = MATCHES
    if (op === 'call' && args[0] === 'has' && args[1].length === 1) node.setMeta('macro', presence(args[1][0]))
  }
  speakKubernetes(args)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

/** `has(e.f)`, where the engine wants `e` to be a path of names. */
function presence(selected: Node): Macro {
  const [operand, field] = (selected.op === '.' ? selected.args : [selected, '']) as [Node, string]
  return {
    async: false,
    typeCheck(checker, _, scope) {
      if (selected.op !== '.') {
        throw checker.createError('invalid_macro_argument', 'invalid argument to has() macro', selected)
      }
      checker.check(operand, scope)
      return checker.getType('bool')
    },
    evaluate(evaluator, _, scope) {
      const value = evaluator.run(operand, scope)
      if (!(value instanceof Optional)) {
        return evaluator.debugType(value).fieldLazy(value, field, selected, evaluator) !== undefined
      }
      if (!value.hasValue()) return false
      const inner = value.value()
      return evaluator.debugType(inner).fieldLazy(inner, field, selected, evaluator) !== undefined
    },
  }
}
