import { formatTime, type Instant, parseTime, rfc3339, zeroTime } from '@slipway/helm-chart'
import { nodePlatform } from './node-platform.ts'

/** RFC 3339, in the machine's zone where the offset is that zone's own; undefined for what is none, and for Go's zero time. */
function read(text: string | undefined): Instant | undefined {
  try {
    const instant = parseTime(rfc3339, text ?? '', nodePlatform.timeZone)
    return instant.nanoseconds === zeroTime.nanoseconds ? undefined : instant
  } catch {
    return undefined
  }
}

/** Whether a release's time is set. */
export function isTime(text: string | undefined): text is string {
  return read(text) !== undefined
}

/** As Go's time.ANSIC. */
export function ansiTime(text: string | undefined): string {
  return formatTime(read(text) ?? zeroTime, 'Mon Jan _2 15:04:05 2006')
}

/** In one of Go's layouts, by default that of Time.String. */
export function timeText(text: string, layout = '2006-01-02 15:04:05.999999999 -0700 MST'): string {
  const instant = read(text)
  return instant ? formatTime(instant, layout) : '-'
}

/** RFC 3339 without decimals. */
export function wholeSeconds(text: string): string {
  return text.replace(/\.\d+/, '')
}
