import { isBlank, isBlankOrEnd, isBreak, isEnd, isWordCharacter } from './characters.ts'
import { scanBlockScalar } from './scan-block-scalar.ts'
import { scanPlain, scanQuoted } from './scan-flow-scalar.ts'
import { scanDirective, scanTag } from './scan-tag.ts'
import { TextCursor } from './text-cursor.ts'
import { type Mark, scanProblem } from './yaml-error.ts'

export type TokenType =
  | 'streamEnd'
  | 'versionDirective'
  | 'tagDirective'
  | 'documentStart'
  | 'documentEnd'
  | 'blockSequenceStart'
  | 'blockMappingStart'
  | 'blockEnd'
  | 'flowSequenceStart'
  | 'flowSequenceEnd'
  | 'flowMappingStart'
  | 'flowMappingEnd'
  | 'blockEntry'
  | 'flowEntry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

export interface Token {
  readonly type: TokenType
  readonly mark: Mark
  /** A scalar's text, an anchor's name, a tag's or directive's handle, a version. */
  readonly value: string
  /** A tag's suffix or a directive's prefix. */
  readonly suffix: string
  /** How a scalar is written; of other tokens, plain. */
  readonly style: ScalarStyle
}

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded'

/** A comment that stands alone or behind something; those behind `|` and `>` are not among them. */
export interface Comment {
  readonly mark: Mark
  readonly text: string
}

/** A place where a key without `?` may have begun: the last one of its flow level. */
interface SimpleKey {
  isPossible: boolean
  /** Whether the token at its place is held back until it is known to be a key. */
  isAwaited: boolean
  isRequired: boolean
  tokenNumber: number
  mark: Mark
}

/** Collections inside each other; the parser's recursion needs the bound, goyaml's is 10,000. */
const maxDepth = 1000

/** A simple key's colon must come within so many characters (YAML 1.1, section 7.5). */
const maxKeyLength = 1024

const start: Mark = { index: 0, line: 0, column: 0 }

function noKey(tokenNumber: number): SimpleKey {
  return { isPossible: false, isAwaited: false, isRequired: false, tokenNumber, mark: start }
}

/** A token that is its type and no more. */
function indicator(type: TokenType, mark: Mark): Token {
  return { type, mark, value: '', suffix: '', style: 'plain' }
}

/** Letters and digits, which most plain scalars begin with. */
function isPlainStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39)
}

/** Cuts YAML into tokens as libyaml's scanner does, with its errors; indentation becomes block tokens. */
export class Scanner {
  private readonly cursor: TextCursor
  private tokens: Token[] = []
  private head = 0
  /** The token at the head, once it is known that none comes before it. */
  private ready: Token | undefined
  private taken = 0
  private indent = -1
  private readonly indents: number[] = []
  private simpleKeyAllowed = true
  /** One per flow level, the block context first. */
  private readonly simpleKeys: SimpleKey[] = [noKey(-1)]
  private isDone = false
  private readonly comments: Comment[] | undefined

  /** Comments are put into `comments`, where they are wanted. */
  constructor(text: string, comments?: Comment[]) {
    this.cursor = new TextCursor(text)
    this.comments = comments
  }

  /** The next token, which stays. */
  peek(): Token {
    if (this.ready === undefined) {
      while (this.needsMore()) this.fetch()
      this.ready = this.tokens[this.head]
    }
    return this.ready as Token
  }

  /** Takes the token that `peek` gave. */
  skip(): void {
    this.ready = undefined
    this.head++
    this.taken++
    if (this.head > 64) {
      this.tokens = this.tokens.slice(this.head)
      this.head = 0
    }
  }

  private get flowLevel(): number {
    return this.simpleKeys.length - 1
  }

  /** A token that may turn out to be a key must wait for its colon. */
  private needsMore(): boolean {
    if (this.head === this.tokens.length) return !this.isDone
    for (let i = 0; i < this.simpleKeys.length; i++) {
      const key = this.simpleKeys[i] as SimpleKey
      if (key.isAwaited && key.tokenNumber === this.taken && this.isKeyValid(key)) return true
    }
    return false
  }

  private isKeyValid(key: SimpleKey): boolean {
    if (!key.isPossible) return false
    const { cursor } = this
    if (key.mark.line >= cursor.line && key.mark.index + maxKeyLength >= cursor.index) return true
    if (key.isRequired) throw scanProblem("could not find expected ':'", cursor.mark(), key.mark)
    key.isPossible = false
    return false
  }

  private saveSimpleKey(mark: Mark): void {
    if (!this.simpleKeyAllowed) return
    this.removeSimpleKey()
    const key = this.simpleKeys[this.flowLevel] as SimpleKey
    key.isPossible = true
    key.isAwaited = true
    key.isRequired = this.flowLevel === 0 && this.indent === mark.column
    key.tokenNumber = this.nextNumber()
    key.mark = mark
  }

  /** The number of the token that is fetched next. */
  private nextNumber(): number {
    return this.taken + this.tokens.length - this.head
  }

  private removeSimpleKey(): void {
    const key = this.simpleKeys[this.flowLevel] as SimpleKey
    if (!key.isPossible) return
    if (key.isRequired) throw scanProblem("could not find expected ':'", this.cursor.mark(), key.mark)
    key.isPossible = false
  }

  private rollIndent(column: number, type: TokenType, mark: Mark, tokenNumber?: number): void {
    if (this.flowLevel > 0 || this.indent >= column) return
    this.indents.push(this.indent)
    this.indent = column
    if (this.indents.length > maxDepth) throw scanProblem(`exceeded max depth of ${maxDepth}`, this.cursor.mark())
    this.insert(indicator(type, mark), tokenNumber)
  }

  private unrollIndent(column: number): void {
    if (this.flowLevel > 0) return
    while (this.indent > column) {
      this.insert(indicator('blockEnd', this.cursor.mark()))
      this.indent = this.indents.pop() ?? -1
    }
  }

  private insert(token: Token, tokenNumber?: number): void {
    const { tokens } = this
    if (tokenNumber === undefined || tokenNumber < this.taken) {
      tokens.push(token)
      return
    }
    // Only the tokens of one key stand behind this place.
    let at = tokens.length
    for (const place = this.head + tokenNumber - this.taken; at > place; at--) tokens[at] = tokens[at - 1] as Token
    tokens[at] = token
  }

  private fetch(): void {
    this.skipToToken()
    const { cursor } = this
    this.unrollIndent(cursor.column)
    const code = cursor.code()
    if (isEnd(code)) {
      this.fetchEnd()
      return
    }
    if (cursor.column === 0) {
      if (code === 0x25) {
        this.fetchDirective()
        return
      }
      if (cursor.isDocumentMarker()) {
        this.fetchDocumentMarker(code === 0x2d ? 'documentStart' : 'documentEnd')
        return
      }
    }
    this.fetchContent(code)
  }

  private fetchContent(code: number): void {
    const { cursor } = this
    const nextIsBlank = isBlankOrEnd(cursor.code(1))
    const inFlow = this.flowLevel > 0
    if (isPlainStart(code)) {
      this.fetchPlain()
      return
    }
    switch (String.fromCharCode(code)) {
      case '[':
        this.fetchFlowStart('flowSequenceStart')
        return
      case '{':
        this.fetchFlowStart('flowMappingStart')
        return
      case ']':
        this.fetchFlowEnd('flowSequenceEnd')
        return
      case '}':
        this.fetchFlowEnd('flowMappingEnd')
        return
      case ',':
        this.fetchFlowEntry()
        return
      case '-':
        if (nextIsBlank) this.fetchBlockEntry()
        else this.fetchPlain()
        return
      case '?':
        if (inFlow || nextIsBlank) this.fetchKey()
        else this.fetchPlain()
        return
      case ':':
        if (inFlow || nextIsBlank) this.fetchValue()
        else this.fetchPlain()
        return
      case '*':
        this.fetchAnchor('alias')
        return
      case '&':
        this.fetchAnchor('anchor')
        return
      case '!':
        this.insert(scanTag(cursor, this.startNodePart()))
        return
      case "'":
      case '"':
        this.insert(scanQuoted(cursor, this.startNodePart()))
        return
      case '|':
      case '>':
        if (!inFlow) {
          this.fetchBlockScalar()
          return
        }
        break
      case '#':
      case '%':
      case '@':
      case '`':
      case '\t':
        break
      default:
        this.fetchPlain()
        return
    }
    throw scanProblem('found character that cannot start any token', cursor.mark())
  }

  private skipToToken(): void {
    const { cursor } = this
    for (;;) {
      const skipsTabs = this.flowLevel > 0 || !this.simpleKeyAllowed
      cursor.skipSpaces()
      while (skipsTabs && isBlank(cursor.code())) cursor.skip(1)
      if (cursor.code() === 0x23) this.skipComment()
      if (!isBreak(cursor.code())) return
      cursor.skipLine()
      if (this.flowLevel === 0) this.simpleKeyAllowed = true
    }
  }

  private skipComment(): void {
    if (this.comments) this.comments.push({ mark: this.cursor.mark(), text: this.cursor.readToBreak() })
    else this.cursor.skipToBreak()
  }

  private fetchEnd(): void {
    this.cursor.endLine()
    this.unrollIndent(-1)
    this.removeSimpleKey()
    this.simpleKeyAllowed = false
    this.insert(indicator('streamEnd', this.cursor.mark()))
    this.isDone = true
  }

  private fetchDirective(): void {
    this.unrollIndent(-1)
    this.removeSimpleKey()
    this.simpleKeyAllowed = false
    this.insert(scanDirective(this.cursor))
  }

  private fetchDocumentMarker(type: TokenType): void {
    this.unrollIndent(-1)
    this.removeSimpleKey()
    this.simpleKeyAllowed = false
    this.insertIndicator(type, 3)
  }

  private insertIndicator(type: TokenType, length = 1): void {
    this.insert(indicator(type, this.cursor.mark()))
    this.cursor.skip(length)
  }

  private fetchFlowStart(type: TokenType): void {
    this.saveSimpleKey(this.cursor.mark())
    this.simpleKeys.push(noKey(this.nextNumber()))
    if (this.flowLevel > maxDepth) throw scanProblem(`exceeded max depth of ${maxDepth}`, this.cursor.mark())
    this.simpleKeyAllowed = true
    this.insertIndicator(type)
  }

  private fetchFlowEnd(type: TokenType): void {
    this.removeSimpleKey()
    if (this.flowLevel > 0) this.leaveFlow()
    this.simpleKeyAllowed = false
    this.insertIndicator(type)
  }

  private leaveFlow(): void {
    const inner = this.simpleKeys.pop() as SimpleKey
    const outer = this.simpleKeys.at(-1) as SimpleKey
    // goyaml's scanner forgets that an empty collection may be a key, so that its tokens go on at once.
    if (outer.tokenNumber === inner.tokenNumber) outer.isAwaited = false
  }

  private fetchFlowEntry(): void {
    this.removeSimpleKey()
    this.simpleKeyAllowed = true
    this.insertIndicator('flowEntry')
  }

  private fetchBlockEntry(): void {
    if (this.flowLevel === 0) {
      this.requireKeyAllowed('block sequence entries are not allowed in this context')
      this.rollIndent(this.cursor.column, 'blockSequenceStart', this.cursor.mark())
    }
    this.removeSimpleKey()
    this.simpleKeyAllowed = true
    this.insertIndicator('blockEntry')
  }

  private requireKeyAllowed(message: string): void {
    if (!this.simpleKeyAllowed) throw scanProblem(message, this.cursor.mark())
  }

  private fetchKey(): void {
    if (this.flowLevel === 0) {
      this.requireKeyAllowed('mapping keys are not allowed in this context')
      this.rollIndent(this.cursor.column, 'blockMappingStart', this.cursor.mark())
    }
    this.removeSimpleKey()
    this.simpleKeyAllowed = this.flowLevel === 0
    this.insertIndicator('key')
  }

  /** A colon makes a key of what came before it on its line, if anything did. */
  private fetchValue(): void {
    const key = this.simpleKeys[this.flowLevel] as SimpleKey
    if (this.isKeyValid(key)) {
      this.insert(indicator('key', key.mark), key.tokenNumber)
      this.rollIndent(key.mark.column, 'blockMappingStart', key.mark, key.tokenNumber)
      key.isPossible = false
      this.simpleKeyAllowed = false
    } else {
      if (this.flowLevel === 0) {
        this.requireKeyAllowed('mapping values are not allowed in this context')
        this.rollIndent(this.cursor.column, 'blockMappingStart', this.cursor.mark())
      }
      this.simpleKeyAllowed = this.flowLevel === 0
    }
    this.insertIndicator('value')
  }

  private fetchAnchor(type: 'alias' | 'anchor'): void {
    const { cursor } = this
    const mark = this.startNodePart()
    cursor.skip(1)
    const value = cursor.readWhile(isWordCharacter)
    const code = cursor.code()
    if (value === '' || !(isBlankOrEnd(code) || '?:,]}%@`'.includes(String.fromCharCode(code)))) {
      throw scanProblem('did not find expected alphabetic or numeric character', cursor.mark())
    }
    this.insert({ type, mark, value, suffix: '', style: 'plain' })
  }

  /** Where something begins that a simple key may begin with. */
  private startNodePart(): Mark {
    const mark = this.cursor.mark()
    this.saveSimpleKey(mark)
    this.simpleKeyAllowed = false
    return mark
  }

  private fetchPlain(): void {
    const mark = this.startNodePart()
    const { token, endsLine } = scanPlain(this.cursor, mark, this.indent + 1, this.flowLevel > 0)
    this.insert(token)
    if (endsLine) this.simpleKeyAllowed = true
  }

  private fetchBlockScalar(): void {
    this.removeSimpleKey()
    this.simpleKeyAllowed = true
    this.insert(scanBlockScalar(this.cursor, this.indent))
  }
}
