import { timestamp } from '../clock.ts'

/** A time as RFC 3339 has it in a time zone, by default UTC. */
export function zonedTimestamp(time: number, timeZone = 'UTC'): string {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [offset = '', sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(name) ?? []
  const shift = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
  if (shift === 0) return timestamp(new Date(time))
  return timestamp(new Date(sign === '-' ? time - shift : time + shift)).replace('Z', offset)
}
