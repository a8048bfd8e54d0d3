import { bytesOf, quote, stringOf } from '@slipway/go-template'
import { parseIp } from './ip.ts'

/** A URL as Go's net/url takes it apart (RFC 3986); texts without escapes, but for query and opaque. */
export interface Url {
  readonly scheme: string
  readonly opaque: string
  readonly user: User | undefined
  readonly host: string
  readonly path: string
  readonly query: string
  readonly fragment: string
}

/** Who asks: a name, and what follows its colon where there is one. */
export interface User {
  readonly name: string
  readonly password: string | undefined
}

/** The part of a URL that a text stands in, which decides what it may hold and what is escaped. */
type Part = 'path' | 'host' | 'zone' | 'user' | 'fragment'

/** Go's url.Parse. Throws an Error with Go's text. */
export function parseUrl(text: string): Url {
  const hash = text.indexOf('#')
  const whole = hash < 0 ? text : text.slice(0, hash)
  const url = named(whole, () => parseWithoutFragment(whole))
  const fragment = hash < 0 ? '' : named(text, () => unescapePart(text.slice(hash + 1), 'fragment'))
  return { ...url, fragment }
}

function named<T>(text: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new Error(`parse ${quote(text)}: ${(error as Error).message}`)
  }
}

const nothing: Url = { scheme: '', opaque: '', user: undefined, host: '', path: '', query: '', fragment: '' }

function parseWithoutFragment(text: string): Url {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses exactly these
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Error('net/url: invalid control character in URL')
  if (text === '*') return { ...nothing, path: '*' }
  if (text.startsWith(':')) throw new Error('missing protocol scheme')
  const [prefix = '', scheme = ''] = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text) ?? []
  const [rest, query] = cut(text.slice(prefix.length), '?')
  const base = { ...nothing, scheme: scheme.toLowerCase(), query }
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...base, opaque: rest }
    if (cut(rest, '/')[0].includes(':')) throw new Error('first path segment in URL cannot contain colon')
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))
  if (!hasAuthority) return { ...base, path: unescapePart(rest, 'path') }
  const [authority = ''] = /^[^/]*/.exec(rest.slice(2)) ?? []
  const { user, host } = parseAuthority(authority)
  return { ...base, user, host, path: unescapePart(rest.slice(2 + authority.length), 'path') }
}

/** What stands before and behind a separator; all of it before where there is none. */
function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

function parseAuthority(authority: string): { user: User | undefined; host: string } {
  const at = authority.lastIndexOf('@')
  const host = parseHost(authority.slice(at + 1))
  if (at < 0) return { user: undefined, host }
  const info = authority.slice(0, at)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(info)) throw new Error('net/url: invalid userinfo')
  const [name, password] = cut(info, ':')
  const user = {
    name: unescapePart(name, 'user'),
    password: info.includes(':') ? unescapePart(password, 'user') : undefined,
  }
  return { user, host }
}

const optionalPort = /^(?::\d*)?$/

function parseHost(host: string): string {
  const bracket = host.lastIndexOf('[')
  if (bracket > 0) throw new Error('invalid IP-literal')
  if (bracket === 0) return parseBracketed(host)
  const colon = host.lastIndexOf(':')
  checkPort(colon < 0 ? '' : host.slice(colon))
  return unescapePart(host, 'host')
}

function checkPort(port: string): void {
  if (!optionalPort.test(port)) throw new Error(`invalid port ${quote(port)} after host`)
}

/** `[::1]:80`, with a zone as RFC 6874 writes it. */
function parseBracketed(host: string): string {
  const close = host.lastIndexOf(']')
  if (close < 0) throw new Error("missing ']' in host")
  const port = host.slice(close + 1)
  checkPort(port)
  const inside = host.slice(1, close)
  const zoneAt = inside.indexOf('%25')
  const address = unescapePart(zoneAt < 0 ? inside : inside.slice(0, zoneAt), 'host')
  const zone = zoneAt < 0 ? '' : unescapePart(inside.slice(zoneAt), 'zone')
  if (!address.includes(':') || !parseIp(address)) {
    throw new Error(`invalid host: ParseAddr(${quote(address + zone)}): unable to parse IP`)
  }
  return `[${address}${zone}]${port}`
}

/** The host without its port and brackets. */
export function hostnameOf(host: string): string {
  const colon = host.lastIndexOf(':')
  const name = colon >= 0 && optionalPort.test(host.slice(colon)) ? host.slice(0, colon) : host
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
}

/** Go's Userinfo.String. */
export function userText({ name, password }: User): string {
  return escapePart(name, 'user') + (password === undefined ? '' : `:${escapePart(password, 'user')}`)
}

/** Go's url.URL.String. */
export function formatUrl({ scheme, opaque, user, host, path, query, fragment }: Url): string {
  let text = scheme === '' ? '' : `${scheme}:`
  if (opaque !== '') text += opaque
  else {
    if (host !== '' || user || (scheme !== '' && path !== '')) text += '//'
    if (user) text += `${userText(user)}@`
    text += escapePart(host, 'host')
    const escaped = path === '*' ? path : escapePart(path, 'path')
    if (escaped !== '' && !escaped.startsWith('/') && host !== '') text += '/'
    // Else the first segment would be taken for a scheme.
    if (text === '' && cut(escaped, '/')[0].includes(':')) text += './'
    text += escaped
  }
  return text + (query === '' ? '' : `?${query}`) + (fragment === '' ? '' : `#${escapePart(fragment, 'fragment')}`)
}

const inHost = `-_.~!$&'()*+,;=:[]<>"`
const unescapedIn: Readonly<Record<Part, string>> = {
  path: '-_.~$&+,/:;=@',
  host: inHost,
  zone: inHost,
  user: '-_.~$&+,;=',
  fragment: '-_.~$&+,/:;=?@!()*',
}

function mayStand(byte: number, part: Part): boolean {
  const char = String.fromCharCode(byte)
  return /[A-Za-z0-9]/.test(char) || unescapedIn[part].includes(char)
}

/** A text with the escapes that it needs in one part of a URL. */
export function escapePart(text: string, part: Part): string {
  return Array.from(bytesOf(text), (byte) =>
    mayStand(byte, part) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('')
}

function unescapePart(text: string, part: Part): string {
  const isHost = part === 'host' || part === 'zone'
  if (!isHost && !text.includes('%')) return text
  const source = bytesOf(text)
  const bytes: number[] = []
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] ?? 0
    if (byte === 0x25) {
      bytes.push(escapedByte(stringOf(source.subarray(i, i + 3)), part))
      i += 2
      continue
    }
    if (isHost && byte < 0x80 && !mayStand(byte, part)) {
      throw new Error(`invalid character ${quote(String.fromCharCode(byte))} in host name`)
    }
    bytes.push(byte)
  }
  return stringOf(Uint8Array.from(bytes))
}

/** Hosts have escapes for what is not ASCII only, zones for more. */
function escapedByte(text: string, part: Part): number {
  const invalid = () => new Error(`invalid URL escape ${quote(text)}`)
  if (!/^%[0-9a-fA-F]{2}$/.test(text)) throw invalid()
  const byte = Number.parseInt(text.slice(1), 16)
  if (part === 'host' && byte < 0x80 && text !== '%25') throw invalid()
  if (part === 'zone' && text !== '%25' && byte !== 0x20 && !mayStand(byte, 'host')) throw invalid()
  return byte
}
