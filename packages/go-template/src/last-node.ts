import type { CommandNode, Node, Operand } from './nodes.ts'

/** The node that Go evaluated last inside a node: where it reports what goes wrong just afterwards. */
export function lastNodeOf(node: Operand | CommandNode): Node {
  switch (node.kind) {
    case 'pipe': {
      const command = node.commands.at(-1)
      return command === undefined ? node : lastNodeOf(command)
    }
    case 'command': {
      const first = node.args[0]
      const last = node.args.at(-1)
      return first?.kind === 'identifier' && last !== undefined
        ? lastNodeOf(last)
        : ((first && lastNodeOf(first)) ?? node)
    }
    default:
      return node
  }
}
