import { bytesOf, quote } from '@slipway/go-template'

/** What is wrong with a JSON text, in the words of Go's encoding/json; undefined when nothing is. */
export function jsonFault(text: string): string | undefined {
  try {
    const scanner = new Scanner(text)
    scanner.first()
    scanner.end()
    return undefined
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

/** Where the first value of a text ends, whatever follows. Throws an Error with the words of Go's json.Decoder. */
export function firstJsonEnd(text: string): number {
  try {
    return new Scanner(text).first()
  } catch (error) {
    if (error instanceof Fault && error.isAtEnd) throw new Error(text.trim() === '' ? 'EOF' : 'unexpected EOF')
    throw error
  }
}

class Fault extends Error {
  /** The text ended too soon. */
  readonly isAtEnd: boolean

  constructor(message: string, isAtEnd: boolean) {
    super(message)
    this.isAtEnd = isAtEnd
  }
}

const literals: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' }

/** Go's scanner, which knows by a stack of open collections what may come next. */
class Scanner {
  private readonly text: string
  private at = 0
  /** `{` and `[` that are open. */
  private readonly open: string[] = []

  constructor(text: string) {
    // Go reads a space behind the end to see whether a number or literal ends there.
    this.text = `${text} `
  }

  /** Reads a value; where it ends. */
  first(): number {
    this.value()
    for (let closes = this.closes(); this.open.length > 0; closes = this.closes()) if (!closes) this.value()
    return this.at
  }

  /** Nothing but spaces may follow. */
  end(): void {
    this.spaces()
    if (this.at < this.text.length) this.fail('after top-level value')
  }

  private fail(where: string): never {
    const isAtEnd = this.at >= this.text.length - 1
    const code = this.text.codePointAt(this.at)
    if (code === undefined) throw new Fault('unexpected end of JSON input', isAtEnd)
    throw new Fault(`invalid character ${quoteByte(code)} ${where}`, isAtEnd)
  }

  private spaces(): void {
    while (/^[ \t\r\n]$/.test(this.text[this.at] ?? '')) this.at++
  }

  /** Reads what stands behind a value; true when it closes the collection. */
  private closes(): boolean {
    const collection = this.open.at(-1)
    if (collection === undefined) return false
    this.spaces()
    const close = collection === '{' ? '}' : ']'
    if (this.text[this.at] === close) {
      this.at++
      this.open.pop()
      return true
    }
    if (this.text[this.at] !== ',')
      this.fail(collection === '{' ? 'after object key:value pair' : 'after array element')
    this.at++
    if (collection === '{') this.key()
    return false
  }

  private key(): void {
    this.spaces()
    if (this.text[this.at] !== '"') this.fail('looking for beginning of object key string')
    this.string()
    this.spaces()
    if (this.text[this.at] !== ':') this.fail('after object key')
    this.at++
  }

  /** A scalar, an empty collection, or the start of one up to its first scalar. */
  private value(): void {
    for (;;) {
      this.spaces()
      const char = this.text[this.at] ?? ''
      if (char !== '{' && char !== '[') {
        this.scalar(char)
        return
      }
      this.at++
      this.spaces()
      if (this.text[this.at] === (char === '{' ? '}' : ']')) {
        this.at++
        return
      }
      this.open.push(char)
      if (char === '{') this.key()
    }
  }

  private scalar(char: string): void {
    const literal = Object.hasOwn(literals, char) ? literals[char] : undefined
    if (char === '"') this.string()
    else if (literal !== undefined) this.literal(literal)
    else if (/^[-0-9]$/.test(char)) this.number()
    else this.fail('looking for beginning of value')
  }

  private literal(word: string): void {
    for (const expected of word) {
      if (this.text[this.at] !== expected) this.fail(`in literal ${word} (expecting '${expected}')`)
      this.at++
    }
  }

  private string(): void {
    for (this.at++; this.text[this.at] !== '"'; this.at++) {
      const char = this.text[this.at]
      // The space that was added ends no string.
      if (char === undefined || this.at === this.text.length - 1) throw new Fault('unexpected end of JSON input', true)
      if (char < ' ') this.fail('in string literal')
      if (char === '\\') this.escape()
    }
    this.at++
  }

  private escape(): void {
    this.at++
    if (!/^[bfnrt\\/"u]$/.test(this.text[this.at] ?? '')) this.fail('in string escape code')
    if (this.text[this.at] !== 'u') return
    for (let digit = 0; digit < 4; digit++) {
      this.at++
      if (!/^[0-9a-fA-F]$/.test(this.text[this.at] ?? '')) this.fail('in \\u hexadecimal character escape')
    }
  }

  private number(): void {
    if (this.text[this.at] === '-') this.at++
    if (this.text[this.at] === '0') this.at++
    else this.digits('in numeric literal')
    if (this.text[this.at] === '.') {
      this.at++
      this.digits('after decimal point in numeric literal')
    }
    if (this.text[this.at] !== 'e' && this.text[this.at] !== 'E') return
    this.at++
    if (this.text[this.at] === '+' || this.text[this.at] === '-') this.at++
    this.digits('in exponent of numeric literal')
  }

  private digits(where: string): void {
    if (!/^[0-9]$/.test(this.text[this.at] ?? '')) this.fail(where)
    while (/^[0-9]$/.test(this.text[this.at] ?? '')) this.at++
  }
}

/** Go names the byte, as if it were a character by itself. */
function quoteByte(code: number): string {
  const byte = bytesOf(String.fromCodePoint(code))[0] ?? 0
  if (byte === 0x27) return "'\\''"
  if (byte === 0x22) return `'"'`
  return `'${quote(String.fromCharCode(byte)).slice(1, -1)}'`
}
