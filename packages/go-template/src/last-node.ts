import type { Node } from './nodes.ts'

/** The node that Go evaluated last inside a node, which has just run: where it reports what goes wrong afterwards. */
export function lastNodeOf(node: Node): Node {
  switch (node.kind) {
    case 'pipe': {
      const command = node.commands.at(-1)
      return command === undefined ? node : lastNodeOf(command)
    }
    case 'command': {
      const last = node.decided === undefined ? node.args.at(-1) : node.args[node.decided + 1]
      return last === undefined ? node : lastNodeOf(last)
    }
    case 'chain':
      return lastNodeOf(node.base)
    default:
      return node
  }
}
