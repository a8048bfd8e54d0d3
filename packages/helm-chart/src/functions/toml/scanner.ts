import { quote, quoteRune, sprintf } from '@slipway/go-template'

/** What is wrong with a TOML text, and on which line, from 1. */
export class TomlFault extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

/** A number or date as it is written. */
export interface Literal {
  readonly kind: 'integer' | 'float' | 'datetime'
  readonly text: string
}

/** Go's `%q` of a character, of U+0000 for the end of the text. */
export function quoteNext(char: string | undefined): string {
  return quoteRune(char ?? '\0')
}

const isHex = (char: string | undefined) => char !== undefined && /^[0-9a-fA-F]$/.test(char)

/** Reads the pieces of TOML that have no structure, with the errors of BurntSushi/toml's lexer. */
export class TomlScanner {
  private readonly text: string
  private at = 0
  line = 1

  constructor(text: string) {
    this.text = text
  }

  fail(message: string): never {
    throw new TomlFault(message, this.line)
  }

  /** A newline or the end is named with the line before it. */
  failBefore(message: string): never {
    throw new TomlFault(message, this.line - 1)
  }

  /** For what ended too soon: a last line without anything is not the place. */
  failAtEnd(message: string): never {
    throw new TomlFault(message, this.line - (this.text[this.at - 1] === '\n' ? 1 : 0))
  }

  /** The next character, which stays; undefined at the end. */
  peek(): string | undefined {
    const code = this.text.codePointAt(this.at)
    if (code === undefined) return undefined
    const char = String.fromCodePoint(code)
    if (code >= 0xd800 && code <= 0xdfff) this.fail(sprintf('invalid UTF-8 byte: 0x%02x', BigInt(code & 0xff)))
    const isControl = (code < 0x20 && !/^[\t\r\n]$/.test(char)) || code === 0x7f
    if (isControl || (char === '\r' && this.text[this.at + 1] !== '\n')) {
      this.fail(sprintf("TOML files cannot contain control characters: '0x%02x'", BigInt(code)))
    }
    return char
  }

  next(): string | undefined {
    const char = this.peek()
    if (char === undefined) return undefined
    if (char === '\n') this.line++
    this.at += char.length
    return char
  }

  startsWith(wanted: string): boolean {
    return this.text.startsWith(wanted, this.at)
  }

  accept(wanted: string): boolean {
    if (!this.startsWith(wanted)) return false
    for (let i = 0; i < wanted.length; i++) this.next()
    return true
  }

  skipBlanks(): void {
    while (this.peek() === ' ' || this.peek() === '\t') this.next()
  }

  /** Blanks, newlines and comments. */
  skipFiller(): void {
    for (;;) {
      const char = this.peek()
      if (char === '#') this.comment()
      else if (char !== undefined && /^[ \t\r\n]$/.test(char)) this.next()
      else return
    }
  }

  comment(): void {
    while (this.peek() !== undefined && this.peek() !== '\n' && this.peek() !== '\r') this.next()
  }

  bareKey(): string {
    return this.take(/[A-Za-z0-9_-]*/y)
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0] ?? ''
    this.at += found.length
    // What ends it must be a character too.
    this.peek()
    return found
  }

  /** A string on one line, behind its opening quote. */
  string(quoteChar: '"' | "'"): string {
    const start = this.at
    for (;;) {
      const char = this.next()
      if (char === undefined) this.failAtEnd(`unexpected EOF; expected ${quoteChar === '"' ? `'"'` : `"'"`}`)
      if (char === '\n' || char === '\r') this.failBefore('strings cannot contain newlines')
      if (char === '\\' && quoteChar === '"') this.escape(start)
      if (char === quoteChar) break
    }
    const body = this.text.slice(start, this.at - 1)
    return quoteChar === '"' ? this.unescape(body) : body
  }

  /** A string over several lines, behind its opening quotes. */
  multiline(quoteChar: '"' | "'"): string {
    const start = this.at
    const end = quoteChar.repeat(3)
    const shown = quoteChar === '"' ? `'"""'` : `"'''"`
    for (;;) {
      const char = this.next()
      if (char === undefined) this.failAtEnd(`unexpected EOF; expected ${shown}`)
      if (char === '\\' && quoteChar === '"') {
        if (this.peek() === '\n' || this.peek() === '\r') this.next()
        else this.escape(start)
      }
      if (char === quoteChar && this.startsWith(end.slice(1))) break
    }
    // Up to two quotes may stand before the three that end it.
    this.at += 2
    let quotes = 3
    while (this.text[this.at] === quoteChar) {
      this.at++
      if (++quotes > 5) this.fail(`unexpected ${quoteChar === '"' ? `'""""""'` : `"''''''"`}`)
    }
    const body = this.text.slice(start, this.at - 3).replace(/^\r?\n/, '')
    return quoteChar === '"' ? this.unescape(body.replaceAll(lineEnd, (all) => (all === '\\\\' ? all : ''))) : body
  }

  /** Checks what follows a backslash. */
  private escape(start: number): void {
    const char = this.next()
    if (char !== undefined && 'ebtnfr"\\ \t'.includes(char)) return
    const digits = char === 'x' ? 2 : char === 'u' ? 4 : char === 'U' ? 8 : 0
    if (digits === 0) {
      const message = `invalid escape in string '\\${char ?? '\0'}'`
      if (char === undefined) this.failBefore(message)
      this.fail(message)
    }
    for (let i = 0; i < digits; i++) {
      if (isHex(this.next())) continue
      const count = { 2: 'two', 4: 'four', 8: 'eight' }[digits]
      const current = quote(this.text.slice(start, this.at))
      this.fail(`expected ${count} hexadecimal digits after '\\${char}', but got ${current} instead`)
    }
  }

  private unescape(body: string): string {
    return body.replaceAll(/\\(?:x..|u.{4}|U.{8}|.)/gs, (sequence) => {
      const [, kind = ''] = sequence
      if (sequence.length === 2) {
        if (kind === ' ' || kind === '\t') this.fail(`invalid escape: '${sequence}'`)
        return simpleEscapes[kind] ?? kind
      }
      const hex = sequence.slice(2)
      const code = Number.parseInt(hex, 16)
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        this.fail(`Escaped character '\\u${hex}' is not valid UTF-8.`)
      }
      return String.fromCodePoint(code)
    })
  }

  /** A number or date that begins with a digit. */
  numberOrDate(): Literal {
    const based = this.take(/0[xob]/y)
    if (based !== '') return { kind: 'integer', text: based + this.basedDigits(based) }
    const digits = this.take(/0_|\d+/y)
    const following = this.text[this.at] ?? ''
    if (/^\d\d/.test(digits) || !digits.startsWith('0')) {
      if (following === '-' || following === ':') {
        return { kind: 'datetime', text: (digits + this.take(/[-0-9:Tt .Zz+]*/y)).trim() }
      }
    }
    return this.decimal(digits)
  }

  private basedDigits(prefix: string): string {
    const [first, all, name] = bases[prefix] ?? [/./, /./y, '']
    const next = this.peek()
    if (next === undefined || !first.test(next)) this.fail(`not ${name} number: '${prefix}${next ?? '\0'}'`)
    return this.take(all)
  }

  private decimal(start: string): Literal {
    const whole = start + this.take(/[0-9_]*/y)
    if (!/^[.eE]/.test(this.text[this.at] ?? '')) return { kind: 'integer', text: whole }
    return { kind: 'float', text: whole + this.take(/[0-9_.+eE-]*/y) }
  }

  /** A number behind its sign. */
  signed(sign: string): Literal {
    for (const word of ['inf', 'nan']) if (this.accept(word)) return { kind: 'float', text: sign + word }
    const char = this.peek()
    if (char === 'i' || char === 'n') {
      const wanted = char === 'i' ? 'inf' : 'nan'
      let seen = sign
      for (const letter of wanted) {
        const next = this.next()
        if (next === letter) seen += letter
        else break
      }
      this.fail(`invalid float: '${seen}'`)
    }
    if (char === '.') this.fail("floats must start with a digit, not '.'")
    if (char === undefined || !/^\d$/.test(char)) this.fail(`expected a digit but got ${quoteNext(char)}`)
    const based = /^0[box]/.exec(this.text.slice(this.at, this.at + 2))
    if (based) this.fail(`cannot use sign with non-decimal numbers: '${sign}${based[0]}'`)
    return this.decimal(sign)
  }

  /** Letters, which are `true`, `false` or a mistake. */
  word(): string {
    return this.take(/\p{L}*/uy)
  }
}

const lineEnd = /\\\\|\\[ \t]*\r?\n[ \t\r\n]*/g

const simpleEscapes: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\x1b',
}

const bases: Readonly<Record<string, [RegExp, RegExp, string]>> = {
  '0x': [/^[0-9a-fA-F]$/, /[0-9a-fA-F_]*/y, 'a hexadecimal'],
  '0o': [/^[0-7]$/, /[0-7_]*/y, 'an octal'],
  '0b': [/^[01]$/, /[01_]*/y, 'a binary'],
}
