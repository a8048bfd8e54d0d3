import { spend } from './budget.ts'
import { quote } from './strconv.ts'
import { byteLength } from './utf8.ts'

/** The kinds of token in a template. Keywords and `.` are kinds of their own, as in Go's lexer. */
export type TokenType =
  | 'text'
  | 'comment'
  | 'leftDelim'
  | 'rightDelim'
  | 'space'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'bool'
  | 'number'
  | 'complex'
  | 'charConstant'
  | 'string'
  | 'rawString'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'leftParen'
  | 'rightParen'
  | 'char'
  | 'eof'
  | 'error'
  | Keyword

type Keyword =
  | 'dot'
  | 'block'
  | 'break'
  | 'continue'
  | 'define'
  | 'else'
  | 'end'
  | 'if'
  | 'nil'
  | 'range'
  | 'template'
  | 'with'

/** One token: its text, where it starts (UTF-16 offset) and its line, from 1. */
export interface Token {
  readonly type: TokenType
  readonly pos: number
  readonly text: string
  readonly line: number
}

const keywords = new Map<string, Keyword>(
  (['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'nil', 'range', 'template', 'with'] as const).map(
    (word) => [word, word],
  ),
)
const keywordTypes = new Set<TokenType>(['dot', ...keywords.values()])

/** A token as Go's parser names it in errors: `"foo"`, `<end>`, `EOF`. */
export function describeToken(token: Token): string {
  if (token.type === 'eof') return 'EOF'
  if (token.type === 'error') return token.text
  if (keywordTypes.has(token.type)) return `<${token.text}>`
  if (byteLength(token.text) > 10) return `${quote([...token.text].slice(0, 10).join(''))}...`
  return quote(token.text)
}

/** What the parser tells the lexer about its input. */
export interface LexerOptions {
  readonly leftDelim: string
  readonly rightDelim: string
  /** `break` and `continue` are identifiers when functions of that name exist. */
  readonly breakIsKeyword: boolean
  readonly continueIsKeyword: boolean
}

const spaces = /[ \t\r\n]+/y
const asciiWord = /[A-Za-z0-9_]*/y
const word = /[\p{L}\p{Nd}_]*/uy
const number =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y

/** Where a text ends without the spaces at its end. */
function trimmedEnd(input: string, start: number, end: number): number {
  let at = end
  while (at > start && isSpaceCode(input.charCodeAt(at - 1))) at--
  return at
}

function isSpaceCode(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

/** What the nodes and closures take that a token becomes part of. */
const bytesPerToken = 256

/** Cuts a template into tokens, one at a time; the first error token ends it. Rules: Go's text/template/parse/lex.go. */
export class Lexer {
  private readonly input: string
  private readonly options: LexerOptions
  private pos = 0
  private insideAction = false
  private parenDepth = 0
  private countedTo = 0
  private countedLines = 1

  constructor(input: string, options: LexerOptions) {
    this.input = input
    this.options = options
  }

  /** The next token; `eof` again and again after the end. */
  next(): Token {
    return this.insideAction ? this.lexAction() : this.lexText()
  }

  private token(type: TokenType, start: number, end: number): Token {
    spend(bytesPerToken)
    this.pos = end
    return { type, pos: start, text: this.input.slice(start, end), line: this.lineAt(start) }
  }

  private error(start: number, message: string): Token {
    return { type: 'error', pos: start, text: message, line: this.lineAt(start) }
  }

  /** Tokens come in order, so lines are counted once. */
  private lineAt(pos: number): number {
    let newline = this.input.indexOf('\n', this.countedTo)
    while (newline !== -1 && newline < pos) {
      this.countedLines++
      this.countedTo = newline + 1
      newline = this.input.indexOf('\n', this.countedTo)
    }
    if (newline === -1 || newline >= pos) this.countedTo = Math.max(this.countedTo, pos)
    return this.countedLines
  }

  private lexText(): Token {
    const start = this.pos
    const delim = this.input.indexOf(this.options.leftDelim, start)
    if (delim === -1) {
      const end = this.input.length
      return end > start ? this.token('text', start, end) : this.token('eof', end, end)
    }
    const afterDelim = delim + this.options.leftDelim.length
    const trims = this.hasLeftTrim(afterDelim)
    if (delim > start) {
      const end = trims ? trimmedEnd(this.input, start, delim) : delim
      if (end > start) {
        const token = this.token('text', start, end)
        this.pos = delim
        return token
      }
    }
    return this.lexLeftDelim(delim, afterDelim, trims)
  }

  private lexLeftDelim(delim: number, afterDelim: number, trims: boolean): Token {
    const content = afterDelim + (trims ? 2 : 0)
    if (this.input.startsWith('/*', content)) return this.lexComment(content)
    const token = this.token('leftDelim', delim, afterDelim)
    this.pos = content
    this.insideAction = true
    this.parenDepth = 0
    return token
  }

  /** Comments are dropped, with the spaces that their trim marker takes. */
  private lexComment(start: number): Token {
    const close = this.input.indexOf('*/', start + 2)
    if (close === -1) return this.error(start, 'unclosed comment')
    const end = close + 2
    const trims = this.hasTrimmedRightDelim(end)
    if (!trims && !this.input.startsWith(this.options.rightDelim, end)) {
      return this.error(start, 'comment ends before closing delimiter')
    }
    this.pos = end + (trims ? 2 : 0) + this.options.rightDelim.length
    if (trims) this.skipSpaces()
    return this.lexText()
  }

  private lexRightDelim(trims: boolean): Token {
    const start = this.pos + (trims ? 2 : 0)
    const token = this.token('rightDelim', start, start + this.options.rightDelim.length)
    if (trims) this.skipSpaces()
    this.insideAction = false
    return token
  }

  private skipSpaces(): void {
    spaces.lastIndex = this.pos
    if (spaces.test(this.input)) this.pos = spaces.lastIndex
  }

  private hasLeftTrim(pos: number): boolean {
    return this.input[pos] === '-' && isSpace(this.input[pos + 1])
  }

  private hasTrimmedRightDelim(pos: number): boolean {
    return (
      this.input[pos + 1] === '-' && isSpace(this.input[pos]) && this.input.startsWith(this.options.rightDelim, pos + 2)
    )
  }

  private lexAction(): Token {
    const start = this.pos
    const trims = this.hasTrimmedRightDelim(start)
    if (trims || this.input.startsWith(this.options.rightDelim, start)) {
      return this.parenDepth === 0 ? this.lexRightDelim(trims) : this.error(start, 'unclosed left paren')
    }
    const char = this.input[start]
    if (char === undefined) return this.error(start, 'unclosed action')
    if (isSpace(char)) return this.lexSpace(start)
    return this.lexPunctuation(start, char) ?? this.lexWordOrNumber(start, char)
  }

  private lexPunctuation(start: number, char: string): Token | undefined {
    switch (char) {
      case '=':
        return this.token('assign', start, start + 1)
      case ':':
        if (this.input[start + 1] !== '=') return this.error(start, 'expected :=')
        return this.token('declare', start, start + 2)
      case '|':
        return this.token('pipe', start, start + 1)
      case '(':
        this.parenDepth++
        return this.token('leftParen', start, start + 1)
      case ')':
        this.parenDepth--
        if (this.parenDepth < 0) return this.error(start, 'unexpected right paren')
        return this.token('rightParen', start, start + 1)
      case '"':
        return this.lexQuoted(start, '"')
      case "'":
        return this.lexQuoted(start, "'")
      case '`':
        return this.lexRawString(start)
      default:
        return undefined
    }
  }

  private lexWordOrNumber(start: number, char: string): Token {
    if (char === '$') return this.lexFieldOrVariable(start, 'variable')
    if (char === '.' && !isDigit(this.input[start + 1]) && start + 1 < this.input.length) {
      return this.lexFieldOrVariable(start, 'field')
    }
    if (char === '.' || char === '+' || char === '-' || isDigit(char)) return this.lexNumber(start)
    const end = this.wordEnd(start)
    if (end > start) return this.lexIdentifier(start, end)
    if (char >= ' ' && char <= '~') return this.token('char', start, start + 1)
    return this.error(start, `unrecognized character in action: ${describeRune(this.input, start)}`)
  }

  /** A space before a trimming right delimiter belongs to that delimiter. */
  private lexSpace(start: number): Token {
    spaces.lastIndex = start
    spaces.test(this.input)
    const end = spaces.lastIndex
    return this.token('space', start, this.hasTrimmedRightDelim(end - 1) ? end - 1 : end)
  }

  private wordEnd(start: number): number {
    asciiWord.lastIndex = start
    asciiWord.test(this.input)
    const end = asciiWord.lastIndex
    if (!(this.input.charCodeAt(end) >= 0x80)) return end
    word.lastIndex = start
    word.test(this.input)
    return word.lastIndex
  }

  private lexIdentifier(start: number, end: number): Token {
    if (!this.atTerminator(end)) return this.error(start, `bad character ${describeRune(this.input, end)}`)
    const text = this.input.slice(start, end)
    if (text === 'true' || text === 'false') return this.token('bool', start, end)
    return this.token(this.keyword(text) ?? 'identifier', start, end)
  }

  private keyword(text: string): Keyword | undefined {
    const keyword = keywords.get(text)
    if (keyword === 'break' && !this.options.breakIsKeyword) return undefined
    if (keyword === 'continue' && !this.options.continueIsKeyword) return undefined
    return keyword
  }

  private lexFieldOrVariable(start: number, type: 'field' | 'variable'): Token {
    if (this.atTerminator(start + 1)) return this.token(type === 'field' ? 'dot' : type, start, start + 1)
    const end = this.wordEnd(start + 1)
    if (!this.atTerminator(end)) return this.error(start, `bad character ${describeRune(this.input, end)}`)
    return this.token(type, start, end)
  }

  /** What may follow a word; so `.X.Y` is two tokens and `$x+2` is refused. */
  private atTerminator(pos: number): boolean {
    const char = this.input[pos]
    if (char === undefined || isSpace(char) || '.,|:)('.includes(char)) return true
    return this.input.startsWith(this.options.rightDelim, pos)
  }

  private lexNumber(start: number): Token {
    const realEnd = this.numberEnd(start)
    if (realEnd === undefined) return this.badNumber(start, this.strayEnd(start))
    const sign = this.input[realEnd]
    if (sign !== '+' && sign !== '-') return this.token('number', start, realEnd)
    const end = this.numberEnd(realEnd)
    if (end === undefined) return this.badNumber(start, this.strayEnd(realEnd))
    return this.input[end - 1] === 'i' ? this.token('complex', start, end) : this.badNumber(start, end)
  }

  /** The end of a number, undefined when a letter or digit follows it at once. */
  private numberEnd(start: number): number | undefined {
    number.lastIndex = start
    number.test(this.input)
    const end = number.lastIndex
    return this.wordEnd(end) > end ? undefined : end
  }

  /** Behind the rune that follows a number at once and does not belong. */
  private strayEnd(start: number): number {
    number.lastIndex = start
    number.test(this.input)
    const end = number.lastIndex
    return end + String.fromCodePoint(this.input.codePointAt(end) ?? 0).length
  }

  /** Go shows what it scanned so far. */
  private badNumber(start: number, end: number): Token {
    return this.error(start, `bad number syntax: ${quote(this.input.slice(start, end))}`)
  }

  private lexQuoted(start: number, delim: '"' | "'"): Token {
    for (let i = start + 1; i < this.input.length; i++) {
      const char = this.input[i]
      if (char === delim) return this.token(delim === '"' ? 'string' : 'charConstant', start, i + 1)
      if (char === '\n') break
      if (char === '\\' && this.input[++i] === '\n') break
    }
    return this.error(start, `unterminated ${delim === '"' ? 'quoted string' : 'character constant'}`)
  }

  private lexRawString(start: number): Token {
    const close = this.input.indexOf('`', start + 1)
    if (close === -1) return this.error(start, 'unterminated raw quoted string')
    return this.token('rawString', start, close + 1)
  }
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n'
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9'
}

/** Go's %#U: `U+0040 '@'`; -1 at the end of the input. */
function describeRune(text: string, pos: number): string {
  const code = text.codePointAt(pos)
  if (code === undefined) return 'U+FFFFFFFFFFFFFFFF'
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  const char = String.fromCodePoint(code)
  return /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char) ? `U+${hex} '${char}'` : `U+${hex}`
}
