import { readFile } from 'node:fs/promises'
import ts from 'typescript'

/**
 * `{ ...a, b }` becomes `{ ...[], ...a, b }`, which is the same object. V8 11 (Node 20) copies what is spread first in one step, into an
 * object whose shape it never sees again: adding `b`, and each look at the object later, takes the slow way, 2 µs instead of a tenth of it
 * (docs/adr/0020-spreads-of-the-bundles.md).
 */
export const fastSpreads = {
  name: 'fast-spreads',
  setup({ onLoad }) {
    onLoad({ filter: /\/(packages|apps|bench|tests)\/.*\.ts$/ }, async ({ path }) => {
      if (path.includes('/node_modules/')) return undefined
      const text = await readFile(path, 'utf8')
      return { contents: withFastSpreads(path, text), loader: 'ts' }
    })
  },
}

/** @param {string} fileName @param {string} text of a module @returns {string} the same with an empty list before each spread that something follows */
export function withFastSpreads(fileName, text) {
  if (!text.includes('...')) return text
  const places = []
  const visit = (node) => {
    if (ts.isObjectLiteralExpression(node)) {
      const [first, second] = node.properties
      if (second && ts.isSpreadAssignment(first)) places.push(first.getStart(source))
    }
    ts.forEachChild(node, visit)
  }
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest)
  visit(source)
  places.sort((a, b) => a - b)
  let result = ''
  let from = 0
  for (const place of places) {
    result += `${text.slice(from, place)}...[], `
    from = place
  }
  return result + text.slice(from)
}
