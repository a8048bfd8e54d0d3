import type { Node } from './nodes.ts'

/** The node that Go evaluated last inside a node, which has just run: where it reports what goes wrong afterwards. */
export function lastNodeOf(node: Node): Node {
  switch (node.kind) {
    case 'pipe': {
      const command = node.commands.at(-1)
      return command === undefined ? node : lastNodeOf(command)
    }
    case 'command': {
      const first = node.args[0]
      const last = node.decided === undefined ? node.args.at(-1) : node.args[node.decided + 1]
      return first?.kind === 'identifier' && last !== undefined
        ? lastNodeOf(last)
        : ((first && lastNodeOf(first)) ?? node)
    }
    case 'chain':
      return lastNodeOf(node.base)
    default:
      return node
  }
}
