const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

interface Moment {
  /** As the clocks show it there, in the UTC fields. */
  readonly local: Date
  /** Decimals of the second, with their dot and without trailing zeros. */
  readonly fraction: string
  /** `Z` or `+02:00`. */
  readonly offset: string
}

/** RFC 3339 in the zone it is written in; undefined for what is none, and for Go's zero time. */
function read(text: string | undefined): Moment | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text ?? '')
  const [, seconds, fraction = '', offset = 'Z'] = match ?? []
  if (seconds === undefined || seconds.startsWith('0001-')) return undefined
  return { local: new Date(`${seconds}Z`), fraction: fraction.replace(/\.?0*$/, ''), offset }
}

/** Whether a release's time is set. */
export function isTime(text: string | undefined): text is string {
  return read(text) !== undefined
}

const two = (number: number): string => String(number).padStart(2, '0')

/** As Go's time.ANSIC: `Mon Jan _2 15:04:05 2006`. */
export function ansiTime(text: string | undefined): string {
  const { local } = read(text) ?? { local: new Date('0001-01-01T00:00:00Z') }
  const clock = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()].map(two).join(':')
  const date = String(local.getUTCDate()).padStart(2)
  const year = String(local.getUTCFullYear()).padStart(4, '0')
  return `${days[local.getUTCDay()]} ${months[local.getUTCMonth()]} ${date} ${clock} ${year}`
}

/** As Go's Time.String: `2006-01-02 15:04:05.999999999 -0700 MST`; a zone without a known name shows its offset again. */
export function timeText(text: string): string {
  const moment = read(text)
  if (!moment) return '-'
  const { local, fraction, offset } = moment
  const shown = `${local.toISOString().slice(0, 19).replace('T', ' ')}${fraction}`
  const number = offset.replace(':', '')
  return offset === 'Z' ? `${shown} +0000 UTC` : `${shown} ${number} ${number}`
}

/** RFC 3339 without decimals. */
export function wholeSeconds(text: string): string {
  return text.replace(/\.\d+/, '')
}
