import { GoInteger, integerOf, withSignature } from '@slipway/go-template'
import type { Platform } from '../platform.ts'
import { formatDuration, parseDuration, roundDuration } from '../time/duration.ts'
import { formatTime } from '../time/format.ts'
import { type Instant, zeroTime } from '../time/instant.ts'
import { parseTime } from '../time/parse.ts'
import { floorDivide, isZone } from '../time/zone.ts'
import { parseDigits } from './numbers.ts'
import type { FunctionTable } from './table.ts'
import { instantIn, timeObject } from './time.ts'

const second = 1_000_000_000n

/** Sprig's dates, with the platform's clock and zone. */
export function dateFunctions(platform: Pick<Platform, 'now' | 'timeZone'>): FunctionTable {
  const now = (): Instant => ({ nanoseconds: BigInt(platform.now().getTime()) * 1_000_000n, zone: platform.timeZone })
  const shown = (instant: Instant) => timeObject(instant, platform.timeZone)
  /** A time, or seconds since 1970; everything else means now. */
  const instantOf = (value: unknown): Instant => {
    const seconds = integerOf(value)
    return (
      instantIn(value) ?? (seconds === undefined ? now() : { nanoseconds: seconds * second, zone: platform.timeZone })
    )
  }
  const inZone = (layout: string, value: unknown, zone: string) =>
    formatTime({ ...instantOf(value), zone: loadZone(zone, platform.timeZone) }, layout)
  const modify = (text: string, value: unknown) => {
    const instant = instantOf(value)
    return shown({ ...instant, nanoseconds: instant.nanoseconds + parseDuration(text) })
  }
  const dateModify = withSignature(['string', 'time.Time'], (text: string, value: unknown) =>
    withDefault(() => modify(text, value), value),
  )
  const mustDateModify = withSignature(['string', 'time.Time'], modify)
  const dateInZone = withSignature(['string', 'any', 'string'], inZone)
  return {
    now: withSignature([], () => shown(now())),
    date: withSignature(['string', 'any'], (layout: string, value: unknown) => inZone(layout, value, 'Local')),
    dateInZone,
    date_in_zone: dateInZone,
    htmlDate: withSignature(['any'], (value: unknown) => inZone('2006-01-02', value, 'Local')),
    htmlDateInZone: withSignature(['any', 'string'], (value: unknown, zone: string) =>
      inZone('2006-01-02', value, zone),
    ),
    dateModify,
    date_modify: dateModify,
    mustDateModify,
    must_date_modify: mustDateModify,
    toDate: withSignature(['string', 'string'], (layout: string, text: string) =>
      shown(withDefault(() => parseTime(layout, text, platform.timeZone), zeroTime)),
    ),
    mustToDate: withSignature(['string', 'string'], (layout: string, text: string) =>
      shown(parseTime(layout, text, platform.timeZone)),
    ),
    unixEpoch: withSignature(['time.Time'], (value: unknown) =>
      String(floorDivide(instantOf(value).nanoseconds, second)),
    ),
    ago: withSignature(['any'], (value: unknown) => {
      const elapsed = now().nanoseconds - instantOf(value).nanoseconds
      return formatDuration(floorDivide(elapsed + second / 2n, second) * second)
    }),
    duration: withSignature(['any'], (value: unknown) =>
      formatDuration(BigInt.asIntN(64, (typeof value === 'string' ? parseDigits(value, 10) : int64In(value)) * second)),
    ),
    durationRound: withSignature(['any'], (value: unknown) => {
      const instant = instantIn(value)
      if (instant) return roundDuration(now().nanoseconds - instant.nanoseconds)
      return roundDuration(typeof value === 'string' ? withDefault(() => parseDuration(value), 0n) : int64In(value))
    }),
  }
}

function withDefault<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

function loadZone(name: string, local: string): string {
  if (name === 'Local') return local
  return name !== '' && isZone(name) ? name : 'UTC'
}

// Sprig's type switch knows int64, not int.
function int64In(value: unknown): bigint {
  return value instanceof GoInteger && value.typeName === 'int64' ? value.value : 0n
}
