/** Line and column (from 1) of a path such as `spec.chart.version` or `['spec', 'files', 0]` in a document's text; of its nearest parent that exists when it is absent. */
export function locate(_text: string, _path: string | readonly (string | number)[]): { line: number; column: number } {
  return { line: 1, column: 1 }
}
