import { isBlank, isBlankOrEnd, isBreak, isPrintable } from './characters.ts'

/** How a scalar should look, if its characters allow it. */
export type Style = 'plain' | 'double' | 'literal'

/** In what the emitters of goyaml's versions differ. */
export interface Dialect {
  /** Plain and quoted scalars fold at the first space beyond this column. */
  readonly width: number
  /** Whether a list in a map stands on its key's level. */
  readonly hasFlatLists: boolean
  /** Whether a block scalar may have tabs. */
  readonly blocksHaveTabs: boolean
}

export const goyamlV2: Dialect = { width: 80, hasFlatLists: true, blocksHaveTabs: false }
export const goyamlV3: Dialect = { width: Number.POSITIVE_INFINITY, hasFlatLists: false, blocksHaveTabs: true }

/** Writes block YAML as libyaml's emitter does in goyaml: tracks column, indent and what was written last. */
export class Emitter {
  private readonly dialect: Dialect
  private out = ''
  private column = 0
  private wroteSpace = true
  /** Only indentation and indicators stand on this line so far. */
  private wroteIndent = true
  private indent = -1

  constructor(dialect: Dialect) {
    this.dialect = dialect
  }

  /** The text, ended with a newline. */
  finish(): string {
    this.indent = 0
    this.writeIndent()
    return this.out
  }

  /** Further lines of a scalar stand one level deeper. */
  scalar(text: string, style: Style, isSimpleKey: boolean): void {
    const outer = this.indent
    this.indent = Math.max(outer, 0) + 2
    this.styled(text, style, isSimpleKey)
    this.indent = outer
  }

  private styled(text: string, style: Style, isSimpleKey: boolean): void {
    const shape = analyze(text, this.dialect)
    switch (chosenStyle(text, style, shape, isSimpleKey)) {
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
    else if (!(isListInMap && this.dialect.hasFlatLists) || this.wroteIndent) this.indent += 2
    write()
    this.indent = outer
  }

  /** Writes a tag in front of a node. */
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
    if (!this.wroteSpace) this.put(' ')
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
    this.indicator('|', true, false)
    if (text.startsWith(' ') || isBreak(text.charCodeAt(0))) this.indicator('2', false, false)
    const chomping = chompingOf(text)
    if (chomping) this.indicator(chomping, false, false)
    this.newline()
    this.wroteIndent = true
    this.wroteSpace = true
    for (const [, line = '', end = ''] of text.matchAll(lines)) {
      if (line !== '') {
        this.writeIndent()
        this.put(line)
        this.wroteIndent = false
      }
      if (end !== '') {
        this.putBreak(end)
        this.wroteIndent = true
      }
    }
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

const shortEscapes: Record<number, string> = {
  0: '0',
  7: 'a',
  8: 'b',
  9: 't',
  10: 'n',
  11: 'v',
  12: 'f',
  13: 'r',
  27: 'e',
  34: '"',
  92: '\\',
  133: 'N',
  160: '_',
  8232: 'L',
  8233: 'P',
}

function escaped(code: number): string {
  const short = shortEscapes[code]
  if (short !== undefined) return `\\${short}`
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** What the characters of a scalar allow. */
interface Shape {
  hasBreaks: boolean
  plain: boolean
  single: boolean
  block: boolean
}

/** Most scalars: letters, digits and some signs, so nothing to look for. */
const simple = /^[A-Za-z0-9_/](?:[A-Za-z0-9_/. -]*[A-Za-z0-9_/.-])?$/
const simpleShape: Shape = { hasBreaks: false, plain: true, single: true, block: true }

/** libyaml's analysis of a scalar for block context. */
function analyze(text: string, { blocksHaveTabs }: Dialect): Shape {
  if (simple.test(text)) return simpleShape
  if (text === '') return { hasBreaks: false, plain: true, single: true, block: false }
  let hasBreaks = false
  let isSpecial = false
  let hasTabs = false
  let breakThenSpace = false
  let spaceThenBreak = false
  let previous: 'space' | 'break' | undefined
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    if (code === 0x09 && blocksHaveTabs) hasTabs = true
    else if (!isPrintable(code)) isSpecial = true
    if (char === ' ') {
      if (previous === 'break') breakThenSpace = true
      previous = 'space'
    } else if (isBreak(code)) {
      hasBreaks = true
      if (previous === 'space') spaceThenBreak = true
      previous = 'break'
    } else previous = undefined
  }
  const isUnsafe = spaceThenBreak || isSpecial
  const single = !breakThenSpace && !isUnsafe && !hasTabs
  const startsOrEndsBlank = /^[ \n\r\x85\u2028\u2029]|[ \n\r\x85\u2028\u2029]$/.test(text)
  return {
    hasBreaks,
    plain: single && !hasBreaks && !startsOrEndsBlank && !hasBlockIndicator(text),
    single,
    block: !text.endsWith(' ') && !isUnsafe,
  }
}

/** Characters that would start something else than a plain scalar, or end it. */
function hasBlockIndicator(text: string): boolean {
  if (text.startsWith('---') || text.startsWith('...')) return true
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return true
  if (/^[-?:]/.test(text) && isBlankOrEnd(text.charCodeAt(1))) return true
  for (let i = 1; i < text.length; i++) {
    if (text[i] === ':' && (i + 1 === text.length || isBlank(text.charCodeAt(i + 1)))) return true
    if (text[i] === '#' && isBlankOrEnd(text.charCodeAt(i - 1))) return true
  }
  return false
}

function chosenStyle(
  text: string,
  wanted: Style,
  shape: Shape,
  isSimpleKey: boolean,
): 'plain' | 'single' | 'double' | 'literal' {
  if (isSimpleKey && shape.hasBreaks) return 'double'
  if (wanted === 'double') return 'double'
  if (wanted === 'literal') return shape.block && !isSimpleKey ? 'literal' : 'double'
  if (shape.plain && !(text === '' && isSimpleKey)) return 'plain'
  return shape.single ? 'single' : 'double'
}

function utf8Length(text: string): number {
  let length = 0
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return length
}
