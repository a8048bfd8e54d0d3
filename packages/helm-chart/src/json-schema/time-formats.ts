import { sprintf } from '@slipway/go-template'

/** What Go's time.Parse refuses of `2006-01-02`. */
export function dateProblem(text: string): string | undefined {
  const parsing = (rest: string, layout: string) =>
    `parsing time ${sprintf('%q', text)} as "2006-01-02": cannot parse ${sprintf('%q', rest)} as "${layout}"`
  if (!/^\d{4}/.test(text)) return parsing(text, '2006')
  if (text[4] !== '-') return parsing(text.slice(4), '-')
  if (!/^\d\d/.test(text.slice(5))) return parsing(text.slice(5), '01')
  const [year, month] = [Number(text.slice(0, 4)), Number(text.slice(5, 7))]
  const outOfRange = (part: string) => `parsing time ${sprintf('%q', text)}: ${part} out of range`
  if (month < 1 || month > 12) return outOfRange('month')
  if (text[7] !== '-') return parsing(text.slice(7), '-')
  if (!/^\d\d/.test(text.slice(8))) return parsing(text.slice(8), '02')
  if (text.length > 10) return `parsing time ${sprintf('%q: extra text: %q', text, text.slice(10))}`
  const day = Number(text.slice(8))
  return day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate() ? outOfRange('day') : undefined
}

/** RFC 3339's full-time. */
export function timeProblem(text: string): string | undefined {
  if (text.length < 9) return 'less than 9 characters long'
  if (text[2] !== ':' || text[5] !== ':') return 'missing colon in correct place'
  const parts = text.slice(0, 8).split(':')
  if (!parts.every((part) => /^\d\d$/.test(part))) return 'invalid hour/min/sec'
  const [hour = 0, minute = 0, second = 0] = parts.map(Number)
  if (hour > 23 || minute > 59 || second > 60) return 'hour/min/sec out of range'
  let rest = text.slice(8)
  if (rest.startsWith('.')) {
    const digits = /^\.\d+/.exec(rest)
    if (!digits) return 'no digits in second fraction'
    rest = rest.slice(digits[0].length)
  }
  if (rest === 'z' || rest === 'Z') return isLeap(second, hour * 60 + minute) ? undefined : 'invalid leap second'
  return offsetProblem(rest, { second, minutes: hour * 60 + minute })
}

function offsetProblem(offset: string, { second, minutes }: { second: number; minutes: number }): string | undefined {
  if (offset.length !== 6) return 'offset must be 6 characters long'
  if (!/^[+-]/.test(offset)) return 'offset must begin with plus/minus'
  if (offset[3] !== ':') return 'missing colon in offset in correct place'
  if (!/^.\d\d:\d\d$/.test(offset)) return 'invalid hour/min in offset'
  const [hours, rest] = [Number(offset.slice(1, 3)), Number(offset.slice(4))]
  if (hours > 23 || rest > 59) return 'hour/min in offset out of range'
  const shift = hours * 60 + rest
  const utc = (minutes + (offset.startsWith('+') ? -shift : shift) + 24 * 60) % (24 * 60)
  return isLeap(second, utc) ? undefined : 'invalid leap second'
}

/** Whether the second can be: the 60th is only the last of a day. */
function isLeap(second: number, minutes: number): boolean {
  return second < 60 || minutes === 23 * 60 + 59
}

/** RFC 3339's date-time. */
export function dateTimeProblem(text: string): string | undefined {
  if (text.length < 20) return 'less than 20 characters long'
  if (!/[tT]/.test(text[10] ?? '')) return '11th character must be t or T'
  const date = dateProblem(text.slice(0, 10))
  if (date !== undefined) return `invalid date element: ${date}`
  const time = timeProblem(text.slice(11))
  return time === undefined ? undefined : `invalid time element: ${time}`
}

/** ISO 8601's duration, as RFC 3339 has it. */
export function durationProblem(text: string): string | undefined {
  if (!text.startsWith('P')) return 'must start with P'
  const body = text.slice(1)
  if (body === '') return 'nothing after P'
  if (body.endsWith('W')) {
    if (body === 'W') return 'no number in week'
    return /^\d+W$/.test(body) ? undefined : 'invalid week'
  }
  const parts = body.split('T')
  for (const [index, part] of parts.entries()) {
    if (index > 0 && part === '') return 'no time elements'
    if (index > 1) return 'more than one T'
    const problem = unitsProblem(part, index === 0 ? 'YMD' : 'HMS')
    if (problem !== undefined) return problem
  }
  return undefined
}

/** ISO 8601's time interval, as RFC 3339 has it. */
export function periodProblem(text: string): string | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return 'missing slash'
  const [start, end] = [text.slice(0, slash), text.slice(slash + 1)]
  const startProblem = boundProblem('start', start)
  if (startProblem !== undefined) return startProblem
  // A duration is not told from where to where.
  return start.startsWith('P') ? prefixed('invalid end date-time', dateTimeProblem(end)) : boundProblem('end', end)
}

function boundProblem(name: string, text: string): string | undefined {
  return text.startsWith('P')
    ? prefixed(`invalid ${name} duration`, durationProblem(text))
    : prefixed(`invalid ${name} date-time`, dateTimeProblem(text))
}

function prefixed(prefix: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${prefix}: ${problem}`
}

function unitsProblem(text: string, all: string): string | undefined {
  let units = all
  let rest = text
  while (rest !== '') {
    const digits = /^\d+/.exec(rest)?.[0]
    if (digits === undefined) return 'missing number'
    const unit = rest[digits.length]
    if (unit === undefined) return 'missing unit'
    const at = units.indexOf(unit)
    if (at < 0) return all.includes(unit) ? `unit '${unit}' out of order` : `invalid unit '${unit}'`
    units = units.slice(at + 1)
    rest = rest.slice(digits.length + 1)
  }
  return undefined
}
