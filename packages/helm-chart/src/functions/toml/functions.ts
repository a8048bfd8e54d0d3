import { isMap, withSignature } from '@slipway/go-template'
import { parse } from 'smol-toml'
import { compareStrings } from '../encoding.ts'
import { fromJson, type Values } from '../values/value.ts'
import { plain } from './plain.ts'
import type { FunctionTable } from './table.ts'

/** A map as BurntSushi/toml writes it: simple keys first, then tables, sorted, tables indented by two spaces. */
export function writeToml(value: unknown): string {
  const root = plain(value)
  if (!isMap(root)) throw new Error('toml: top-level values must be Go maps or structs')
  const lines: string[] = []
  writeTable(root, [], lines)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function writeTable(table: Values, path: readonly string[], lines: string[]): void {
  const keys = Object.keys(table)
    .sort(compareStrings)
    .filter((key) => table[key] !== null)
  const margin = '  '.repeat(Math.max(0, path.length))
  for (const key of keys) if (!isNested(table[key])) lines.push(`${margin}${keyText(key)} = ${inline(table[key])}`)
  for (const key of keys) {
    const value = table[key]
    if (!isNested(value)) continue
    const inner = [...path, key]
    const header = inner.map(keyText).join('.')
    if (isMap(value)) {
      if (path.length === 0 && lines.length > 0) lines.push('')
      lines.push(`${margin}[${header}]`)
      writeTable(value, inner, lines)
    } else {
      for (const item of value as Values[]) {
        if (lines.length > 0) lines.push('')
        lines.push(`${margin}[[${header}]]`)
        writeTable(item, inner, lines)
      }
    }
  }
}

function isNested(value: unknown): boolean {
  return isMap(value) || (Array.isArray(value) && value.length > 0 && value.every(isMap))
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key)
}

function inline(value: unknown): string {
  if (Array.isArray(value)) {
    if (value.includes(null)) throw new Error('toml: cannot encode array with nil element')
    return `[${value.map(inline).join(', ')}]`
  }
  if (isMap(value)) {
    const fields = Object.keys(value)
      .sort(compareStrings)
      .map((key) => `${keyText(key)} = ${inline(value[key])}`)
    return `{${fields.join(', ')}}`
  }
  if (typeof value === 'string') return tomlString(value)
  return typeof value === 'number' ? tomlFloat(value) : String(value)
}

function tomlFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const text = String(value)
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

function tomlString(text: string): string {
  const escaped = text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: TOML escapes exactly these
    /["\\\u0000-\u001f\u007f]/g,
    (char) => escapes[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `"${escaped}"`
}

function fromToml(text: string): unknown {
  try {
    return fromJson(jsonData(parse(text)))
  } catch (error) {
    return Object.assign(Object.create(null), { Error: error instanceof Error ? error.message : String(error) })
  }
}

function jsonData(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(jsonData)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonData(item)]))
}

/** TOML as Helm reads and writes it in templates. */
export const tomlFunctions: FunctionTable = {
  toToml: withSignature(['any'], (value: unknown) => {
    try {
      return writeToml(value)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }),
  fromToml: withSignature(['string'], fromToml),
}
