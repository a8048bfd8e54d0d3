import { isBlank, isBreak, isEnd } from './characters.ts'
import type { Token } from './scanner.ts'
import type { TextCursor } from './text-cursor.ts'
import { scanProblem } from './yaml-error.ts'

/** Reads `|` and `>` scalars; `parentIndent` is the indentation around them. */
export function scanBlockScalar(cursor: TextCursor, parentIndent: number): Token {
  const mark = cursor.mark()
  const isLiteral = cursor.code() === 0x7c
  cursor.skip(1)
  const { chomping, increment } = scanHeader(cursor)
  cursor.skipRestOfLine('did not find expected comment or line break')
  const explicit = increment > 0 ? Math.max(parentIndent, 0) + increment : 0
  const first = scanBreaks(cursor, explicit, parentIndent)
  const { indent } = first
  let trailing = first.breaks
  let text = ''
  let leading = ''
  let afterBlank = false
  while (cursor.column === indent && !isEnd(cursor.code())) {
    const startsBlank = isBlank(cursor.code())
    const isFolded = !isLiteral && !afterBlank && !startsBlank && leading === '\n'
    text += (isFolded ? (trailing === '' ? ' ' : '') : leading) + trailing
    afterBlank = startsBlank
    text += cursor.readToBreak()
    leading = cursor.skipLine()
    trailing = scanBreaks(cursor, indent, parentIndent).breaks
  }
  if (chomping !== '-') text += leading
  if (chomping === '+') text += trailing
  return { type: 'scalar', mark, value: text, suffix: '', style: isLiteral ? 'literal' : 'folded' }
}

/** `|2-`, `>+1`, ... */
function scanHeader(cursor: TextCursor): { chomping: string; increment: number } {
  const chomping = readChomping(cursor)
  const increment = readIncrement(cursor)
  return { chomping: chomping || readChomping(cursor), increment }
}

function readChomping(cursor: TextCursor): string {
  const code = cursor.code()
  if (code !== 0x2b && code !== 0x2d) return ''
  cursor.skip(1)
  return String.fromCharCode(code)
}

function readIncrement(cursor: TextCursor): number {
  const digit = cursor.code() - 0x30
  if (!(digit >= 0 && digit <= 9)) return 0
  if (digit === 0) throw scanProblem('found an indentation indicator equal to 0', cursor.mark())
  cursor.skip(1)
  return digit
}

/** Takes empty lines and indentation; with no indent given (0), finds it. */
function scanBreaks(cursor: TextCursor, given: number, parentIndent: number): { breaks: string; indent: number } {
  let breaks = ''
  let widest = 0
  const isInside = () => given === 0 || cursor.column < given
  for (;;) {
    while (isInside() && cursor.code() === 0x20) cursor.skip(1)
    widest = Math.max(widest, cursor.column)
    if (isInside() && cursor.code() === 0x09) {
      throw scanProblem('found a tab character where an indentation space is expected', cursor.mark())
    }
    if (!isBreak(cursor.code())) break
    breaks += cursor.skipLine()
  }
  return { breaks, indent: given === 0 ? Math.max(widest, parentIndent + 1, 1) : given }
}
