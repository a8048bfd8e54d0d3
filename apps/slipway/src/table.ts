/** Columns as kubectl prints them: upper-case heads, three spaces between, no trailing space. */
export function formatTable(heads: string[], rows: string[][]): string {
  const lines = [heads.map((head) => head.toUpperCase()), ...rows]
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}

/** A duration as people read it: 87ms, 1.2s, 3m4s, 5h, 2d. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))}ms`
  const seconds = milliseconds / 1000
  if (seconds < 10) return `${seconds.toFixed(1)}s`
  if (seconds < 60) return `${Math.round(seconds)}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m${Math.floor(seconds % 60)}s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`
}

/** How long ago a timestamp is; `<unknown>` without one, as kubectl says. */
export function formatAge(timestamp: string | undefined): string {
  return timestamp ? formatDuration(Date.now() - Date.parse(timestamp)) : '<unknown>'
}
