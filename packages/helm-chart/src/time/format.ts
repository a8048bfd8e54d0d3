import { type Instant, partsOf, type TimeParts } from './instant.ts'
import { months, piecesOf, weekdays } from './layout.ts'

/** Go's Time.Format. */
export function formatTime(instant: Instant, layout: string): string {
  const parts = partsOf(instant)
  return piecesOf(layout)
    .map(({ prefix, element }) => prefix + formatElement(element, parts))
    .join('')
}

/** A whole number with at least so many digits, its sign in front. */
function digits(value: number, width: number): string {
  return (value < 0 ? '-' : '') + String(Math.abs(value)).padStart(width, '0')
}

function formatElement(element: string, parts: TimeParts): string {
  const hour12 = parts.hour % 12 || 12
  switch (element) {
    case '':
      return ''
    case 'January':
      return months[parts.month - 1] ?? ''
    case 'Jan':
      return (months[parts.month - 1] ?? '').slice(0, 3)
    case 'Monday':
      return weekdays[parts.weekday] ?? ''
    case 'Mon':
      return (weekdays[parts.weekday] ?? '').slice(0, 3)
    case 'MST':
      return parts.zoneName || offsetText(parts.offset, '-0700')
    case '2006':
      return digits(parts.year, 4)
    case '06':
      return digits(Math.abs(parts.year) % 100, 2)
    case '01':
      return digits(parts.month, 2)
    case '1':
      return String(parts.month)
    case '02':
      return digits(parts.day, 2)
    case '_2':
      return String(parts.day).padStart(2, ' ')
    case '2':
      return String(parts.day)
    case '002':
      return digits(parts.yearDay, 3)
    case '__2':
      return String(parts.yearDay).padStart(3, ' ')
    case '15':
      return digits(parts.hour, 2)
    case '03':
      return digits(hour12, 2)
    case '3':
      return String(hour12)
    case '04':
      return digits(parts.minute, 2)
    case '4':
      return String(parts.minute)
    case '05':
      return digits(parts.second, 2)
    case '5':
      return String(parts.second)
    case 'PM':
      return parts.hour < 12 ? 'AM' : 'PM'
    case 'pm':
      return parts.hour < 12 ? 'am' : 'pm'
    default:
      return /^[.,]/.test(element) ? fractionText(parts.nanosecond, element) : offsetText(parts.offset, element)
  }
}

function fractionText(nanosecond: number, element: string): string {
  const wanted = digits(nanosecond, 9)
    .padEnd(element.length - 1, '0')
    .slice(0, element.length - 1)
  if (element[1] === '0') return element[0] + wanted
  const trimmed = wanted.replace(/0+$/, '')
  return trimmed === '' ? '' : element[0] + trimmed
}

/** The offset in the form of an element such as `Z07:00` or `-070000`. */
function offsetText(offset: number, element: string): string {
  if (element.startsWith('Z') && offset === 0) return 'Z'
  const minutes = Math.trunc(offset / 60)
  const colon = element.includes(':') ? ':' : ''
  const size = element.replaceAll(/\D/g, '').length
  let text = `${minutes < 0 ? '-' : '+'}${digits(Math.trunc(Math.abs(minutes) / 60), 2)}`
  if (size > 2) text += colon + digits(Math.abs(minutes) % 60, 2)
  if (size > 4) text += colon + digits(Math.abs(offset) % 60, 2)
  return text
}
