import { AzError } from './az-error.ts'

export type OutputFormat = 'json' | 'jsonc' | 'table' | 'tsv' | 'none'

/** Writes a result as `az` does: two spaces in JSON, tabs without a head in tsv, columns under dashes in table. */
export function formatResult(value: unknown, format: OutputFormat, query?: string): string {
  const chosen = query === undefined ? value : select(value, query)
  if (chosen === undefined || chosen === null || format === 'none') return ''
  switch (format) {
    case 'json':
    case 'jsonc':
      return `${JSON.stringify(chosen, null, 2)}\n`
    case 'tsv':
      return rowsOf(chosen)
        .map((row) => `${cells(row).join('\t')}\n`)
        .join('')
    case 'table':
      return table(rowsOf(chosen))
    default:
      throw new AzError(`argument --output/-o: invalid choice: '${String(format)}'`, 2)
  }
}

/** Names and indexes of JMESPath, such as `user.name` and `[0].name`; more of it is refused. */
function select(value: unknown, query: string): unknown {
  if (!/^(?:[A-Za-z_]\w*|\[\d+\])(?:\.[A-Za-z_]\w*|\[\d+\])*$/.test(query)) {
    throw new AzError(`argument --query: only names and indexes are supported here, not '${query}'`, 2)
  }
  const steps = query.match(/[A-Za-z_]\w*|\d+/g) ?? []
  return steps.reduce<unknown>(
    (current, step) => (current as Record<string, unknown> | undefined | null)?.[step],
    value,
  )
}

function rowsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value]
}

function cells(row: unknown): string[] {
  return typeof row === 'object' && row !== null ? Object.values(row).map(cell) : [cell(row)]
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Columns are the fields with plain values; their heads begin with a capital. */
function table(rows: unknown[]): string {
  const records = rows.map(
    (row) => (typeof row === 'object' && row !== null ? row : { Result: row }) as Record<string, unknown>,
  )
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))].filter((name) =>
    records.every((record) => typeof record[name] !== 'object' || record[name] === null),
  )
  const body = records.map((record) => names.map((name) => cell(record[name])))
  const heads = names.map((name) => name.charAt(0).toUpperCase() + name.slice(1))
  const widths = heads.map((head, index) => Math.max(head.length, ...body.map((row) => row[index]?.length ?? 0)))
  const line = (row: string[]): string =>
    `${row
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()}\n`
  if (records.length === 0) return ''
  return [heads, widths.map((width) => '-'.repeat(width)), ...body].map(line).join('')
}
