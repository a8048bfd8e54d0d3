import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isEnd } from './characters.ts'
import type { Token } from './scanner.ts'
import type { TextCursor } from './text-cursor.ts'
import { type Mark, scanProblem } from './yaml-error.ts'

/**
 * The spaces and line breaks between words, as they end up in the value: one break is a space, more are so many less one; spaces at line
 * ends go. After a break, no tab may stand before the column `indent`.
 */
function scanGap(cursor: TextCursor, indent: number): string {
  let spaces = ''
  let leading = ''
  let trailing = ''
  for (;;) {
    if (leading !== '') cursor.skipSpaces()
    const code = cursor.code()
    if (isBlank(code)) {
      if (leading === '') spaces += String.fromCharCode(code)
      else if (code === 0x09 && cursor.column < indent) {
        throw scanProblem('found a tab character that violates indentation', cursor.mark())
      }
      cursor.skip(1)
    } else if (!isBreak(code)) break
    else if (leading === '') leading = cursor.skipLine()
    else trailing += cursor.skipLine()
  }
  if (leading === '') return spaces
  return leading === '\n' ? trailing || ' ' : leading + trailing
}

const runInBlock = /[^: \t\n\r\x85\u2028\u2029\0]+/y
const runInFlow = /[^: \t\n\r\x85\u2028\u2029\0,?[\]{}]+/y

/** Moves over the words that a plain scalar has on this line, and gives where the last one ends. */
function skipWords(cursor: TextCursor, inFlow: boolean): number {
  const run = inFlow ? runInFlow : runInBlock
  let end = cursor.index
  for (;;) {
    if (cursor.skipMatch(run)) end = cursor.index
    const code = cursor.code()
    if (code === 0x3a && !isBlankOrEnd(cursor.code(1))) {
      cursor.skip(1)
      end = cursor.index
    } else if (isBlank(code)) {
      let ahead = 1
      while (isBlank(cursor.code(ahead))) ahead++
      const next = cursor.code(ahead)
      if (next === 0x23 || isBreakOrEnd(next)) return end
      cursor.skip(ahead)
    } else return end
  }
}

/** Reads a plain scalar that begins at `mark`, over several lines while they are indented enough. `endsLine`: a key may follow. */
export function scanPlain(
  cursor: TextCursor,
  mark: Mark,
  indent: number,
  inFlow: boolean,
): { token: Token; endsLine: boolean } {
  let text = ''
  let gap = ''
  let endsLine = false
  for (;;) {
    if (cursor.isDocumentMarker() || cursor.code() === 0x23) break
    const start = cursor.index
    const end = skipWords(cursor, inFlow)
    if (end > start) {
      const words = cursor.slice(start, end)
      text = text === '' && gap === '' ? words : text + gap + words
      gap = ''
      endsLine = false
    }
    if (!isBlank(cursor.code()) && !isBreak(cursor.code())) break
    const { line } = cursor
    gap = scanGap(cursor, indent)
    if (cursor.line > line) endsLine = true
    if (!inFlow && cursor.column < indent) break
  }
  return { token: { type: 'scalar', mark, value: text, suffix: '', style: 'plain' }, endsLine }
}

/** Reads a single- or double-quoted scalar that begins at `mark`. */
export function scanQuoted(cursor: TextCursor, mark: Mark): Token {
  const quote = cursor.code()
  const isSingle = quote === 0x27
  cursor.skip(1)
  let text = ''
  for (;;) {
    if (cursor.isDocumentMarker()) throw scanProblem('found unexpected document indicator', cursor.mark(), mark)
    if (isEnd(cursor.code())) throw scanProblem('found unexpected end of stream', cursor.mark(), mark)
    const part = isSingle ? scanSingle(cursor) : scanDouble(cursor)
    text += part.text
    if (cursor.code() === quote) break
    text += part.joins ? scanJoined(cursor) : scanGap(cursor, 0)
  }
  cursor.skip(1)
  return { type: 'scalar', mark, value: text, suffix: '', style: isSingle ? 'single' : 'double' }
}

/** After an escaped line break, further breaks stay and spaces go. */
function scanJoined(cursor: TextCursor): string {
  let breaks = ''
  while (isBlank(cursor.code()) || isBreak(cursor.code())) {
    if (isBlank(cursor.code())) cursor.skip(1)
    else breaks += cursor.skipLine()
  }
  return breaks
}

interface Part {
  text: string
  /** It ended with an escaped line break. */
  joins: boolean
}

function scanSingle(cursor: TextCursor): Part {
  let text = ''
  let start = cursor.index
  while (!isBlankOrEnd(cursor.code())) {
    if (cursor.code() === 0x27) {
      if (cursor.code(1) !== 0x27) break
      text += cursor.slice(start, cursor.index + 1)
      cursor.skip(2)
      start = cursor.index
    } else cursor.skip(1)
  }
  return { text: text + cursor.slice(start), joins: false }
}

function scanDouble(cursor: TextCursor): Part {
  let text = ''
  let start = cursor.index
  while (!isBlankOrEnd(cursor.code()) && cursor.code() !== 0x22) {
    if (cursor.code() !== 0x5c) {
      cursor.skip(1)
      continue
    }
    text += cursor.slice(start)
    if (isBreak(cursor.code(1))) {
      cursor.skip(1)
      cursor.skipLine()
      return { text, joins: true }
    }
    text += scanEscape(cursor)
    start = cursor.index
  }
  return { text: text + cursor.slice(start), joins: false }
}

const escapes: Record<string, string> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}
const codeLengths: Record<string, number> = { x: 2, u: 4, U: 8 }

function scanEscape(cursor: TextCursor): string {
  const letter = String.fromCharCode(cursor.code(1))
  const simple = escapes[letter]
  if (simple !== undefined) {
    cursor.skip(2)
    return simple
  }
  const length = codeLengths[letter]
  if (length === undefined) throw scanProblem('found unknown escape character', cursor.mark())
  cursor.skip(2)
  const digits = cursor.slice(cursor.index, cursor.index + length)
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits)) {
    throw scanProblem('did not find expected hexdecimal number', cursor.mark())
  }
  const code = Number.parseInt(digits, 16)
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
    throw scanProblem('found invalid Unicode character escape code', cursor.mark())
  }
  cursor.skip(length)
  return String.fromCodePoint(code)
}
