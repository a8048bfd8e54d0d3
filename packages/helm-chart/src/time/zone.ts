/** A zone of fixed offset that a text named, as Go makes one up for it. */
export interface FixedZone {
  readonly name: string
  /** Seconds east of Greenwich. */
  readonly offset: number
}

/** An IANA name, `UTC`, or a zone of fixed offset. */
export type Zone = string | FixedZone

/** Division that rounds down. */
export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

/** Whether a zone of that name is known: the database's names are names of files, which begin with a capital. */
export function isZone(zone: string): boolean {
  if (!/^[A-Z]/.test(zone)) return false
  try {
    const known = formatOf(zone, 'en-US', 'longOffset').resolvedOptions().timeZone
    return known === zone || known.toLowerCase() !== zone.toLowerCase()
  } catch {
    return false
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string, locale: string, timeZoneName: 'short' | 'longOffset'): Intl.DateTimeFormat {
  const key = `${zone}\n${locale}\n${timeZoneName}`
  const known = formats.get(key)
  if (known) return known
  const format = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName })
  formats.set(key, format)
  return format
}

function zoneText(format: Intl.DateTimeFormat, seconds: number): string {
  return format.formatToParts(clampToDates(seconds) * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** JavaScript's dates end where Go's go on; zones do not change out there. */
function clampToDates(seconds: number): number {
  return Math.max(-8.64e12, Math.min(8.64e12, seconds))
}

/** Seconds east of Greenwich, at a time in seconds since 1970. */
export function offsetAt(zone: Zone, seconds: number): number {
  if (typeof zone !== 'string') return zone.offset
  if (zone === 'UTC') return 0
  const match = /([+\u2212-])(\d\d):(\d\d)(?::(\d\d))?/.exec(zoneText(formatOf(zone, 'en-US', 'longOffset'), seconds))
  if (!match) return 0
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
  return match[1] === '+' ? size : -size
}

/** Each knows the abbreviations that are in use at its place. */
const locales = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA', 'en-KE', 'en-NG']

/** Abbreviations of the time zone database that no locale has, or has otherwise: standard and summer time. */
const abbreviations: Readonly<Record<string, readonly [string, string?]>> = {
  'America/Adak': ['HST', 'HDT'],
  'America/Dawson': ['MST'],
  'America/Havana': ['CST', 'CDT'],
  'America/Hermosillo': ['MST'],
  'America/Mazatlan': ['MST'],
  'America/Miquelon': ['-03', '-02'],
  'America/Whitehorse': ['MST'],
  'Antarctica/Casey': ['+08'],
  'Antarctica/Troll': ['+00', '+02'],
  'Asia/Colombo': ['+0530'],
  'Asia/Jakarta': ['WIB'],
  'Asia/Jayapura': ['WIT'],
  'Asia/Jerusalem': ['IST', 'IDT'],
  'Asia/Karachi': ['PKT'],
  'Asia/Macau': ['CST'],
  'Asia/Makassar': ['WITA'],
  'Asia/Manila': ['PST'],
  'Asia/Pontianak': ['WIB'],
  'Asia/Pyongyang': ['KST'],
  'Asia/Seoul': ['KST'],
  'Asia/Shanghai': ['CST'],
  'Asia/Taipei': ['CST'],
  'Asia/Tokyo': ['JST'],
  'Australia/Eucla': ['+0845'],
  'Australia/Lord_Howe': ['+1030', '+11'],
  'Europe/Guernsey': ['GMT', 'BST'],
  'Europe/Isle_of_Man': ['GMT', 'BST'],
  'Europe/Jersey': ['GMT', 'BST'],
  'Europe/Kirov': ['MSK'],
  'Europe/Moscow': ['MSK'],
  'Europe/Simferopol': ['MSK'],
  'Europe/Volgograd': ['MSK'],
  'Pacific/Chatham': ['+1245', '+1345'],
  'Pacific/Guam': ['ChST'],
  'Pacific/Midway': ['SST'],
  'Pacific/Pago_Pago': ['SST'],
  'Pacific/Saipan': ['ChST'],
  GMT: ['GMT'],
}

/** The zone's abbreviation at a time, such as `CET`; where there is none, its offset, such as `+03`. */
export function zoneNameAt(zone: Zone, seconds: number): string {
  if (typeof zone !== 'string') return zone.name
  if (zone === 'UTC') return zone
  const known = Object.hasOwn(abbreviations, zone) ? abbreviations[zone] : undefined
  if (known) return (isSummerTime(zone, seconds) && known[1]) || known[0]
  for (const locale of locales) {
    const name = zoneText(formatOf(zone, locale, 'short'), seconds)
    if (!/^(?:GMT|UTC)./.test(name)) return name
  }
  const minutes = offsetAt(zone, seconds) / 60
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(hours)}${rest === 0 ? '' : two(rest)}`
}

/** Whether clocks are ahead of the offset that the zone has in the other half of the year. */
function isSummerTime(zone: string, seconds: number): boolean {
  const halfYear = 182 * 86_400
  return offsetAt(zone, seconds) > Math.min(offsetAt(zone, seconds - halfYear), offsetAt(zone, seconds + halfYear))
}
