/** Something wrong with an expression, and the character of its text that shows where. */
export interface Issue {
  at: number
  message: string
}

/** Where a fault of the whole expression is. */
export const NOWHERE = -1

/** All that is wrong with an expression, each with its line and a caret below, as cel-go draws it. */
export function drawIssues(text: string, issues: readonly Issue[]): string {
  return issues
    .toSorted((a, b) => a.at - b.at)
    .map((issue) => draw(text, issue))
    .join('\n')
}

function draw(text: string, { at, message }: Issue): string {
  if (at === NOWHERE) return `ERROR: <input>:-1:0: ${message}`
  const lines = text.slice(0, at).split('\n')
  const before = [...(lines.at(-1) ?? '')]
  const line = (text.split('\n')[lines.length - 1] ?? '').replaceAll('\t', ' ')
  // Characters that take more than a byte are taken to be wide.
  const dots = before.map((character) => (isWide(character) ? '．' : '.')).join('')
  const caret = isWide([...line][before.length] ?? '') ? '＾' : '^'
  return `ERROR: <input>:${lines.length}:${before.length + 1}: ${message}\n | ${line}\n | ${dots}${caret}`
}

function isWide(character: string): boolean {
  return character > '\u007f'
}
