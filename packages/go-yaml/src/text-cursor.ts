import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd } from './characters.ts'
import { type Mark, scanProblem } from './yaml-error.ts'

const lineBreak = /[\n\r\x85\u2028\u2029]/g

/** A place that moves through a text and knows its line and column, both from 0. */
export class TextCursor {
  index = 0
  line = 0
  column = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The UTF-16 unit so far ahead, NaN beyond the end. */
  code(ahead = 0): number {
    return this.text.charCodeAt(this.index + ahead)
  }

  mark(): Mark {
    return { index: this.index, line: this.line, column: this.column }
  }

  /** Moves within the line. */
  skip(count: number): void {
    this.index += count
    this.column += count
  }

  /** Moves over what a sticky pattern finds here, which has no line break; false when that is nothing. */
  skipMatch(pattern: RegExp): boolean {
    pattern.lastIndex = this.index
    if (!pattern.test(this.text)) return false
    this.skip(pattern.lastIndex - this.index)
    return true
  }

  slice(start: number, end = this.index): string {
    return this.text.slice(start, end)
  }

  skipSpaces(): void {
    let end = this.index
    while (this.text.charCodeAt(end) === 0x20) end++
    this.skip(end - this.index)
  }

  readWhile(accepts: (code: number) => boolean): string {
    const start = this.index
    while (accepts(this.code())) this.skip(1)
    return this.slice(start)
  }

  /** Moves to the end of the line and gives what was there. */
  readToBreak(): string {
    const start = this.index
    this.skipToBreak()
    return this.slice(start)
  }

  skipToBreak(): void {
    lineBreak.lastIndex = this.index
    const end = lineBreak.exec(this.text)?.index ?? this.text.length
    this.skip(end - this.index)
  }

  /** Takes one line break, CR LF as one; gives it as YAML reads it: a newline, except for LS and PS. */
  skipLine(): string {
    const code = this.code()
    if (!isBreak(code)) return ''
    this.index += code === 0x0d && this.code(1) === 0x0a ? 2 : 1
    this.line++
    this.column = 0
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : '\n'
  }

  /** At the end of the text an open line counts as ended. */
  endLine(): void {
    if (this.column === 0) return
    this.column = 0
    this.line++
  }

  /** `---` or `...` at the start of a line. */
  isDocumentMarker(): boolean {
    const code = this.code()
    if (this.column !== 0 || (code !== 0x2d && code !== 0x2e)) return false
    return this.code(1) === code && this.code(2) === code && isBlankOrEnd(this.code(3))
  }

  /** Skips blanks, a comment and the break; anything else is the problem. */
  skipRestOfLine(problem: string): void {
    while (isBlank(this.code())) this.skip(1)
    if (this.code() === 0x23) this.skipToBreak()
    if (!isBreakOrEnd(this.code())) throw scanProblem(problem, this.mark())
    this.skipLine()
  }
}
