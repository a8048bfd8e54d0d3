/** A `${{ }}` in a text. */
export interface TemplateExpression {
  /** Between the brackets. */
  source: string
  start: number
  /** After the brackets. */
  end: number
}

const OPEN = '${{'
const CLOSE = '}}'

/** Every `${{ }}` of a text. Brackets in strings do not count, unless there are no others. */
export function findExpressions(text: string): TemplateExpression[] {
  const found: TemplateExpression[] = []
  let start = text.indexOf(OPEN)
  while (start >= 0) {
    const close = closeOf(text, start + OPEN.length)
    if (close < 0) break
    const end = close + CLOSE.length
    found.push({ source: text.slice(start + OPEN.length, close), start, end })
    start = text.indexOf(OPEN, end)
  }
  return found
}

/** What stands in the brackets of a text that is one `${{ }}` and nothing else. */
export function wholeExpression(text: string): string | undefined {
  const trimmed = text.trim()
  if (!trimmed.startsWith(OPEN)) return undefined
  const [first] = findExpressions(trimmed)
  return first?.end === trimmed.length ? first.source : undefined
}

/** Where the brackets close that were opened before `from`; -1 when they do not. A quote that is not closed is a character. */
function closeOf(text: string, from: number): number {
  const first = text.indexOf(CLOSE, from)
  let close = first
  let quote = text.indexOf("'", from)
  while (close >= 0 && quote >= 0 && quote < close) {
    const end = text.indexOf("'", quote + 1)
    if (end < 0) break
    if (end > close) close = text.indexOf(CLOSE, end + 1)
    quote = text.indexOf("'", end + 1)
  }
  return close < 0 ? first : close
}
