import { isRequestUri } from './request-uri.ts'

/** Go's hostname pattern of kube-openapi's strfmt/default.go, with a word of 2 to 63 letters at the end of a name with dots. */
const HOSTNAME =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$/u
const DURATION_UNITS = /^(ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i
// The addresses of RFC 5322 as Go's net/mail.ParseAddress reads them.
const ATOM = String.raw`[^\s()<>[\]:;@\\,."]+`
const QUOTED = String.raw`"(?:[^"\\\n]|\\.)+"`
const ADDRESS = String.raw`(?:${QUOTED}|${ATOM}(?:\.${ATOM})*)@\s*(?:\[[\da-fA-F.:]+\]|${ATOM}(?:\.${ATOM})*)`
const PHRASE = String.raw`(?:${QUOTED}\s*|[^\s()<>[\]:;@\\,"]+(?:\s+|(?=["<])))*`
const EMAIL = new RegExp(String.raw`^\s*(?:${ADDRESS}|${PHRASE}<\s*${ADDRESS}>)\s*(?:\([^()]*\)\s*)?$`)
const CREDIT_CARD =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/
const RGB_COLOR = /^rgb\((\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*(,(?!\s*\))|(?=\)))){3}\)$/
const GO_DURATION = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/

/** Zeros in front are as good as none (netutils.ParseIPSloppy), except inside an IPv6 address. */
const isIpv4 = (text: string): boolean =>
  /^\d+(\.\d+){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255)

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
  if (more.length > 0 || !/^\d+$/.test(bits)) return false
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

/** Go's durations, and those of Scala: `2 days`, of which one unit that is known is enough. */
function isDuration(text: string): boolean {
  if (/^[+-]?0$/.test(text) || GO_DURATION.test(text)) return true
  return [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(([, unit = '']) => DURATION_UNITS.test(unit))
}

/** By its brand's digits and Luhn's sum; whatever is no digit does not count. */
function isCreditCard(text: string): boolean {
  const digits = text.replaceAll(/\D+/g, '')
  if (!CREDIT_CARD.test(digits)) return false
  const sum = [...digits].toReversed().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

const plainIsbn = (text: string): string => text.replaceAll(/[\s-]+/g, '')

function isIsbn10(text: string): boolean {
  const isbn = plainIsbn(text)
  if (!/^\d{9}[\dX]$/.test(isbn)) return false
  return [...isbn].reduce((sum, digit, index) => sum + (index + 1) * (digit === 'X' ? 10 : Number(digit)), 0) % 11 === 0
}

function isIsbn13(text: string): boolean {
  const isbn = plainIsbn(text)
  if (!/^\d{13}$/.test(isbn)) return false
  return [...isbn].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 === 0 ? 1 : 3), 0) % 10 === 0
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
  uri: isRequestUri,
  email: (text) => EMAIL.test(text),
  hostname: (text) => text.length <= 255 && HOSTNAME.test(text) && text.split('.').every((label) => label.length <= 63),
  ipv4: (text) => isIpv4(text) || (isIpv6(text) && text.includes('.')),
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
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: (text) => /^\d{3}[- ]\d{2}[- ]\d{4}$/.test(text),
  hexcolor: (text) => /^#?([\da-f]{3}|[\da-f]{6})$/i.test(text),
  rgbcolor: (text) => RGB_COLOR.test(text),
  byte: (text) => /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}[A-Za-z\d+/=])$/.test(text),
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  password: () => true,
}

const nameOf = (format: string): string => format.replaceAll('-', '')

/** Whether Kubernetes knows the format of a text. */
export function isKnownFormat(format: string): boolean {
  return Object.hasOwn(FORMATS, nameOf(format))
}

/** Whether a text is of the format of its schema; one that nobody knows, every text is of. */
export function hasFormat(text: string, format: string): boolean {
  const name = nameOf(format)
  const check = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
  return check?.(text) ?? true
}
