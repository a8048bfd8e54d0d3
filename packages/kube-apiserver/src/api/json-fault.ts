const SPACE = /[ \t\r\n]/
const ESCAPES = '"\\/bfnrt'

/** What Go's decoder says of a text that is no JSON (encoding/json's scanner); undefined = it is JSON. */
export function jsonFault(text: string): string | undefined {
  try {
    new Scanner(text).scan()
    return undefined
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

class Fault extends Error {}

class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  scan(): void {
    this.#value()
    this.#skip()
    if (this.#at < this.#text.length) this.#unexpected('after top-level value')
  }

  /** The next character, empty at the end. A method: what it gives changes with every step. */
  #peek(): string {
    return this.#text[this.#at] ?? ''
  }

  #skip(): void {
    while (SPACE.test(this.#peek())) this.#at++
  }

  #unexpected(where: string): never {
    const char = this.#peek()
    if (char === '') throw new Fault('unexpected end of JSON input')
    throw new Fault(`invalid character ${quoted(char)} ${where}`)
  }

  #value(): void {
    this.#skip()
    const char = this.#peek()
    if (char === '{') this.#object()
    else if (char === '[') this.#array()
    else if (char === '"') this.#string()
    else if (char === '-' || isDigit(char)) this.#number()
    else if (char === 't') this.#literal('true')
    else if (char === 'f') this.#literal('false')
    else if (char === 'n') this.#literal('null')
    else this.#unexpected('looking for beginning of value')
  }

  #object(): void {
    this.#at++
    this.#skip()
    if (this.#peek() === '}') {
      this.#at++
      return
    }
    for (;;) {
      this.#skip()
      if (this.#peek() !== '"') this.#unexpected('looking for beginning of object key string')
      this.#string()
      this.#skip()
      if (this.#peek() !== ':') this.#unexpected('after object key')
      this.#at++
      this.#value()
      this.#skip()
      if (this.#peek() === '}') break
      if (this.#peek() !== ',') this.#unexpected('after object key:value pair')
      this.#at++
    }
    this.#at++
  }

  #array(): void {
    this.#at++
    this.#skip()
    if (this.#peek() === ']') {
      this.#at++
      return
    }
    for (;;) {
      this.#value()
      this.#skip()
      if (this.#peek() === ']') break
      if (this.#peek() !== ',') this.#unexpected('after array element')
      this.#at++
    }
    this.#at++
  }

  #string(): void {
    this.#at++
    for (; this.#peek() !== '"'; this.#at++) {
      if (this.#peek() < ' ') this.#unexpected('in string literal')
      if (this.#peek() !== '\\') continue
      this.#at++
      if (this.#peek() === 'u') {
        for (let digit = 0; digit < 4; digit++) {
          this.#at++
          if (!/[0-9a-fA-F]/.test(this.#peek())) this.#unexpected('in \\u hexadecimal character escape')
        }
      } else if (this.#peek() === '' || !ESCAPES.includes(this.#peek())) {
        this.#unexpected('in string escape code')
      }
    }
    this.#at++
  }

  #number(): void {
    if (this.#peek() === '-') this.#at++
    if (this.#peek() === '0') this.#at++
    else this.#digits('in numeric literal')
    if (this.#peek() === '.') {
      this.#at++
      this.#digits('after decimal point in numeric literal')
    }
    if (this.#peek() !== 'e' && this.#peek() !== 'E') return
    this.#at++
    if (this.#peek() === '+' || this.#peek() === '-') this.#at++
    this.#digits('in exponent of numeric literal')
  }

  #digits(where: string): void {
    if (!isDigit(this.#peek())) this.#unexpected(where)
    while (isDigit(this.#peek())) this.#at++
  }

  #literal(word: string): void {
    for (const [index, letter] of [...word].entries()) {
      if (this.#peek() !== letter) {
        this.#unexpected(index === 0 ? '' : `in literal ${word} (expecting '${letter}')`)
      }
      this.#at++
    }
  }
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9'
}

/** A character as Go quotes it. */
function quoted(char: string): string {
  if (char === "'") return `'\\''`
  if (char === '"') return `'"'`
  return `'${JSON.stringify(char).slice(1, -1)}'`
}
