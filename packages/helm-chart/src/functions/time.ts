import {
  GoInteger,
  integerOf,
  type TemplateObject,
  templateObjectOf,
  underlyingOf,
  withSignature,
} from '@slipway/go-template'
import { formatDuration } from '../time/duration.ts'
import { formatTime } from '../time/format.ts'
import { type Instant, instantOfCivil, partsOf, zeroTime } from '../time/instant.ts'
import { months, rfc3339Nano, weekdays } from '../time/layout.ts'
import { floorDivide } from '../time/zone.ts'
import { withSerialForm } from './plain.ts'
import { structOf } from './struct.ts'

const instants = new WeakMap<object, Instant>()
const printLayout = '2006-01-02 15:04:05.999999999 -0700 MST'

/** Go's time.Time with the methods that templates use. `local`: the name of the machine's zone. */
export function timeObject(instant: Instant, local: string): TemplateObject {
  const { nanoseconds } = instant
  const parts = () => partsOf(instant)
  const part = (pick: (parts: ReturnType<typeof partsOf>) => number) => withSignature([], () => BigInt(pick(parts())))
  const int64 = (unit: bigint) => withSignature([], () => new GoInteger('int64', floorDivide(nanoseconds, unit)))
  const moved = (by: bigint) => timeObject({ ...instant, nanoseconds: nanoseconds + by }, local)
  const inZone = (zone: string) => withSignature([], () => timeObject({ ...instant, zone }, local))
  const compared = (holds: (order: number) => boolean) =>
    withSignature(['time.Time'], (other: unknown) => holds(Number(nanoseconds - instantOf(other).nanoseconds)))
  const object: TemplateObject = structOf({
    typeName: 'time.Time',
    methods: {
      Format: withSignature(['string'], (layout: string) => formatTime(instant, layout)),
      Unix: int64(1_000_000_000n),
      UnixMilli: int64(1_000_000n),
      UnixMicro: int64(1000n),
      UnixNano: int64(1n),
      Year: part(({ year }) => year),
      Month: withSignature([], () => named('time.Month', BigInt(parts().month), months[parts().month - 1] ?? '')),
      Day: part(({ day }) => day),
      Hour: part(({ hour }) => hour),
      Minute: part(({ minute }) => minute),
      Second: part(({ second }) => second),
      Nanosecond: part(({ nanosecond }) => nanosecond),
      YearDay: part(({ yearDay }) => yearDay),
      Weekday: withSignature([], () => named('time.Weekday', BigInt(parts().weekday), weekdays[parts().weekday] ?? '')),
      UTC: inZone('UTC'),
      Local: inZone(local),
      Add: withSignature(['any'], (duration: unknown) => moved(integerOf(underlyingOf(duration)) ?? 0n)),
      AddDate: withSignature(['int', 'int', 'int'], (...by: unknown[]) =>
        timeObject(addDate(instant, by.map(Number)), local),
      ),
      After: compared((order) => order > 0),
      Before: compared((order) => order < 0),
      Equal: compared((order) => order === 0),
      IsZero: withSignature([], () => nanoseconds === zeroTime.nanoseconds),
      Sub: withSignature(['time.Time'], (other: unknown) => {
        const duration = nanoseconds - instantOf(other).nanoseconds
        return named('time.Duration', new GoInteger('int64', duration), formatDuration(duration))
      }),
      String: withSignature([], () => formatTime(instant, printLayout)),
    },
    // Each zone that is only an offset is another one to Go.
    identity: () => (typeof instant.zone === 'string' ? `${nanoseconds} ${instant.zone}` : object),
    text: () => formatTime(instant, printLayout),
    serial: () => formatTime(instant, rfc3339Nano),
  })
  instants.set(object, instant)
  return object
}

/** A number with a name of its own, such as a month. */
function named(typeName: string, underlying: bigint | GoInteger, text: string): TemplateObject {
  const object = templateObjectOf({
    typeName,
    underlying,
    hasField: () => false,
    getField: () => undefined,
    getMethod: (name) => (name === 'String' ? withSignature([], () => text) : undefined),
    toGoString: () => text,
  })
  return withSerialForm(object, () => underlying)
}

/** The instant behind a time value, undefined for everything else. */
export function instantIn(value: unknown): Instant | undefined {
  return typeof value === 'object' && value !== null ? instants.get(value) : undefined
}

function instantOf(value: unknown): Instant {
  const instant = instantIn(value)
  if (!instant) throw new TypeError('the template engine checks that this is a time')
  return instant
}

function addDate(instant: Instant, [years = 0, months = 0, days = 0]: number[]): Instant {
  const { year, month, day, ...clock } = partsOf(instant)
  return instantOfCivil({ ...clock, year: year + years, month: month + months, day: day + days }, instant.zone)
}
