const format =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+](\d{2}):(\d{2})))|(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?))?$/

/** Whether goyaml takes a text for a date: it keeps such text as it is when it reads, and quotes it when it writes. */
export function isTimestamp(text: string): boolean {
  if (text.length < 8 || text[4] !== '-') return false
  const match = format.exec(text)
  if (!match) return false
  const [year = 0, month = 0, day = 0, ...rest] = match.slice(1).map((part) => Number(part ?? 0))
  const [hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0, hour2 = 0, minute2 = 0, second2 = 0] = rest
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false
  return Math.max(hour, hour2) < 24 && Math.max(minute, minute2, second, second2, zoneMinute) < 60 && zoneHour <= 24
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

const parts =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]| )(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d{2}:\d{2})?)?$/

/** A date as Go's time.Time is written in JSON: `2006-01-02T15:04:05.1Z`. */
export function rfc3339Of(text: string): string {
  const [, year = '', month = '', day = '', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] =
    parts.exec(text) ?? []
  const [mm, dd, hh, mi, ss] = [month, day, hour, minute, second].map((part) => part.padStart(2, '0'))
  const digits = fraction.slice(0, 9).replace(/0+$/, '')
  return `${year}-${mm}-${dd}T${hh}:${mi}:${ss}${digits && `.${digits}`}${zone === '+00:00' ? 'Z' : zone}`
}
