import { type Argument, type CallPlace, noFinal } from './call.ts'
import { type Frame, failAt } from './execution.ts'
import type { Node } from './nodes.ts'
import { truth } from './values.ts'

/** `and` and `or`: they evaluate their arguments only up to the one that decides. */
export function compileLogic(
  name: 'and' | 'or',
  place: CallPlace,
  command: Node,
): (frame: Frame, dot: unknown, final: unknown) => unknown {
  const stopsAt = name === 'or'
  const { args } = place
  return (frame, dot, final) => {
    if (args.length === 0 && final === noFinal) {
      failAt(frame, place.node, `wrong number of args for ${name}: want at least 1 got 0`)
    }
    let value: unknown
    for (let i = 0; i < args.length; i++) {
      value = (args[i] as Argument).evaluate(frame, dot)
      if (command.kind === 'command') command.decided = i
      if (truth(value) === stopsAt) return value
    }
    return final === noFinal ? value : final
  }
}
