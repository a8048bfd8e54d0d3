import { GoInteger, parseFloat64, parseInteger, quote, spend, withType } from '@slipway/go-template'
import { emptyValues, type Values } from '../../values/value.ts'
import { checkDepth } from '../depth.ts'
import { maxInt64, minInt64 } from '../numbers.ts'
import { type Literal, quoteNext, TomlFault, TomlScanner } from './scanner.ts'

/** Makes a value of a date's text; undefined when it is none. */
export type ReadDate = (text: string) => unknown

/** Also those of UTF-16 are passed over, though what follows is read as UTF-8. */
const byteOrderMark = /^(?:\ufeff|\udcff\udcfe|\udcfe\udcff)/

/** The table of a TOML text as BurntSushi/toml decodes it: integers are int64. Throws an Error with the library's text. */
export function readToml(text: string, readDate: ReadDate): Values {
  const reader = new TomlReader(text.replace(byteOrderMark, ''), readDate)
  try {
    return reader.read()
  } catch (error) {
    if (!(error instanceof TomlFault)) throw error
    const key = reader.currentKey()
    throw new Error(`toml: line ${error.line}${key === '' ? '' : ` (last key ${quote(key)})`}: ${error.message}`)
  }
}

type Path = readonly string[]

/** A key as errors and bookkeeping show it. */
function pathText(path: Path): string {
  const text = path.map((part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : quote(part))).join('.')
  spend(text.length)
  return text
}

/** Builds tables and keeps the books on which of them were only implied, as the library's parser does. */
class TomlReader {
  private readonly scanner: TomlScanner
  private readonly start: string
  private readonly readDate: ReadDate
  private readonly root: Values = emptyValues()
  /** Lists that `[[name]]` or tables in a list made. */
  private readonly tableLists = new WeakSet<object>()
  private readonly implied = new Set<string>()
  private readonly arrays = new Set<string>()
  private context: Path = []
  private key = ''
  private keyLine = 1

  constructor(text: string, readDate: ReadDate) {
    this.scanner = new TomlScanner(text)
    this.start = text.slice(0, 6)
    this.readDate = readDate
  }

  /** What was being read, for errors. */
  currentKey(): string {
    if (this.key === '') return pathText(this.context)
    return this.context.length === 0 ? this.key : `${pathText(this.context)}.${this.key}`
  }

  read(): Values {
    const { scanner } = this
    if (this.start.includes('\0')) {
      scanner.fail('files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8')
    }
    for (;;) {
      scanner.skipFiller()
      if (scanner.peek() === undefined) return this.root
      if (scanner.accept('[')) this.header()
      else this.pair()
      this.endOfItem()
    }
  }

  private endOfItem(): void {
    const { scanner } = this
    scanner.skipBlanks()
    const char = scanner.next()
    if (char === '#') scanner.comment()
    else if (char !== undefined && char !== '\n' && char !== '\r') {
      const wanted = 'a newline, comment, or EOF'
      scanner.fail(`expected a top-level item to end with ${wanted}, but got ${quoteNext(char)} instead`)
    }
  }

  /** A fault in what keys mean is named with the line of the key. */
  private refuse(message: string): never {
    throw new TomlFault(message, this.keyLine)
  }

  // Headers and keys

  private header(): void {
    const { scanner } = this
    const isList = scanner.accept('[')
    const path: string[] = []
    do {
      path.push(this.headerPart(path.length === 0))
      checkDepth(path.length)
    } while (this.continuesHeader())
    if (isList) {
      const char = scanner.next()
      if (char !== ']') {
        this.failAt(char, `expected end of table array name delimiter ']', but got ${quoteNext(char)} instead`)
      }
    }
    this.openTable(path, isList)
  }

  private failAt(char: string | undefined, message: string): never {
    if (char === undefined) return this.scanner.failAtEnd(message)
    return this.scanner.fail(message)
  }

  private headerPart(isFirst: boolean): string {
    const { scanner } = this
    scanner.skipBlanks()
    const char = scanner.peek()
    if (char === ']' || char === undefined) {
      scanner.fail('unexpected end of table name (table names cannot be empty)')
    }
    if (char === '.') scanner.fail('unexpected table separator (table names cannot be empty)')
    if (isFirst) this.keyLine = scanner.line
    return this.keyPart(char)
  }

  private continuesHeader(): boolean {
    const { scanner } = this
    scanner.skipBlanks()
    const char = scanner.next()
    if (char === '.' || char === ']') return char === '.'
    return this.failAt(char, `expected '.' or ']' to end table name, but got ${quoteNext(char)} instead`)
  }

  private keyPart(char: string | undefined): string {
    const { scanner } = this
    if (char !== '"' && char !== "'") return scanner.bareKey()
    scanner.next()
    return scanner.string(char)
  }

  /** A key up to its equals sign. */
  private keyPath(): string[] {
    const { scanner } = this
    scanner.skipBlanks()
    const first = scanner.peek()
    if (first === '=' || first === undefined) scanner.fail("unexpected '=': key name appears blank")
    if (first === '.') scanner.fail("unexpected '.': keys cannot start with a '.'")
    this.keyLine = scanner.line
    const path: string[] = []
    do {
      scanner.skipBlanks()
      const char = scanner.peek()
      if (path.length > 0 && (char === '=' || char === undefined)) scanner.fail("unexpected '='")
      if (path.length > 0 && char === '.') scanner.fail("unexpected '.'")
      path.push(this.keyPart(char))
      checkDepth(path.length)
    } while (this.continuesKey())
    return path
  }

  private continuesKey(): boolean {
    const { scanner } = this
    scanner.skipBlanks()
    const char = scanner.next()
    if (char === '.' || char === '=') return char === '.'
    if (char === undefined) return scanner.failAtEnd("unexpected EOF; expected key separator '='")
    const message = `expected '.' or '=', but got ${quoteNext(char)} instead`
    return char === '\n' ? scanner.failBefore(message) : scanner.fail(message)
  }

  // Tables

  private pair(): void {
    const outer = this.context
    this.readPair()
    this.context = outer
    this.key = ''
  }

  /** `a.b = value` in the current table; gives the path and the value. */
  private readPair(): { path: Path; value: unknown } {
    const path = this.keyPath()
    const last = path.at(-1) ?? ''
    this.key = last
    for (const part of path.slice(0, -1)) {
      const context = [...this.context, part]
      this.implied.add(pathText(context))
      this.openTable(context, false)
    }
    const value = this.value(false)
    this.set(last, value)
    return { path, value }
  }

  /** Goes to a table, or to a new one in a list of tables; makes those that it is in. */
  private openTable(path: Path, inList: boolean): void {
    let table = this.root
    const parents: string[] = []
    for (const part of path.slice(0, -1)) {
      parents.push(part)
      if (!Object.hasOwn(table, part)) {
        this.implied.add(pathText(parents))
        table[part] = emptyValues()
      }
      table = this.tableIn(table[part]) ?? this.refuse(`Key '${pathText(parents)}' was already created as a hash.`)
    }
    const last = path.at(-1) ?? ''
    this.context = parents
    if (inList) this.appendTable(table, last, path)
    else this.set(last, emptyValues())
    this.context = [...parents, last]
  }

  private appendTable(table: Values, key: string, path: Path): void {
    if (!Object.hasOwn(table, key)) {
      const list = withType<unknown[]>([], '[]map[string]interface {}')
      this.tableLists.add(list)
      table[key] = list
    }
    const list = table[key]
    if (!Array.isArray(list) || !this.tableLists.has(list)) {
      this.refuse(`Key '${pathText(path)}' was already created and cannot be used as an array.`)
    }
    list.push(emptyValues())
  }

  /** The table that a value is, or the last one of a list of tables. */
  private tableIn(value: unknown): Values | undefined {
    if (Array.isArray(value)) return this.tableLists.has(value) ? (value.at(-1) as Values) : undefined
    return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
      ? (value as Values)
      : undefined
  }

  private set(key: string, value: unknown): void {
    let table = this.root
    const path: string[] = []
    for (const part of this.context) {
      path.push(part)
      table = this.tableIn(table[part]) ?? this.refuse(`Key '${pathText(path)}' has already been defined.`)
    }
    path.push(key)
    const name = pathText(path)
    if (!Object.hasOwn(table, key)) {
      table[key] = value
      return
    }
    // What was only implied may be defined once.
    if (!this.implied.delete(name)) this.refuse(`Key '${name}' has already been defined.`)
    if (this.arrays.has(name)) table[key] = value
  }

  // Values

  private value(inList: boolean): unknown {
    const { scanner } = this
    scanner.skipBlanks()
    const char = scanner.peek()
    if (char !== undefined && /^\d$/.test(char)) return this.literal(scanner.numberOrDate())
    switch (char) {
      case '[':
        scanner.next()
        return this.list()
      case '{':
        scanner.next()
        return this.inlineTable(inList)
      case '"':
      case "'":
        if (scanner.accept(char.repeat(3))) return scanner.multiline(char)
        scanner.next()
        return scanner.string(char)
      case '+':
      case '-':
        scanner.next()
        return this.literal(scanner.signed(char))
      case '.':
        return scanner.fail("floats must start with a digit, not '.'")
      default:
        return this.wordValue(char)
    }
  }

  private wordValue(char: string | undefined): unknown {
    const { scanner } = this
    if (scanner.accept('inf')) return Number.POSITIVE_INFINITY
    if (scanner.accept('nan')) return Number.NaN
    if (char === undefined) return scanner.failAtEnd('unexpected EOF; expected value')
    if (!/^\p{L}$/u.test(char)) {
      scanner.next()
      const message = `expected value but found ${quoteNext(char)} instead`
      if (char === '\n') scanner.failBefore(message)
      scanner.fail(message)
    }
    // The library has already read the first letter of what could have been inf or nan.
    if (scanner.startsWith('in') || scanner.startsWith('na')) scanner.next()
    const word = scanner.word()
    if (word !== 'true' && word !== 'false') scanner.fail(`expected value but found ${quote(word)} instead`)
    return word === 'true'
  }

  private literal({ kind, text }: Literal): unknown {
    if (kind === 'integer') return this.integer(text)
    if (kind === 'float') return this.float(text)
    const date = this.readDate(text.replaceAll('z', 'Z').replaceAll('t', 'T').replaceAll(' ', 'T'))
    if (date !== undefined) return date
    const shown = text.replaceAll('z', 'Z').replaceAll('t', 'T').replaceAll(' ', 'T')
    return this.scanner.fail(`invalid datetime: ${quote(shown)}`)
  }

  private integer(text: string): unknown {
    this.checkDigits('integer', text, [text])
    const value = parseInteger(text)
    if (value === undefined || value > maxInt64 || value < minInt64) {
      this.scanner.fail(`${text} is out of range for int64`)
    }
    return new GoInteger('int64', value)
  }

  private float(text: string): number {
    if (/^[+-]?(?:inf|nan)$/.test(text)) return Number(parseFloat64(text.replace(/^[+-]nan/, 'nan')))
    this.checkDigits(
      'float',
      text,
      text.split(/[.eE]/).filter((part) => part !== ''),
    )
    if (/\.(?!\d)/.test(text)) {
      this.scanner.fail(`Invalid float ${quote(text)}: '.' must be followed by one or more digits`)
    }
    const plain = text.replaceAll('_', '')
    const value = parseFloat64(plain)
    if (value !== undefined) return value
    if (/^[+-]?\d[\d.]*[eE][+-]?\d+$/.test(plain)) this.scanner.fail(`${text} is out of range for float64`)
    return this.scanner.fail(`Invalid float value: ${quote(text)}`)
  }

  private checkDigits(kind: 'integer' | 'float', text: string, parts: readonly string[]): void {
    const fail = (why: string) => this.scanner.fail(`Invalid ${kind} ${quote(text)}: ${why}`)
    if (parts.some((part) => /_(?![0-9a-fA-F])|(?<![0-9a-fA-F])_|[^0-9a-fA-F]$/.test(part))) {
      fail('underscores must be surrounded by digits')
    }
    if (/^0[^box]|^[+-]0./.test(parts[0] ?? '')) fail('cannot have leading zeroes')
  }

  private list(): unknown[] {
    const { scanner } = this
    this.arrays.add(pathText([...this.context, this.key]))
    const items: unknown[] = []
    for (;;) {
      scanner.skipFiller()
      if (scanner.accept(',')) scanner.fail('unexpected comma')
      if (scanner.accept(']')) return items
      items.push(this.value(true))
      scanner.skipFiller()
      if (scanner.accept(']')) return items
      const char = scanner.next()
      if (char !== ',') this.failAt(char, `expected a comma (',') or array terminator (']'), but got ${shown(char)}`)
    }
  }

  private inlineTable(inList: boolean): Values {
    const { scanner } = this
    const [outerContext, outerKey] = [this.context, this.key]
    const own = [...outerContext, outerKey]
    this.context = own
    this.key = ''
    this.implied.add(pathText(own))
    this.openTable(own, inList)
    const result = emptyValues()
    for (;;) {
      scanner.skipFiller()
      if (scanner.accept(',')) scanner.fail('unexpected comma')
      if (scanner.accept('}')) break
      const { path, value } = this.readPair()
      this.place(result, path, value)
      this.context = own
      scanner.skipFiller()
      if (scanner.accept('}')) break
      const char = scanner.next()
      if (char !== ',') {
        this.failAt(char, `expected a comma or an inline table terminator '}', but got ${shown(char)} instead`)
      }
    }
    this.context = outerContext
    this.key = outerKey
    return result
  }

  private place(table: Values, path: Path, value: unknown): void {
    let inner = table
    for (const part of path.slice(0, -1)) {
      if (!Object.hasOwn(inner, part)) inner[part] = emptyValues()
      inner = this.tableIn(inner[part]) ?? this.refuse(`${quote(pathText(this.context))} is not a table`)
    }
    inner[path.at(-1) ?? ''] = value
  }
}

function shown(char: string | undefined): string {
  return char === undefined ? 'end of file' : `'${char}'`
}
