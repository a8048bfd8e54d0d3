import { isBlank, isBreak, isPrintable } from './characters.ts'
import { analyze, chosenStyle, type Dialect, escaped } from './scalar-shape.ts'
import type { ScalarStyle } from './scanner.ts'

/** An item or pair between brackets, with its comments. */
export interface FlowItem {
  readonly head: string
  readonly line: string
  readonly write: () => void
}

/** Writes block YAML as libyaml's emitter does in goyaml: tracks column, indent and what was written last. */
export class Emitter {
  private readonly dialect: Dialect
  private out = ''
  private column = 0
  private wroteSpace = true
  /** Only indentation and indicators stand on this line so far. */
  private wroteIndent = true
  private indent = -1
  /** Where a comment ended a block: the next line there stands apart. */
  private footIndent = -1
  private flowLevel = 0
  private pendingComment = ''

  constructor(dialect: Dialect) {
    this.dialect = dialect
  }

  /** The text, ended with a newline. */
  finish(): string {
    this.indent = 0
    this.footIndent = -1
    this.writeIndent()
    return this.out
  }

  /** Further lines of a scalar stand one level deeper. */
  scalar(text: string, style: ScalarStyle, isSimpleKey: boolean): void {
    const outer = this.indent
    this.indent = Math.max(outer, 0) + 2
    this.styled(text, style, isSimpleKey)
    this.indent = outer
  }

  private styled(text: string, style: ScalarStyle, isSimpleKey: boolean): void {
    const shape = analyze(text, this.dialect)
    switch (chosenStyle(text, style, shape, { isSimpleKey, inFlow: this.flowLevel > 0 })) {
      case 'plain':
        this.plain(text, !isSimpleKey)
        return
      case 'single':
        this.singleQuoted(text, !isSimpleKey)
        return
      case 'double':
        this.doubleQuoted(text, !isSimpleKey)
        return
      case 'literal':
        this.literal(text)
        return
      case 'folded':
        this.foldedBlock(text)
        return
    }
  }

  /** Whether a key fits before a colon on one line; others need `? key`. */
  isSimpleKey(text: string): boolean {
    return !analyze(text, this.dialect).hasBreaks && utf8Length(text) <= 128
  }

  /** `{}` or `[]`. */
  empty(text: '{}' | '[]'): void {
    this.indicator(text, true, false)
  }

  /** Runs `write` one level deeper; a list in a map may stay on the level of its key. */
  nested(isListInMap: boolean, write: () => void): void {
    const outer = this.indent
    if (outer < 0) this.indent = 0
    else if (!(isListInMap && this.dialect.hasFlatLists) || (this.wroteIndent && this.column > 0)) this.indent += 2
    write()
    this.indent = outer
  }

  get inFlow(): boolean {
    return this.flowLevel > 0
  }

  /** Writes what stands between brackets, on one line but for comments. */
  flow(brackets: '{}' | '[]', items: readonly FlowItem[]): void {
    const { indent: outer, pendingComment } = this
    this.indent = Math.max(outer, 0) + 2
    this.pendingComment = ''
    this.indicator(brackets.charAt(0), true, true)
    this.wroteSpace = true
    this.flowLevel++
    let hasComma = true
    for (const { head, line, write } of items) {
      if (!hasComma) this.indicator(',', false, false)
      this.headComment(head)
      if (this.column === 0) this.writeIndent()
      write()
      hasComma = line !== ''
      if (!hasComma) continue
      this.indicator(',', false, false)
      this.setLineComment(line)
      this.lineComment()
    }
    this.flowLevel--
    this.indent = outer
    this.pendingComment = pendingComment
    if (this.column === 0) this.writeIndent()
    this.indicator(brackets.charAt(1), false, false)
  }

  /** Comments above what follows. */
  headComment(text: string): void {
    if (text === '') return
    this.writeIndent()
    this.comment(text)
  }

  /** Comments that end a block. */
  footComment(text: string): void {
    if (text === '') return
    this.headComment(text)
    this.footIndent = Math.max(this.indent, 0)
  }

  /** The document's own comments, apart from its content. */
  documentComment(text: string, place: 'head' | 'foot'): void {
    if (text === '') return
    if (place === 'foot') this.footIndent = 0
    this.headComment(text)
    if (place === 'head') this.newline()
  }

  /** A comment for the end of the line on which the next scalar begins or ends. */
  setLineComment(text: string): void {
    this.pendingComment = text
  }

  /** Writes it, if that is not done already. */
  lineComment(): void {
    const text = this.pendingComment
    if (text === '') return
    this.pendingComment = ''
    if (!this.wroteSpace) this.put(' ')
    this.comment(text)
  }

  private comment(text: string): void {
    for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
      if (line !== '') {
        if (index > 0) this.writeIndent()
        this.put(line)
      }
      this.newline()
      this.wroteIndent = true
    }
    this.wroteSpace = true
  }

  /** Writes a tag or anchor in front of a node, or an alias. */
  tag(text: string): void {
    this.indicator(text, true, false)
  }

  /** Starts an item: `- `, `? `, or the `: ` of a long key. */
  item(indicator: '-' | '?' | ':'): void {
    this.writeIndent()
    this.indicator(indicator, true, true)
  }

  /** Starts a line for a simple key. */
  startKey(): void {
    this.writeIndent()
  }

  /** The colon after a simple key. */
  colon(): void {
    this.indicator(':', false, false)
  }

  private put(text: string): void {
    this.out += text
    this.column += text.length
  }

  private newline(): void {
    this.out += '\n'
    this.column = 0
  }

  /** Goes to the current indent, on a new line unless this one holds nothing else. */
  private writeIndent(): void {
    const indent = Math.max(this.indent, 0)
    if (!this.wroteIndent || this.column > indent || (this.column === indent && !this.wroteSpace)) this.newline()
    if (this.footIndent === indent) this.newline()
    this.footIndent = -1
    if (this.column < indent) this.put(' '.repeat(indent - this.column))
    this.wroteSpace = true
    this.wroteIndent = true
  }

  private indicator(text: string, needsSpace: boolean, keepsIndent: boolean): void {
    if (needsSpace && !this.wroteSpace) this.put(' ')
    this.put(text)
    this.wroteSpace = false
    this.wroteIndent = this.wroteIndent && keepsIndent
  }

  private plain(text: string, folds: boolean): void {
    if (!this.wroteSpace && text !== '') this.put(' ')
    if (this.column + text.length <= this.dialect.width) this.put(text)
    else this.foldedPlain(text, folds)
    this.wroteSpace = false
    this.wroteIndent = false
  }

  private foldedPlain(text: string, folds: boolean): void {
    this.folded(
      [...text],
      (char) => char,
      (chars, at) => folds && chars[at + 1] !== ' ',
    )
  }

  private singleQuoted(text: string, folds: boolean): void {
    this.indicator("'", true, false)
    const mayFold = (chars: string[], at: number) => folds && at > 0 && at < chars.length - 1 && chars[at + 1] !== ' '
    this.folded([...text], (char) => (char === "'" ? "''" : char), mayFold)
    this.indicator("'", false, false)
  }

  /** Writes characters, one break for a fold and one more for each line break in the text. */
  private folded(
    chars: string[],
    show: (char: string) => string,
    mayFold: (chars: string[], at: number) => boolean,
  ): void {
    let afterSpace = false
    let afterBreak = false
    for (const [at, char] of chars.entries()) {
      if (char === ' ') {
        if (!afterSpace && this.column > this.dialect.width && mayFold(chars, at)) this.writeIndent()
        else this.putCharacter(char)
        afterSpace = true
      } else if (isBreak(char.charCodeAt(0))) {
        if (!afterBreak && char === '\n') this.newline()
        this.putBreak(char)
        this.wroteIndent = true
        afterBreak = true
      } else {
        if (afterBreak) this.writeIndent()
        for (const shown of show(char)) this.putCharacter(shown)
        this.wroteIndent = false
        afterSpace = false
        afterBreak = false
      }
    }
  }

  private putCharacter(char: string): void {
    this.out += char
    this.column++
  }

  private putBreak(char: string): void {
    this.out += char
    this.column = 0
  }

  private doubleQuoted(text: string, folds: boolean): void {
    this.indicator('"', true, false)
    const chars = [...text]
    const escapesAll = text.startsWith('\ufeff')
    let afterSpace = false
    for (const [at, char] of chars.entries()) {
      const code = char.codePointAt(0) ?? 0
      if (escapesAll || !isPrintable(code) || isBreak(code) || char === '"' || char === '\\') {
        this.put(escaped(code))
        afterSpace = false
      } else if (char === ' ') {
        const mayFold = folds && !afterSpace && this.column > this.dialect.width && at > 0 && at < chars.length - 1
        if (mayFold) this.foldInQuotes(chars[at + 1])
        else this.putCharacter(char)
        afterSpace = true
      } else {
        this.putCharacter(char)
        afterSpace = false
      }
    }
    this.indicator('"', false, false)
  }

  private foldInQuotes(next: string | undefined): void {
    this.writeIndent()
    if (next === ' ') this.put('\\')
  }

  private literal(text: string): void {
    this.blockHeader('|', text)
    for (const [, line = '', end = ''] of text.matchAll(lines)) {
      if (line !== '') {
        this.writeIndent()
        this.put(line)
        this.wroteIndent = false
      }
      this.blockBreak(end)
    }
  }

  /** As goyaml has it: one more break for each, unless the text begins with a blank. */
  private foldedBlock(text: string): void {
    this.blockHeader('>', text)
    const startsBlank = isBlank(text.charCodeAt(0)) || isBreak(text.charCodeAt(0))
    let afterBreak = true
    let isIndented = true
    for (const [, line = '', end = ''] of text.matchAll(lines)) {
      if (line !== '') {
        this.writeIndent()
        isIndented = isBlank(line.charCodeAt(0))
        this.put(line)
        this.wroteIndent = false
        afterBreak = false
      }
      if (end === '\n' && !afterBreak && !isIndented && !startsBlank) this.newline()
      this.blockBreak(end)
      afterBreak = afterBreak || end !== ''
    }
  }

  private blockBreak(end: string): void {
    if (end === '') return
    this.putBreak(end)
    this.wroteIndent = true
  }

  private blockHeader(indicator: '|' | '>', text: string): void {
    this.indicator(indicator, true, false)
    if (text.startsWith(' ') || isBreak(text.charCodeAt(0))) this.indicator('2', false, false)
    const chomping = chompingOf(text)
    if (chomping) this.indicator(chomping, false, false)
    if (this.pendingComment === '') this.newline()
    else this.lineComment()
    this.wroteIndent = true
    this.wroteSpace = true
  }
}

/** `-` without a final break, `+` with more than one (or nothing else), else none. */
function chompingOf(text: string): '' | '-' | '+' {
  if (!isBreak(text.charCodeAt(text.length - 1))) return '-'
  if (text.length === 1 || isBreak(text.charCodeAt(text.length - 2))) return '+'
  return ''
}

/** A line and its break, either of which may be missing. */
const lines = /([^\n\r\x85\u2028\u2029]*)([\n\r\x85\u2028\u2029]?)/g

function utf8Length(text: string): number {
  let length = 0
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return length
}
