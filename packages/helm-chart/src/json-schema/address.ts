import { quote } from '@slipway/go-template'
import { escapePart, parseUrl } from '../functions/url.ts'

/** What stands before the `#` of a reference, and what follows it. Throws an Error with the words of santhosh-tekuri/jsonschema. */
export function splitReference(reference: string): { address: string; fragment: string } {
  const hash = reference.indexOf('#')
  if (hash < 0) return { address: reference, fragment: '' }
  try {
    return { address: reference.slice(0, hash), fragment: decodeURIComponent(reference.slice(hash + 1)) }
  } catch {
    const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(reference.slice(hash + 1))?.[0] ?? ''
    throw new Error(`error in parsing ${quote(reference)}: invalid URL escape ${quote(wrong)}`)
  }
}

/** A URL taken apart with its escapes as they are (RFC 3986, appendix B). */
interface Parts {
  readonly scheme: string
  /** With its two slashes; absent where there are none. */
  readonly authority: string | undefined
  readonly path: string
  /** With its question mark. */
  readonly query: string
}

/** The address that one without fragment names at another, as Go's url.URL.ResolveReference has it. Throws an Error with Go's text. */
export function resolveAddress(base: string, address: string): string {
  if (address === '') return base
  try {
    parseUrl(address)
  } catch (error) {
    throw new Error(`error in parsing ${quote(address)}: ${(error as Error).message}`)
  }
  const from = partsOf(base)
  const to = partsOf(address)
  if (to.scheme !== '') return isOpaque(to) ? formatParts(to) : formatParts({ ...to, path: joinPaths('', to.path) })
  // Nothing is relative to `urn:…`, except for a query.
  if (isOpaque(from)) return formatParts({ ...from, query: to.query })
  if (to.authority !== undefined) return formatParts({ ...to, scheme: from.scheme, path: joinPaths('', to.path) })
  return formatParts({
    scheme: from.scheme,
    authority: from.authority ?? (from.scheme === '' ? '' : '//'),
    path: joinPaths(from.path, to.path),
    query: to.path === '' && to.query === '' ? from.query : to.query,
  })
}

function partsOf(address: string): Parts {
  const [, scheme = '', authority, path = '', query = ''] =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(\/\/[^/?]*)?([^?]*)(\?.*)?$/s.exec(address) ?? []
  return { scheme: scheme.toLowerCase(), authority, path: escapedPath(path), query }
}

function isOpaque({ scheme, authority, path }: Parts): boolean {
  return scheme !== '' && authority === undefined && !path.startsWith('/')
}

/** Go keeps a path as it was written, unless a character in it may not stand there. */
function escapedPath(path: string): string {
  return /^[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]%/]*$/.test(path)
    ? path
    : escapePart(parseUrl(`//h/${path}`).path.slice(1), 'path')
}

function formatParts({ scheme, authority = '', path, query }: Parts): string {
  return `${scheme === '' ? '' : `${scheme}:`}${authority}${path}${query}`
}

/** RFC 3986, 5.2.4, with what Go makes of `..` at the top. */
function joinPaths(base: string, path: string): string {
  const full = path === '' ? base : path.startsWith('/') ? path : base.slice(0, base.lastIndexOf('/') + 1) + path
  if (full === '') return ''
  const kept: string[] = []
  const segments = full.split('/')
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
  }
  const last = segments.at(-1)
  if (last === '.' || last === '..') kept.push('')
  return `/${kept.join('/')}`.replace(/^\/\//, '/')
}

/** A key as a JSON pointer has it (RFC 6901). */
export function escapeToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** A place in a document as messages show it; each key with the escapes of Go's url.PathEscape. */
export function locationText(address: string, fragment: string): string {
  const escaped = fragment.replaceAll(/[^A-Za-z0-9\-_.~$&+:=@/]/gu, (char) =>
    encodeURIComponent(char).replace(/^[!'()*]$/, (plain) => `%${plain.charCodeAt(0).toString(16).toUpperCase()}`),
  )
  return `${address}#${escaped}`
}
