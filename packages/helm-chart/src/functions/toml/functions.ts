import { spend, withSignature } from '@slipway/go-template'
import type { Platform } from '../../platform.ts'
import { rfc3339Nano } from '../../time/layout.ts'
import { parseTime } from '../../time/parse.ts'
import { offsetAt } from '../../time/zone.ts'
import { emptyValues } from '../../values/value.ts'
import { bytesPerCharacterRead } from '../plain.ts'
import type { FunctionTable } from '../table.ts'
import { timeObject } from '../time.ts'
import { type ReadDate, readToml } from './read.ts'
import { writeToml } from './write.ts'

/** TOML as Helm reads and writes it in templates. */
export function tomlFunctions(platform: Pick<Platform, 'now' | 'timeZone'>): FunctionTable {
  const readDate = dateReader(platform)
  return {
    toToml: withSignature(['any'], (value: unknown) => {
      // What the library panics for, before it looks for what it can say itself.
      if (value === null || value === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value')
      return orMessage(() => writeToml(value))
    }),
    fromToml: withSignature(['string'], (text: string) => {
      spend(text.length * bytesPerCharacterRead)
      const result = orMessage(() => readToml(text, readDate))
      return typeof result === 'string' ? Object.assign(emptyValues(), { Error: result }) : result
    }),
  }
}

/** What cannot be read or written becomes the message that says so; not what JavaScript's stack is too small for. */
function orMessage<T>(run: () => T): T | string {
  try {
    return run()
  } catch (error) {
    if (error instanceof RangeError) throw error
    return error instanceof Error ? error.message : String(error)
  }
}

/** Layouts of dates, and the name of the zone of those that have none. */
const layouts: readonly [string, string?][] = [
  [rfc3339Nano],
  ['2006-01-02T15:04:05.999999999', 'datetime-local'],
  ['2006-01-02', 'date-local'],
  ['15:04:05.999999999', 'time-local'],
  ['2006-01-02T15:04Z07:00'],
  ['2006-01-02T15:04', 'datetime-local'],
  ['15:04', 'time-local'],
]

function dateReader(platform: Pick<Platform, 'now' | 'timeZone'>): ReadDate {
  return (text) => {
    // Asked for here, since it takes Node a while to find out.
    const { timeZone } = platform
    for (const [layout, local] of layouts) {
      const zone =
        local === undefined ? timeZone : { name: local, offset: offsetAt(timeZone, platform.now().getTime() / 1000) }
      try {
        const instant = parseTime(layout, text, zone)
        return isMissingZero(text, layout) ? undefined : timeObject(instant, timeZone)
      } catch {
        // The next layout may fit.
      }
    }
    return undefined
  }
}

/** Go's times may lack leading zeros, TOML's may not: separators stand where the layout has them. */
function isMissingZero(text: string, layout: string): boolean {
  for (const [index, char] of [...layout].entries()) {
    if (char === '.' || char === 'Z') return false
    if (!/\d/.test(char) && text[index] !== char) return true
  }
  return false
}
