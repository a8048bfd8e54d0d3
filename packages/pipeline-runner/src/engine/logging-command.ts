/** A `##vso[area.event key=value;…]data` line. */
export interface LoggingCommand {
  area: string
  event: string
  properties: Record<string, string>
  data: string
}

const COMMAND = /##vso\[(\w+)\.(\w+)(?:\s+([^\]]*))?\](.*)$/s

/** The logging command in a line of output; `malformed` when there is the mark but no command. */
export function parseLoggingCommand(line: string): LoggingCommand | 'malformed' | undefined {
  if (!line.includes('##vso')) return undefined
  const [, area, event, list, data] = COMMAND.exec(line) ?? []
  if (area === undefined || event === undefined) return line.includes('##vso[') ? 'malformed' : undefined
  const properties: Record<string, string> = {}
  for (const pair of (list ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0) properties[pair.slice(0, equals).trim().toLowerCase()] = unescapeText(pair.slice(equals + 1).trim())
  }
  return { area: area.toLowerCase(), event: event.toLowerCase(), properties, data: unescapeText(data ?? '') }
}

const ESCAPES: Record<string, string> = { '%3B': ';', '%0D': '\r', '%0A': '\n', '%5D': ']', '%AZP25': '%' }

function unescapeText(text: string): string {
  return text.replace(/%3B|%0D|%0A|%5D|%AZP25/gi, (escaped) => ESCAPES[escaped.toUpperCase()] ?? escaped)
}
