/** A point in time and the zone it is shown in. */
export interface Instant {
  /** Since 1970. */
  readonly nanoseconds: bigint
  /** An IANA name, or `UTC`. */
  readonly zone: string
}

export interface TimeParts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
  readonly weekday: number
  readonly yearDay: number
  /** Seconds east of Greenwich. */
  readonly offset: number
  readonly zoneName: string
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** Whether a zone of that name is known. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** The calendar's view of an instant in its zone. */
export function partsOf({ nanoseconds, zone }: Instant): TimeParts {
  const seconds = floorDivide(nanoseconds, 1_000_000_000n)
  const milliseconds = Number(seconds) * 1000
  const { offset, zoneName } = zone === 'UTC' ? { offset: 0, zoneName: 'UTC' } : zoneAt(zone, milliseconds)
  const local = new Date(milliseconds + offset * 1000)
  const year = local.getUTCFullYear()
  const startOfYear = new Date(local)
  startOfYear.setUTCMonth(0, 1)
  return {
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    nanosecond: Number(nanoseconds - seconds * 1_000_000_000n),
    weekday: local.getUTCDay(),
    yearDay: Math.round((local.getTime() - startOfYear.getTime()) / 86_400_000) + 1,
    offset,
    zoneName,
  }
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

function zoneAt(zone: string, milliseconds: number): { offset: number; zoneName: string } {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', hourCycle: 'h23' })
  const text = format.formatToParts(milliseconds).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text)
  const offset = match
    ? (Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)) * (match[1] === '-' ? -1 : 1)
    : 0
  const short = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'short' })
  const name = short.formatToParts(milliseconds).find((part) => part.type === 'timeZoneName')?.value ?? ''
  // Where there is no abbreviation, Go shows the offset.
  return { offset, zoneName: /^GMT./.test(name) ? offsetText(offset, '-07') : name }
}

// Longest first: `2006` before `2`, `January` before `Jan`.
const verb =
  /January|Jan|Monday|Mon|MST|2006|002|01|02|03|04|05|06|Z07:00:00|Z07:00|Z070000|Z0700|Z07|-07:00:00|-07:00|-070000|-0700|-07|15|PM|pm|__2|_2006|_2|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g

/** Go's Time.Format. */
export function formatTime(instant: Instant, layout: string): string {
  const parts = partsOf(instant)
  return layout.replaceAll(verb, (token, at: number) => {
    if (token === 'Jan' || token === 'Mon') return formatName(token, parts, layout.slice(at + 3))
    return formatVerb(token, parts)
  })
}

// `Jan` and `Mon` in front of a small letter belong to a word.
function formatName(token: string, parts: TimeParts, following: string): string {
  if (/^[a-z]/.test(following)) return token
  return formatVerb(token, parts)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function formatVerb(token: string, parts: TimeParts): string {
  const hour12 = parts.hour % 12 || 12
  switch (token) {
    case 'January':
      return months[parts.month - 1] ?? ''
    case 'Jan':
      return (months[parts.month - 1] ?? '').slice(0, 3)
    case 'Monday':
      return days[parts.weekday] ?? ''
    case 'Mon':
      return (days[parts.weekday] ?? '').slice(0, 3)
    case 'MST':
      return parts.zoneName
    case '2006':
      return String(parts.year).padStart(4, '0')
    case '_2006':
      return `_${String(parts.year).padStart(4, '0')}`
    case '06':
      return two(parts.year % 100)
    case '01':
      return two(parts.month)
    case '1':
      return String(parts.month)
    case '02':
      return two(parts.day)
    case '_2':
      return String(parts.day).padStart(2, ' ')
    case '2':
      return String(parts.day)
    case '002':
      return String(parts.yearDay).padStart(3, '0')
    case '__2':
      return String(parts.yearDay).padStart(3, ' ')
    case '15':
      return two(parts.hour)
    case '03':
      return two(hour12)
    case '3':
      return String(hour12)
    case '04':
      return two(parts.minute)
    case '4':
      return String(parts.minute)
    case '05':
      return two(parts.second)
    case '5':
      return String(parts.second)
    case 'PM':
      return parts.hour < 12 ? 'AM' : 'PM'
    case 'pm':
      return parts.hour < 12 ? 'am' : 'pm'
    default:
      return /^[.,]/.test(token) ? fractionText(parts.nanosecond, token) : offsetText(parts.offset, token)
  }
}

function fractionText(nanosecond: number, token: string): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, token.length - 1)
  if (token[1] === '0') return token[0] + digits
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : token[0] + trimmed
}

function offsetText(offset: number, token: string): string {
  if (token.startsWith('Z') && offset === 0) return 'Z'
  const sign = offset < 0 ? '-' : '+'
  const total = Math.abs(offset)
  const fields = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60].map(two)
  const colon = token.includes(':') ? ':' : ''
  const count = (token.replaceAll(/[^0]/g, '').length + (token.match(/7/g)?.length ?? 0)) / 2
  return sign + fields.slice(0, Math.max(1, Math.floor(count))).join(colon)
}

/** Go's time.ParseInLocation; undefined when the text does not fit the layout. */
export function parseTime(layout: string, text: string, zone: string): Instant | undefined {
  const tokens: string[] = []
  let source = ''
  let at = 0
  for (const match of layout.matchAll(verb)) {
    source += quoteText(layout.slice(at, match.index)) + patternOf(match[0])
    tokens.push(match[0])
    at = match.index + match[0].length
  }
  const found = new RegExp(`^${source}${quoteText(layout.slice(at))}$`).exec(text)
  return found ? instantFrom(tokens, found.slice(1), zone) : undefined
}

function quoteText(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function patternOf(token: string): string {
  if (token === 'January' || token === 'Jan' || token === 'Monday' || token === 'Mon') return '([A-Za-z]+)'
  if (token === 'MST') return '([A-Z]{3,5}|[+-]\\d{2,4})'
  if (token === '2006') return '(\\d{4})'
  if (token === 'PM' || token === 'pm') return '([AaPp][Mm])'
  if (/^Z/.test(token)) return '(Z|[+-]\\d{2}:?\\d{0,2})'
  if (/^-/.test(token)) return '([+-]\\d{2}:?\\d{0,2})'
  if (/^[.,]/.test(token)) return token[1] === '0' ? `([.,]\\d{${token.length - 1}})` : '((?:[.,]\\d+)?)'
  // Go takes a fraction behind the seconds that the layout does not name.
  if (token === '05') return '(\\d{2}(?:[.,]\\d+)?)'
  return token.startsWith('_') ? '(\\s*\\d{1,3})' : token.startsWith('0') ? `(\\d{${token.length}})` : '(\\d{1,2})'
}

function instantFrom(tokens: readonly string[], values: readonly string[], zone: string): Instant | undefined {
  const fields = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, fraction: '', pm: '' }
  let offset: number | undefined
  for (const [index, token] of tokens.entries()) {
    const value = values[index] ?? ''
    if (token === '2006') fields.year = Number(value)
    else if (token === '06') fields.year = Number(value) + (Number(value) >= 69 ? 1900 : 2000)
    else if (token === '01' || token === '1') fields.month = Number(value)
    else if (token === 'Jan' || token === 'January') {
      fields.month = months.findIndex((name) => name.slice(0, 3).toLowerCase() === value.slice(0, 3).toLowerCase()) + 1
    } else if (token === '02' || token === '2' || token === '_2') fields.day = Number(value)
    else if (token === '15' || token === '03' || token === '3') fields.hour = Number(value)
    else if (token === '04' || token === '4') fields.minute = Number(value)
    else if (token === '05' || token === '5') {
      fields.second = Math.trunc(Number(value.replace(',', '.')))
      fields.fraction = value.split(/[.,]/)[1] ?? fields.fraction
    } else if (/^[.,]/.test(token)) fields.fraction = value.slice(1)
    else if (token === 'PM' || token === 'pm') fields.pm = value.toLowerCase()
    else if (/^[Z-]/.test(token)) offset = offsetOf(value)
    else if (token === 'MST' && value === 'UTC') offset = 0
  }
  const { year, month, day, minute, second, pm } = fields
  if (month < 1 || month > 12 || day < 1 || day > 31 || fields.hour > 23 || minute > 59 || second > 59) return undefined
  const hour = pm === 'pm' && fields.hour < 12 ? fields.hour + 12 : pm === 'am' && fields.hour === 12 ? 0 : fields.hour
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCDate() !== day) return undefined
  const local = date.getTime() + (hour * 3600 + minute * 60 + second) * 1000
  const shift = offset ?? (zone === 'UTC' ? 0 : zoneAt(zone, local).offset)
  const nanoseconds = BigInt(local - shift * 1000) * 1_000_000n + BigInt(fields.fraction.padEnd(9, '0').slice(0, 9))
  return { nanoseconds, zone: offset === 0 ? 'UTC' : zone }
}

function offsetOf(text: string): number {
  if (text === 'Z') return 0
  const digits = text.replaceAll(/\D/g, '')
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4) || 0) * 60
  return text.startsWith('-') ? -seconds : seconds
}
