/** Go's hostname pattern of kube-openapi's strfmt/default.go, with a word of 2 to 63 letters at the end of a name with dots. */
const HOSTNAME =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$/u
const DURATION_UNITS = /^(ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i
const GO_DURATION = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/

const isIpv4 = (text: string): boolean =>
  /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255)

/** A URL's host is read as an address when it is in brackets. */
const isIpv6 = (text: string): boolean => /^[\da-f:.]+$/i.test(text) && text.includes(':') && isUrl(`http://[${text}]`)

function isUrl(text: string): boolean {
  try {
    return new URL(text) !== undefined
  } catch {
    return false
  }
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  if (more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(bits)) return false
  return (isIpv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128)
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

function isDateTime(text: string): boolean {
  const [, date = '', hour = '', minute = '', second = ''] =
    /^(.*?)[tT](\d\d):(\d\d):(\d\d)(?:.\d+)?(?:[zZ]|[+-]\d\d:\d\d)$/.exec(text) ?? []
  return isDate(date) && hour <= '23' && minute <= '59' && second <= '59'
}

/** Go's durations, and those of Scala: `2 days`. */
function isDuration(text: string): boolean {
  if (text === '0' || GO_DURATION.test(text)) return true
  const parts = [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)]
  return parts.length > 0 && parts.every(([, unit = '']) => DURATION_UNITS.test(unit))
}

const uuid = (version: string, variant = '[\\da-f]'): ((text: string) => boolean) => {
  const pattern = new RegExp(
    `^[\\da-f]{8}-?[\\da-f]{4}-?${version}[\\da-f]{3}-?${variant}[\\da-f]{3}-?[\\da-f]{12}$`,
    'i',
  )
  return (text) => pattern.test(text)
}

/** What a text of each format has to be, as kube-openapi's strfmt checks it; CRDs may name others, which say nothing. */
const FORMATS: Record<string, (text: string) => boolean> = {
  uri: (text) => /^([a-z][a-z\d+.-]*:|\/)\S*$/i.test(text),
  email: (text) => /^(?:[^<>@]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(text),
  hostname: (text) => text.length <= 255 && HOSTNAME.test(text) && text.split('.').every((label) => label.length <= 63),
  ipv4: isIpv4,
  ipv6: isIpv6,
  cidr: isCidr,
  mac: (text) =>
    /^[\da-f]{2}([:-])[\da-f]{2}(?:\1[\da-f]{2}){4}(?:(?:\1[\da-f]{2}){2}|(?:\1[\da-f]{2}){14})?$/i.test(text) ||
    /^[\da-f]{4}(?:\.[\da-f]{4}){2}(?:\.[\da-f]{4}|(?:\.[\da-f]{4}){7})?$/i.test(text),
  uuid: uuid('[\\da-f]'),
  uuid3: uuid('3'),
  uuid4: uuid('4', '[89ab]'),
  uuid5: uuid('5', '[89ab]'),
  bsonobjectid: (text) => /^[\da-f]{24}$/i.test(text),
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  hexcolor: (text) => /^#?([\da-f]{3}|[\da-f]{6})$/i.test(text),
  byte: (text) => /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(text),
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
}

/** Of which nothing is checked that Kubernetes knows by name. */
const UNCHECKED = ['password', 'isbn', 'isbn10', 'isbn13', 'creditcard', 'rgbcolor']

const nameOf = (format: string): string => format.replaceAll('-', '')

/** Whether Kubernetes knows the format of a text. */
export function isKnownFormat(format: string): boolean {
  return Object.hasOwn(FORMATS, nameOf(format)) || UNCHECKED.includes(nameOf(format))
}

/** Whether a text is of the format of its schema; one that nobody knows, every text is of. */
export function hasFormat(text: string, format: string): boolean {
  const name = nameOf(format)
  const check = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
  return check?.(text) ?? true
}
