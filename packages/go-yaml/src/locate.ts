import { compose } from './compose.ts'
import type { Node } from './nodes.ts'

/** A place in a text; both count from 1. */
export interface Location {
  readonly line: number
  readonly column: number
}

/**
 * Where a path such as `spec.chart.version` or `['spec', 'files', 0]` stands in a document's text: its key, or its
 * item in a sequence; the nearest parent when it is absent, and the start when the text is broken.
 */
export function locate(text: string, path: string | readonly (string | number)[]): Location {
  const parts = typeof path === 'string' ? path.split('.') : path
  let node = composeOrNothing(text)
  let place = node && placeOf(node)
  for (const part of parts) {
    const found = node && child(node, String(part))
    if (!found) break
    node = found.value
    place = placeOf(found.at)
  }
  return place ?? { line: 1, column: 1 }
}

function composeOrNothing(text: string): Node | undefined {
  try {
    return compose(text)
  } catch {
    return undefined
  }
}

function placeOf(node: Node): Location {
  return { line: node.mark.line + 1, column: node.mark.column + 1 }
}

function child(node: Node, name: string): { at: Node; value: Node } | undefined {
  switch (node.kind) {
    case 'alias':
      return child(node.target, name)
    case 'mapping': {
      const pair = node.pairs.findLast(({ key }) => key.kind === 'scalar' && key.text === name)
      return pair && { at: pair.key, value: pair.value }
    }
    case 'sequence': {
      const item = node.items[Number(name)]
      return item && { at: item, value: item }
    }
    case 'scalar':
      return undefined
  }
}
