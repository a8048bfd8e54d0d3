/** Checks of `format` that drafts before 2019-09 demand; the text says what is wrong, undefined when nothing is. */
export const formats: Readonly<Record<string, (text: string) => string | undefined>> = {
  date: (text) => (isDate(text) ? undefined : 'must be YYYY-MM-DD'),
  'date-time': (text) => {
    const [date = '', time] = text.split(/[tT ]/, 2)
    return isDate(date) && time !== undefined && isTime(time) ? undefined : 'not a date-time'
  },
  time: (text) => (isTime(text) ? undefined : 'not a time'),
  email: (text) => (/^[^@\s]+@[^@\s]+$/.test(text) ? undefined : 'missing @'),
  hostname: (text) => (isHostname(text) ? undefined : 'invalid hostname'),
  ipv4: (text) => (isIpv4(text) ? undefined : 'expected four decimals'),
  ipv6: (text) => (isIpv6(text) ? undefined : 'invalid ipv6'),
  uri: (text) => (/^[a-zA-Z][a-zA-Z0-9+.-]*:[^\s]*$/.test(text) ? undefined : 'relative url'),
  uuid: (text) =>
    /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(text) ? undefined : 'must be 36 characters long',
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (!match) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)$/.test(text)
}

function isHostname(text: string): boolean {
  const name = text.replace(/\.$/, '')
  return (
    name.length <= 253 && name.split('.').every((label) => /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(label))
  )
}

function isIpv4(text: string): boolean {
  return (
    /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255 && !/^0\d/.test(part))
  )
}

function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const plain = last.includes('.') ? [...groups.slice(0, -1), '0', '0'] : groups
  if (last.includes('.') && !isIpv4(last)) return false
  const isWhole = halves.length === 2 ? plain.length < 8 : plain.length === 8
  return isWhole && plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))
}
