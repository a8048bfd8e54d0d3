import { UserError } from '@slipway/errors'
import { quote, quoteRune } from '@slipway/go-template'
import { readFirstJson } from '../json/read.ts'
import { emptyValues, hasKey, isTable, type Values } from './value.ts'

/** How the text behind `=` becomes a value. */
export type SetMode = 'typed' | 'string'

/**
 * Applies a `--set` line such as `a.b=1,c[0]=x,d={x,y}` to values, which it changes: 'typed' reads numbers, bools and
 * null as Helm does, 'string' takes everything as text, a function (`--set-file`) gets the text.
 * Throws UserError CHART_SET_INVALID with Helm's text.
 */
export function setValue(values: Values, line: string, mode: SetMode | ((text: string) => unknown) = 'typed'): void {
  const convert = typeof mode === 'function' ? mode : mode === 'string' ? (text: string) => text : typedValue
  new SetParser(line, { escapes: true, stops: '=[,.', convert }).parse(values)
}

/** Applies a `--set-json` line of `key=JSON` pairs. Throws UserError CHART_SET_INVALID. */
export function setJson(values: Values, line: string): void {
  new SetParser(line, { escapes: true, stops: '=[,.', convert: (text) => text, isJson: true }).parse(values)
}

/** Applies a `--set-literal` line: all behind the first `=` is the text. Throws UserError CHART_SET_INVALID. */
export function setLiteral(values: Values, line: string): void {
  new SetParser(line, { escapes: false, stops: '=[.', convert: (text) => text }).parse(values)
}

const maxIndex = 65536
const maxDepth = 30

function typedValue(text: string): unknown {
  const lower = text.toLowerCase()
  if (lower === 'true') return true
  if (lower === 'false') return false
  if (lower === 'null') return null
  if (text === '0') return 0n
  // A leading zero makes it text: 0644 is a mode, not a number.
  if (/^[+-]?[0-9]+$/.test(text) && !text.startsWith('0')) {
    const value = BigInt(text.replace(/^\+/, ''))
    if (BigInt.asIntN(64, value) === value) return value
  }
  return text
}

interface Grammar {
  /** A backslash takes the next character as it is. */
  readonly escapes: boolean
  /** What ends a key. */
  readonly stops: string
  readonly convert: (text: string) => unknown
  readonly isJson?: boolean
}

/** `end`: the input ended where Helm takes that for the end of everything. */
type Progress = 'more' | 'end'

class SetParser {
  private readonly chars: string[]
  private readonly grammar: Grammar
  private at = 0

  constructor(line: string, grammar: Grammar) {
    this.chars = Array.from(line)
    this.grammar = grammar
  }

  parse(values: Values): void {
    while (this.key(values, 0) === 'more');
  }

  private key(table: Values, depth: number): Progress {
    const { text: key, stop } = this.until(this.grammar.stops)
    if (stop === undefined) {
      if (key === '') return 'end'
      throw setError(`key ${quote(key)} has no value`)
    }
    if (stop === '[') return this.indexedKey(table, key, depth)
    if (stop === '.') return this.nestedKey(table, key, depth + 1)
    if (stop === '=') return this.assign((value) => assign(table, key, value))
    assign(table, key, '')
    throw setError(`key ${quote(key)} has no value (cannot end with ,)`)
  }

  private nestedKey(table: Values, key: string, depth: number): Progress {
    if (depth > maxDepth) {
      throw setError(`value name nested level is greater than maximum supported nested level of ${maxDepth}`)
    }
    const inner = hasKey(table, key) ? table[key] : emptyValues()
    if (!isTable(inner)) throw conversionError(inner, 'map[string]interface {}')
    const progress = this.key(inner, depth)
    const isEmpty = Object.keys(inner).length === 0
    if (progress === 'more' && isEmpty) throw setError(`key map ${quote(key)} has no value`)
    if (!isEmpty) assign(table, key, inner)
    return progress
  }

  private indexedKey(table: Values, key: string, depth: number): Progress {
    const index = this.index()
    if (index === undefined) return 'end'
    const existing = hasKey(table, key) ? table[key] : []
    if (!Array.isArray(existing)) throw conversionError(existing, '[]interface {}')
    const { list, progress } = this.item(existing, index, depth)
    assign(table, key, list)
    return progress
  }

  /** The number up to `]`; undefined when the input ends before, which Helm passes over in silence. */
  private index(): number | undefined {
    const { text, stop } = this.until(']')
    if (stop === undefined) return undefined
    const fault = intFault(text)
    if (fault !== undefined) throw setError(`error parsing index: strconv.Atoi: parsing ${quote(text)}: ${fault}`)
    return Number(text)
  }

  private item(list: readonly unknown[], index: number, depth: number): { list: unknown[]; progress: Progress } {
    if (index < 0) throw setError(`negative ${index} index not allowed`)
    const { text, stop } = this.until('[.=')
    if (text !== '') {
      const runes = Array.from(text, (char) => quoteRune(char)).join(' ')
      throw setError(`unexpected data at end of array index: [${runes}]`)
    }
    if (stop === undefined) return { list: [...list], progress: 'end' }
    if (stop === '=') {
      let value: unknown
      this.assign((assigned) => {
        value = assigned
      })
      return { list: withItem(list, index, value), progress: 'more' }
    }
    if (stop === '[') {
      const next = this.index()
      if (next === undefined) return { list: [...list], progress: 'end' }
      const existing = list[index] ?? []
      if (!Array.isArray(existing)) throw conversionError(existing, '[]interface {}')
      const inner = this.item(existing, next, depth)
      if (inner.progress === 'end') return { list: [...list], progress: 'end' }
      return { list: withItem(list, index, inner.list), progress: 'more' }
    }
    const inner = isTable(list[index]) ? (list[index] as Values) : emptyValues()
    const progress = this.key(inner, depth)
    // Helm forgets a new item whose last key has no value.
    if (progress === 'end') return { list: list.length > index ? withItem(list, index, inner) : [...list], progress }
    return { list: withItem(list, index, inner), progress }
  }

  private assign(set: (value: unknown) => void): Progress {
    if (!this.grammar.escapes) {
      set(this.until('').text)
      return 'more'
    }
    if (this.grammar.isJson) return this.assignJson(set)
    if (this.at >= this.chars.length) {
      set('')
      return 'end'
    }
    set(this.chars[this.at] === '{' ? this.list() : this.grammar.convert(this.until(',').text))
    return 'more'
  }

  private list(): unknown[] {
    this.at++
    const items: unknown[] = []
    for (;;) {
      const { text, stop } = this.until(',}')
      if (stop === undefined) throw setError("list must terminate with '}'")
      items.push(this.grammar.convert(text))
      if (stop === ',') continue
      if (this.chars[this.at] === ',') this.at++
      return items
    }
  }

  private assignJson(set: (value: unknown) => void): Progress {
    if (this.skipToValue()) {
      set(null)
      return 'more'
    }
    const rest = this.chars.slice(this.at).join('')
    const { value, end } = firstJson(rest)
    set(value)
    this.at += Array.from(rest.slice(0, end)).length
    this.skipToValue()
    return 'more'
  }

  /** Skips spaces; whether there was nothing up to the next comma or the end. */
  private skipToValue(): boolean {
    for (; this.at < this.chars.length; this.at++) {
      const char = this.chars[this.at] as string
      if (char === ',') {
        this.at++
        return true
      }
      if (!/\s/.test(char)) return false
    }
    return true
  }

  private until(stops: string): { text: string; stop?: string } {
    let text = ''
    while (this.at < this.chars.length) {
      const char = this.chars[this.at++] as string
      if (stops.includes(char)) return { text, stop: char }
      if (char === '\\' && this.grammar.escapes) text += this.chars[this.at++] ?? ''
      else text += char
    }
    return { text }
  }
}

function firstJson(text: string): { value: unknown; end: number } {
  try {
    return readFirstJson(text)
  } catch (cause) {
    throw setError((cause as Error).message)
  }
}

function assign(table: Values, key: string, value: unknown): void {
  if (key !== '') table[key] = value
}

function withItem(list: readonly unknown[], index: number, value: unknown): unknown[] {
  if (index > maxIndex) {
    throw setError(`index of ${index} is greater than maximum supported index of ${maxIndex}`)
  }
  const copy = [...list]
  while (copy.length <= index) copy.push(null)
  copy[index] = value
  return copy
}

function setError(message: string): UserError {
  return new UserError('CHART_SET_INVALID', message)
}

function conversionError(value: unknown, wanted: string): UserError {
  const types: Record<string, string> = { string: 'string', number: 'float64', bigint: 'int64', boolean: 'bool' }
  const got =
    value === null
      ? 'nil'
      : Array.isArray(value)
        ? '[]interface {}'
        : (types[typeof value] ?? 'map[string]interface {}')
  return setError(`unable to parse key: interface conversion: interface {} is ${got}, not ${wanted}`)
}

/** What strconv.Atoi says of what is no int. It sees that 64 bits are too few before it sees what is no digit. */
function intFault(text: string): string | undefined {
  const [, sign, digits = '', rest] = /^([+-]?)(\d*)(.*)$/s.exec(text) ?? []
  const size = BigInt(digits)
  if (size >= 1n << 64n) return 'value out of range'
  if (digits === '' || rest !== '') return 'invalid syntax'
  return size > (1n << 63n) - (sign === '-' ? 0n : 1n) ? 'value out of range' : undefined
}
