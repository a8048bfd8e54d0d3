import { integerOf, withSignature } from '@slipway/go-template'
import type { Platform } from '../platform.ts'
import { formatDuration, parseDuration, roundDuration } from './duration.ts'
import { instantIn, timeObject, zeroTime } from './go-time.ts'
import type { FunctionTable } from './table.ts'
import { formatTime, type Instant, isZone, parseTime } from './time-layout.ts'

const second = 1_000_000_000n

/** Sprig's dates, with the platform's clock and zone. */
export function dateFunctions(platform: Pick<Platform, 'now' | 'timeZone'>): FunctionTable {
  const now = (): Instant => ({ nanoseconds: BigInt(platform.now().getTime()) * 1_000_000n, zone: platform.timeZone })
  const instantOf = (value: unknown): Instant => {
    const instant = instantIn(value)
    if (instant) return instant
    const seconds = integerOf(value)
    return seconds === undefined ? now() : { nanoseconds: seconds * second, zone: platform.timeZone }
  }
  const zoned = (layout: string, value: unknown, zone: string) => {
    const name = zone === 'Local' ? platform.timeZone : isZone(zone) ? zone : 'UTC'
    return formatTime({ ...instantOf(value), zone: name === '' ? 'UTC' : name }, layout)
  }
  const modify = (fails: boolean) => (text: string, value: unknown) => {
    const duration = parseDuration(text)
    const instant = instantOf(value)
    if (duration === undefined && fails) throw new Error(`time: invalid duration ${JSON.stringify(text)}`)
    return timeObject({ ...instant, nanoseconds: instant.nanoseconds + (duration ?? 0n) })
  }
  const toDate = (fails: boolean) => (layout: string, text: string) => {
    const instant = parseTime(layout, text, platform.timeZone)
    if (!instant && fails)
      throw new Error(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse`)
    return timeObject(instant ?? zeroTime)
  }
  const inZone = withSignature(['string', 'any', 'string'], zoned)
  return {
    now: withSignature([], () => timeObject(now())),
    date: withSignature(['string', 'any'], (layout: string, value: unknown) => zoned(layout, value, 'Local')),
    dateInZone: inZone,
    date_in_zone: inZone,
    htmlDate: withSignature(['any'], (value: unknown) => zoned('2006-01-02', value, 'Local')),
    htmlDateInZone: withSignature(['any', 'string'], (value: unknown, zone: string) =>
      zoned('2006-01-02', value, zone),
    ),
    dateModify: withSignature(['string', 'any'], modify(false)),
    date_modify: withSignature(['string', 'any'], modify(false)),
    mustDateModify: withSignature(['string', 'any'], modify(true)),
    must_date_modify: withSignature(['string', 'any'], modify(true)),
    toDate: withSignature(['string', 'string'], toDate(false)),
    mustToDate: withSignature(['string', 'string'], toDate(true)),
    unixEpoch: withSignature(['any'], (value: unknown) => String(instantOf(value).nanoseconds / second)),
    ago: withSignature(['any'], (value: unknown) => {
      const elapsed = now().nanoseconds - instantOf(value).nanoseconds
      return formatDuration(((elapsed + second / 2n) / second) * second)
    }),
    duration: withSignature(['any'], (value: unknown) => formatDuration(secondsOf(value) * second)),
    durationRound: withSignature(['any'], (value: unknown) => {
      const instant = instantIn(value)
      if (instant) return roundDuration(now().nanoseconds - instant.nanoseconds)
      return roundDuration(typeof value === 'string' ? (parseDuration(value) ?? 0n) : int64Of(value))
    }),
  }
}

// Only Go's int64 counts here, not int.
function int64Of(value: unknown): bigint {
  return typeof value === 'bigint' ? 0n : (integerOf(value) ?? 0n)
}

function secondsOf(value: unknown): bigint {
  if (typeof value === 'string') return /^[+-]?\d+$/.test(value) ? BigInt(value) : 0n
  return int64Of(value)
}
