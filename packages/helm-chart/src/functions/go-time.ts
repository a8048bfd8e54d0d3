import { GoInteger, type TemplateObject } from '@slipway/go-template'
import { formatDuration } from './duration.ts'
import { structOf } from './struct.ts'
import { formatTime, type Instant, partsOf } from './time-layout.ts'

const instants = new WeakMap<object, Instant>()

/** Go's time.Time with the methods that templates use. */
export function timeObject(instant: Instant): TemplateObject {
  const parts = () => partsOf(instant)
  const at = (nanoseconds: bigint) => timeObject({ ...instant, nanoseconds })
  const object = structOf(
    'time.Time',
    {},
    {
      Format: (layout) => formatTime(instant, String(layout)),
      Unix: () => new GoInteger('int64', instant.nanoseconds / 1_000_000_000n),
      UnixMilli: () => new GoInteger('int64', instant.nanoseconds / 1_000_000n),
      UnixNano: () => new GoInteger('int64', instant.nanoseconds),
      Year: () => BigInt(parts().year),
      Month: () => BigInt(parts().month),
      Day: () => BigInt(parts().day),
      Hour: () => BigInt(parts().hour),
      Minute: () => BigInt(parts().minute),
      Second: () => BigInt(parts().second),
      YearDay: () => BigInt(parts().yearDay),
      UTC: () => timeObject({ ...instant, zone: 'UTC' }),
      Add: (duration) => at(instant.nanoseconds + BigInt(String(duration))),
      AddDate: (years, months, days) => timeObject(addDate(instant, [years, months, days].map(Number))),
      After: (other) => instant.nanoseconds > instantOf(other).nanoseconds,
      Before: (other) => instant.nanoseconds < instantOf(other).nanoseconds,
      Equal: (other) => instant.nanoseconds === instantOf(other).nanoseconds,
      IsZero: () => instant.nanoseconds === zeroTime.nanoseconds,
      Sub: (other) => formatDuration(instant.nanoseconds - instantOf(other).nanoseconds),
      String: () => formatTime(instant, printLayout),
    },
    () => formatTime(instant, printLayout),
  )
  instants.set(object, instant)
  return object
}

const printLayout = '2006-01-02 15:04:05.999999999 -0700 MST'

/** Go's zero time, 1 January of the year 1. */
export const zeroTime: Instant = { nanoseconds: -62_135_596_800_000_000_000n, zone: 'UTC' }

/** The instant behind a time value, undefined for everything else. */
export function instantIn(value: unknown): Instant | undefined {
  return typeof value === 'object' && value !== null ? instants.get(value) : undefined
}

function instantOf(value: unknown): Instant {
  const instant = instantIn(value)
  if (!instant) throw new Error('wrong type for value; expected time.Time')
  return instant
}

function addDate(instant: Instant, [years = 0, months = 0, days = 0]: number[]): Instant {
  const { year, month, day, hour, minute, second, offset } = partsOf(instant)
  const local = Date.UTC(year + years, month - 1 + months, day + days, hour, minute, second)
  const fraction = ((instant.nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  return { ...instant, nanoseconds: BigInt(local - offset * 1000) * 1_000_000n + fraction }
}
