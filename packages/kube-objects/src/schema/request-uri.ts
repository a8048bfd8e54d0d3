// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\x00-\x1f\x7f]/
const ESCAPED = /^(?:[^%]|%[\da-f]{2})*$/i
/** In a host only what is no ASCII may be escaped, and the sign before a zone. */
const HOST = /^(?:[^%\x20#/?@\\^`{|}]|%25|%[89a-f][\da-f])*$/i
const USER = /^[A-Za-z\d\-._:~!$&'()*+,;=%@]*$/
const PORT = /^(?::\d*)?$/

/** Whether Go's net/url.ParseRequestURI takes a text: an absolute URI or an absolute path, without a look at fragments. */
export function isRequestUri(text: string): boolean {
  if (text === '' || CONTROL.test(text)) return false
  if (text === '*') return true
  const scheme = /^[a-z][a-z\d+.-]*:/i.exec(text)?.[0] ?? ''
  if (scheme === '' && text.startsWith(':')) return false
  const [hierarchy = ''] = text.slice(scheme.length).split('?')
  if (!hierarchy.startsWith('/')) return scheme !== ''
  if (scheme === '' || !hierarchy.startsWith('//')) return ESCAPED.test(hierarchy)
  const slash = hierarchy.indexOf('/', 2)
  const end = slash < 0 ? hierarchy.length : slash
  return isAuthority(hierarchy.slice(2, end)) && ESCAPED.test(hierarchy.slice(end))
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@')
  const user = authority.slice(0, Math.max(at, 0))
  const host = authority.slice(at + 1)
  if (!USER.test(user) || !ESCAPED.test(user) || !HOST.test(host)) return false
  const name = host.startsWith('[')
    ? host.lastIndexOf(']') + 1
    : host.includes(':')
      ? host.lastIndexOf(':')
      : host.length
  return !(host.startsWith('[') && name === 0) && PORT.test(host.slice(name))
}
