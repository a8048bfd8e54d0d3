import { stringify } from '@slipway/go-yaml'
import { goJson } from '@slipway/helm-chart'
import type { Command } from 'commander'
import { flagError } from './flags.ts'

export type OutputFormat = 'table' | 'json' | 'yaml'

export function addOutputFlag(command: Command): Command {
  return command.option(
    '-o, --output <format>',
    'prints the output in the specified format. Allowed values: table, json, yaml',
    (text) => {
      if (text !== 'table' && text !== 'json' && text !== 'yaml') {
        throw flagError(text, '-o, --output', 'invalid format type')
      }
      return text
    },
    'table',
  )
}

/** The value as JSON on one line or as YAML, or the text that stands for a table. */
export function formatted(format: OutputFormat, value: unknown, table: () => string): string {
  if (format === 'json') return `${goJson(value)}\n`
  return format === 'yaml' ? stringify(value) : table()
}

/** As Go writes maps: with their keys in order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

/** Columns with a tab between them, each as wide as its widest cell; `maxWidth` 0 = no limit (github.com/gosuri/uitable). */
export function tableText(rows: readonly (readonly (string | number)[])[], maxWidth = 0): string {
  const cells = rows.map((row) => row.map(String))
  const limit = maxWidth > 0 ? maxWidth : Number.POSITIVE_INFINITY
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.min(limit, Math.max(...cells.map((row) => widthOf(row[column] ?? '')))),
  )
  const lines = cells.map((row) => row.map((cell, column) => fit(cell, widths[column] ?? 0)).join('\t'))
  return `${lines.join('\n')}\n`
}

/** Of the longest line. */
const widthOf = (text: string): number => Math.max(...text.split('\n').map((line) => [...line].length))

/** A cell is cut where the whole of it, further lines included, is too long. */
function fit(text: string, width: number): string {
  const characters = [...text]
  return characters.length > width
    ? `${characters.slice(0, width - 3).join('')}...`
    : text + ' '.repeat(width - characters.length)
}
