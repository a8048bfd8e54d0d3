import { bytesOf } from '@slipway/go-template'
import { type CivilTime, type Instant, instantOfCivil, isLeapYear } from './instant.ts'
import { months, piecesOf, weekdays } from './layout.ts'
import { offsetAt, type Zone, zoneNameAt } from './zone.ts'

/** Go's time.ParseInLocation. Throws an Error with Go's text. */
export function parseTime(layout: string, text: string, zone: Zone): Instant {
  return new TimeParser(layout, text).parse(zone)
}

/** Go's quoting in errors about times: everything beyond ASCII as bytes. */
export function quoteAscii(text: string): string {
  if (/^[ !#-[\]-\x7f]*$/.test(text)) return `"${text}"`
  let out = ''
  for (const char of text) {
    if (char === '"' || char === '\\') out += `\\${char}`
    else if (char >= ' ' && char < '\x80') out += char
    else for (const byte of bytesOf(char)) out += `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return `"${out}"`
}

/** The value does not look like the element. */
class Mismatch extends Error {}

class TimeParser {
  private readonly layout: string
  private readonly text: string
  /** What is still to be read. */
  private rest: string
  private year = 0
  private month: number | undefined
  private day: number | undefined
  private yearDay: number | undefined
  private hour = 0
  private minute = 0
  private second = 0
  private nanosecond = 0
  private half: 'am' | 'pm' | undefined
  private offset: number | undefined
  private isUtc = false
  private zoneName = ''

  constructor(layout: string, text: string) {
    this.layout = layout
    this.text = text
    this.rest = text
  }

  parse(zone: Zone): Instant {
    const pieces = piecesOf(this.layout)
    for (const [index, { prefix, element }] of pieces.entries()) {
      this.skip(prefix)
      if (element === '') break
      const held = this.rest
      try {
        this.read(element, pieces[index + 1])
      } catch (error) {
        if (error instanceof Mismatch) this.fail(element, held)
        throw error
      }
    }
    if (this.rest !== '') this.failWith(`extra text: ${quoteAscii(this.rest)}`)
    return this.instant(zone)
  }

  private fail(element: string, value: string): never {
    const [text, layout] = [quoteAscii(this.text), quoteAscii(this.layout)]
    throw new Error(`parsing time ${text} as ${layout}: cannot parse ${quoteAscii(value)} as ${quoteAscii(element)}`)
  }

  private failWith(message: string): never {
    throw new Error(`parsing time ${quoteAscii(this.text)}: ${message}`)
  }

  /** Reads text of the layout; spaces match any number of spaces. */
  private skip(prefix: string): void {
    let wanted = prefix
    while (wanted !== '') {
      if (wanted.startsWith(' ')) {
        if (this.rest !== '' && !this.rest.startsWith(' ')) this.fail(prefix, this.rest)
        wanted = wanted.replace(/^ +/, '')
        this.rest = this.rest.replace(/^ +/, '')
      } else {
        if (this.rest[0] !== wanted[0]) this.fail(prefix, this.rest)
        wanted = wanted.slice(1)
        this.rest = this.rest.slice(1)
      }
    }
  }

  /** Takes what a pattern finds at the start of the rest. */
  private take(pattern: RegExp): string {
    const match = pattern.exec(this.rest)
    if (!match) throw new Mismatch()
    this.rest = this.rest.slice(match[0].length)
    return match[0]
  }

  private number(isFixed: boolean): number {
    return Number(this.take(isFixed ? /^\d\d/ : /^\d\d?/))
  }

  private name(names: readonly string[]): number {
    const index = names.findIndex((name) => this.rest.slice(0, name.length).toLowerCase() === name.toLowerCase())
    if (index < 0) throw new Mismatch()
    this.rest = this.rest.slice(names[index]?.length)
    return index
  }

  private inRange(value: number, min: number, max: number, what: string): number {
    if (value < min || value > max) this.failWith(`${what} out of range`)
    return value
  }

  private read(element: string, next: { prefix: string; element: string } | undefined): void {
    switch (element) {
      case '06': {
        const year = Number(this.take(/^(?:\d\d|[+-]\d)/))
        this.year = year + (year >= 69 ? 1900 : 2000)
        break
      }
      case '2006':
        this.year = Number(this.take(/^\d{4}/))
        break
      case 'Jan':
        this.month = this.name(months.map((name) => name.slice(0, 3))) + 1
        break
      case 'January':
        this.month = this.name(months) + 1
        break
      case '1':
      case '01':
        this.month = this.inRange(this.number(element === '01'), 1, 12, 'month')
        break
      case 'Mon':
        this.name(weekdays.map((name) => name.slice(0, 3)))
        break
      case 'Monday':
        this.name(weekdays)
        break
      case '2':
      case '_2':
      case '02':
        if (element === '_2') this.rest = this.rest.replace(/^ /, '')
        this.day = this.number(element === '02')
        break
      case '__2':
        this.rest = this.rest.replace(/^ {1,2}/, '')
        this.yearDay = Number(this.take(/^\d{1,3}/))
        break
      case '002':
        this.yearDay = Number(this.take(/^\d{3}/))
        break
      default:
        this.readClock(element, next)
    }
  }

  private readClock(element: string, next: { prefix: string; element: string } | undefined): void {
    switch (element) {
      case '15':
        this.hour = this.inRange(this.number(false), 0, 23, 'hour')
        break
      case '3':
      case '03':
        this.hour = this.inRange(this.number(element === '03'), 0, 12, 'hour')
        break
      case '4':
      case '04':
        this.minute = this.inRange(this.number(element === '04'), 0, 59, 'minute')
        break
      case '5':
      case '05':
        this.second = this.inRange(this.number(element === '05'), 0, 59, 'second')
        // A fraction behind the seconds may be there though the layout has none.
        if (/^[.,]\d/.test(this.rest) && !/^[.,]/.test(next?.element ?? '')) this.fraction(this.take(/^[.,]\d+/))
        break
      case 'PM':
        this.half = this.take(/^[AP]M/) === 'PM' ? 'pm' : 'am'
        break
      case 'pm':
        this.half = this.take(/^[ap]m/) === 'pm' ? 'pm' : 'am'
        break
      case 'MST':
        this.zone()
        break
      default:
        if (/^[.,]0/.test(element)) this.fraction(this.take(new RegExp(`^[.,]\\d{${element.length - 1}}`)))
        else if (/^[.,]9/.test(element)) this.fraction(this.take(/^(?:[.,]\d+)?/))
        else this.zoneOffset(element)
    }
  }

  private fraction(text: string): void {
    this.nanosecond = Number(text.slice(1, 10).padEnd(9, '0'))
  }

  private zoneOffset(element: string): void {
    if (element.startsWith('Z') && this.rest.startsWith('Z')) {
      this.rest = this.rest.slice(1)
      this.isUtc = true
      return
    }
    const colon = element.includes(':') ? ':' : ''
    const size = element.replaceAll(/\D/g, '').length / 2
    // Go looks at the length and the colons first, and at each number's range before the next one.
    const text = this.take(new RegExp(`^.${Array(size).fill('..').join(colon)}`, 's'))
    const sign = text[0]
    const [hours = 0, minutes = 0, seconds = 0] = (text.slice(1).replaceAll(':', '').match(/../gs) ?? []).map(
      (digits, index) => {
        if (!/^\d\d$/.test(digits)) throw new Mismatch()
        const unit = ['hour', 'minute', 'second'][index]
        return this.inRange(Number(digits), 0, index === 0 ? 24 : 60, `time zone offset ${unit}`)
      },
    )
    if (sign !== '+' && sign !== '-') throw new Mismatch()
    const offset = (hours * 60 + minutes) * 60 + seconds
    this.offset = sign === '-' ? -offset : offset
  }

  /** An abbreviation: three capitals, four or five that end in T, and what the time zone database has besides. */
  private zone(): void {
    if (this.rest.startsWith('UTC')) {
      this.rest = this.rest.slice(3)
      this.isUtc = true
      return
    }
    const signed = /^(?:GMT)?[+-](?:[01]?\d|2[0-3])(?!\d)/
    if (signed.test(this.rest)) this.zoneName = this.take(signed)
    else
      this.zoneName = this.take(
        /^(?:ChST|MeST|GMT|[A-Z]{4}T(?![A-Z])|[A-Z]{3}T(?![A-Z])|WITA(?![A-Z])|[A-Z]{3}(?![A-Z]))/,
      )
  }

  private instant(zone: Zone): Instant {
    const civil = { ...this.date(), hour: this.clockHour(), minute: this.minute, second: this.second }
    const time: CivilTime = { ...civil, nanosecond: this.nanosecond }
    if (this.isUtc) return instantOfCivil(time, 'UTC')
    if (this.offset !== undefined) return this.atOffset(time, this.offset, zone)
    return this.zoneName === '' ? instantOfCivil(time, zone) : this.inNamedZone(time, zone)
  }

  private clockHour(): number {
    if (this.half === 'pm' && this.hour < 12) return this.hour + 12
    return this.half === 'am' && this.hour === 12 ? 0 : this.hour
  }

  private date(): { year: number; month: number; day: number } {
    const { year } = this
    const found = this.yearDay === undefined ? undefined : this.dateOfYearDay(this.yearDay)
    const { month, day } = found ?? { month: this.month ?? 1, day: this.day ?? 1 }
    const length = month === 2 ? (isLeapYear(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
    this.inRange(day, 1, length, 'day')
    return { year, month, day }
  }

  private dateOfYearDay(yearDay: number): { month: number; day: number } {
    const lengths = [31, isLeapYear(this.year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    let day = this.inRange(yearDay, 1, isLeapYear(this.year) ? 366 : 365, 'day-of-year')
    let month = 1
    for (const length of lengths) {
      if (day <= length) break
      day -= length
      month++
    }
    if (this.month !== undefined && this.month !== month) this.failWith('day-of-year does not match month')
    if (this.day !== undefined && this.day !== day) this.failWith('day-of-year does not match day')
    return { month, day }
  }

  /** An offset stands for the given zone when that has it then. */
  private atOffset(time: CivilTime, offset: number, zone: Zone): Instant {
    const { nanoseconds } = instantOfCivil(time, { name: '', offset })
    const seconds = Number(nanoseconds / 1_000_000_000n)
    const isLocal =
      offsetAt(zone, seconds) === offset && (this.zoneName === '' || zoneNameAt(zone, seconds) === this.zoneName)
    return { nanoseconds, zone: isLocal ? zone : { name: this.zoneName, offset } }
  }

  private inNamedZone(time: CivilTime, zone: Zone): Instant {
    const local = instantOfCivil(time, zone)
    if (zoneNameAt(zone, Number(local.nanoseconds / 1_000_000_000n)) === this.zoneName) return local
    const hours = this.zoneName.length > 3 && this.zoneName.startsWith('GMT') ? Number(this.zoneName.slice(3)) : 0
    // As in Go, the offset of such a name is shown but not applied.
    const { nanoseconds } = instantOfCivil(time, 'UTC')
    return { nanoseconds, zone: { name: this.zoneName, offset: hours * 3600 } }
  }
}
