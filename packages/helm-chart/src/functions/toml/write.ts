import {
  compareStrings,
  formatValue,
  GoInteger,
  isMap,
  isNilCollection,
  isTemplateObject,
  spend,
  TemplateObject,
  typeOf,
  underlyingOf,
} from '@slipway/go-template'
import { formatTime } from '../../time/format.ts'
import { rfc3339Nano } from '../../time/layout.ts'
import type { Values } from '../../values/value.ts'
import { checkDepth } from '../depth.ts'
import { textForm } from '../plain.ts'
import { instantIn } from '../time.ts'

/**
 * A value as BurntSushi/toml encodes it: simple keys first, then tables, both sorted, tables indented by two spaces.
 * Throws an Error with the library's text.
 */
export function writeToml(value: unknown): string {
  const encoder = new Encoder()
  encoder.encode([], value)
  return encoder.text
}

/** What the work on a table or an item of a list is worth; each is gone through several times. */
const bytesPerTable = 512

/** The zones of dates without one, by which they are written as they came. */
const localLayouts: Readonly<Record<string, string>> = {
  'datetime-local': '2006-01-02T15:04:05.999999999',
  'date-local': '2006-01-02',
  'time-local': '15:04:05.999999999',
}

class Encoder {
  text = ''

  encode(path: readonly string[], input: unknown): void {
    checkDepth(path.length)
    const value = tomlData(input)
    if (isTableList(value)) this.tableList(path, value)
    else if (isTable(value)) this.table(path, value)
    else this.keyValue(path, value, false)
  }

  private keyValue(path: readonly string[], value: unknown, isInline: boolean): void {
    if (path.length > 0) this.text += `${marginOf(path)}${keyText(path.at(-1) ?? '')} = `
    this.element(value)
    if (path.length > 0 && !isInline) this.newline()
  }

  private newline(): void {
    if (this.text !== '') this.text += '\n'
  }

  private tableList(path: readonly string[], list: readonly unknown[]): void {
    if (path.length === 0) throw new Error('toml: top-level values must be Go maps or structs')
    for (const item of list.map(tomlData)) {
      if (isNil(item)) continue
      this.newline()
      this.text += `${marginOf(path)}[[${path.map(keyText).join('.')}]]`
      this.newline()
      this.pairs(path, item)
    }
  }

  private table(path: readonly string[], table: unknown): void {
    if (path.length === 1) this.newline()
    if (path.length > 0) {
      this.text += `${marginOf(path)}[${path.map(keyText).join('.')}]`
      this.newline()
    }
    this.pairs(path, table)
  }

  private pairs(path: readonly string[], table: unknown): void {
    for (const [key, value] of pairsOf(table)) if (!isNil(tomlData(value))) this.encode([...path, key], value)
  }

  private element(input: unknown): void {
    const value = tomlData(input)
    if (Array.isArray(value)) {
      this.text += '['
      for (const [index, item] of value.entries()) {
        if (index > 0) this.text += ', '
        this.element(item)
      }
      this.text += ']'
    } else if (isTable(value)) this.inlineTable(value)
    else this.text += scalarText(value)
  }

  /** The comma behind a value stays also where the next one is nil. */
  private inlineTable(table: unknown): void {
    const pairs = pairsOf(table)
    this.text += '{'
    for (const [index, [key, value]] of pairs.entries()) {
      if (isNil(tomlData(value))) continue
      this.keyValue([key], value, true)
      if (index < pairs.length - 1) this.text += ', '
    }
    this.text += '}'
  }
}

function marginOf(path: readonly string[]): string {
  return '  '.repeat(path.length - 1)
}

/** Types with a text are that text, other named types what is behind them. */
function tomlData(value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value, BigInt)
  if (value instanceof GoInteger) return value.value
  if (!isTemplateObject(value) || instantIn(value)) return value
  return textForm(value) ?? (underlyingOf(value) === value ? value : tomlData(underlyingOf(value)))
}

function isNil(value: unknown): boolean {
  return value === null || value === undefined || isNilCollection(value)
}

function isTable(value: unknown): value is Values | TemplateObject {
  return isMap(value) || (isTemplateObject(value) && !instantIn(value))
}

/** A list of nothing but tables. Throws for a list with nil in it, however deep. */
function isTableList(value: unknown): value is unknown[] {
  if (!Array.isArray(value) || value.length === 0) return false
  spend(value.length * bytesPerTable)
  const items = value.map(tomlData)
  for (const item of items) {
    if (isNil(item)) throw new Error('toml: cannot encode array with nil element')
    isTableList(item)
  }
  return items.every(isTable)
}

/** The pairs of a table: those that are no tables first, maps sorted, structs in their order. */
function pairsOf(table: unknown): [string, unknown][] {
  spend(bytesPerTable)
  const pairs = isMap(table) ? Object.entries(table).sort(([a], [b]) => compareStrings(a, b)) : fieldsOf(table)
  const isSub = ([, value]: [string, unknown]) => isTable(tomlData(value)) || isTableList(tomlData(value))
  const subs = new Set(pairs.filter(isSub))
  return [...pairs.filter((pair) => !subs.has(pair)), ...subs]
}

function fieldsOf(struct: unknown): [string, unknown][] {
  const members = isTemplateObject(struct) ? TemplateObject.membersOf(struct) : undefined
  const names = (members?.fieldNames ?? []).filter((name) => members?.hasField(name))
  return names.map((name) => [name, members?.getField(name)])
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key)
}

function scalarText(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return floatText(value)
  const instant = instantIn(value)
  if (!instant) {
    if (typeof value === 'object') throw new Error(`unexpected type: ${typeOf(value)}`)
    return String(value)
  }
  const layout = typeof instant.zone === 'string' ? undefined : localLayouts[instant.zone.name]
  return layout === undefined ? formatTime(instant, rfc3339Nano) : formatTime({ ...instant, zone: 'UTC' }, layout)
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const text = formatValue(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

const escapes: Record<string, string> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
}

function quoted(text: string): string {
  spend(text.length)
  const escaped = text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: TOML escapes exactly these
    /["\\\u0000-\u001f\u007f]/g,
    (char) => escapes[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `"${escaped}"`
}
