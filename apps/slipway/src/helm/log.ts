import type { Notice } from '@slipway/helm-chart'

/** A notice beside the output, for people. */
export function notice(text: string): void {
  process.stderr.write(text)
}

/** A line as Helm's logger writes it (log/slog, text form). */
export function log(
  level: 'ERROR' | 'WARN' | 'INFO',
  message: string,
  fields: Readonly<Record<string, string>> = {},
): void {
  const quoted = (text: string): string => (/^[^\s="]+$/.test(text) ? text : JSON.stringify(text))
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(value)}`)
  notice(`level=${level} msg=${quoted(message)}${rest.join('')}\n`)
}

/** Logs what a chart is told of. */
export function logNotice({ level, message, fields }: Notice): void {
  log(level, message, fields)
}
