import { floorDivide, offsetAt, type Zone, zoneNameAt } from './zone.ts'

/** A point in time and the zone it is shown in. */
export interface Instant {
  /** Since 1970. */
  readonly nanoseconds: bigint
  readonly zone: Zone
}

/** The calendar's view of an instant in its zone (proleptic Gregorian). */
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
  /** Empty where the zone has only an offset. */
  readonly zoneName: string
}

/** A date and time of day, which need not be in their usual ranges. */
export interface CivilTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour?: number
  readonly minute?: number
  readonly second?: number
  readonly nanosecond?: number
}

const billion = 1_000_000_000n
const secondsOfDay = 86_400

/** Go's zero time, 1 January of the year 1. */
export const zeroTime: Instant = { nanoseconds: -62_135_596_800n * billion, zone: 'UTC' }

/** What clock and calendar of its zone show at an instant. */
export function partsOf({ nanoseconds, zone }: Instant): TimeParts {
  const seconds = Number(floorDivide(nanoseconds, billion))
  const offset = offsetAt(zone, seconds)
  const local = seconds + offset
  const days = Math.floor(local / secondsOfDay)
  const clock = local - days * secondsOfDay
  const date = dateOfDays(days)
  return {
    ...date,
    hour: Math.floor(clock / 3600),
    minute: Math.floor((clock % 3600) / 60),
    second: clock % 60,
    nanosecond: Number(((nanoseconds % billion) + billion) % billion),
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysOfDate(date.year, 1, 1) + 1,
    offset,
    zoneName: zoneNameAt(zone, seconds),
  }
}

/** The instant at which a zone shows this date and time; where clocks skip or repeat it, the one that Go's time.Date takes. */
export function instantOfCivil(civil: CivilTime, zone: Zone): Instant {
  const { year, month, day, hour = 0, minute = 0, second = 0, nanosecond = 0 } = civil
  const shown = daysOfDate(year, month, day) * secondsOfDay + hour * 3600 + minute * 60 + second
  const first = offsetAt(zone, shown)
  const offset = first === 0 ? 0 : offsetAt(zone, shown - first)
  return { nanoseconds: BigInt(shown - offset) * billion + BigInt(nanosecond), zone }
}

/** Days since 1970 of a date; months beyond 12 or below 1 go into the years (after Howard Hinnant's days_from_civil). */
export function daysOfDate(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1)
  const shifted = Math.floor((months - 2) / 12)
  const monthFromMarch = (((months - 2) % 12) + 12) % 12
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function dateOfDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  }
}

/** Whether the year has a 29 February. */
export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}
