import { bytesOf, stringOf, withSignature } from '@slipway/go-template'
import { emptyValues, type Values } from '../values/value.ts'
import { kindOf, tableOf } from './kinds.ts'
import type { FunctionTable } from './table.ts'

/** Go's url.Parse as far as Sprig shows it (RFC 3986, appendix B). */
function urlParse(text: string): Values {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses exactly these
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw new Error(`unable to parse url: parse ${JSON.stringify(text)}: net/url: invalid control character in URL`)
  }
  const hash = text.indexOf('#')
  const fragment = hash < 0 ? '' : text.slice(hash + 1)
  const whole = hash < 0 ? text : text.slice(0, hash)
  const schemeMatch = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(whole)
  if (!schemeMatch && whole.startsWith(':')) {
    throw new Error(`unable to parse url: parse ${JSON.stringify(text)}: missing protocol scheme`)
  }
  const scheme = schemeMatch?.[1]?.toLowerCase() ?? ''
  const [rest = '', query] = splitOnce(whole.slice(schemeMatch?.[0].length ?? 0), '?')
  const isOpaque = scheme !== '' && !rest.startsWith('/') && rest !== ''
  const authority = !isOpaque && rest.startsWith('//') ? (/^\/\/([^/]*)/.exec(rest)?.[1] ?? '') : undefined
  const at = authority?.lastIndexOf('@') ?? -1
  const host = authority?.slice(at + 1) ?? ''
  return Object.assign(emptyValues(), {
    scheme,
    host,
    hostname: host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, ''),
    path: isOpaque ? '' : decodePercent(authority === undefined ? rest : rest.slice(2 + authority.length)),
    query: query ?? '',
    opaque: isOpaque ? rest : '',
    fragment: decodePercent(fragment),
    userinfo: at < 0 ? '' : (authority?.slice(0, at) ?? ''),
  })
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function decodePercent(text: string): string {
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const hex = text[i] === '%' ? text.slice(i + 1, i + 3) : ''
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16))
      i += 2
    } else if (text[i] === '%') throw new Error(`unable to parse url: invalid URL escape "%${hex}"`)
    else bytes.push(...bytesOf(String.fromCodePoint(text.codePointAt(i) as number)))
    if ((text.codePointAt(i) as number) > 0xffff) i++
  }
  return stringOf(Uint8Array.from(bytes))
}

function escapeWith(text: string, kept: RegExp): string {
  return Array.from(bytesOf(text), (byte) => {
    const char = String.fromCharCode(byte)
    return kept.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}

const pathChars = /[A-Za-z0-9\-_.~$&+,/:;=@]/
const fragmentChars = /[A-Za-z0-9\-_.~$&+,/:;=?@!()*]/

/** Go's url.URL.String of Sprig's parts. */
function urlJoin(parts: unknown): string {
  const table = tableOf(parts)
  const part = (key: string): string => {
    if (!Object.hasOwn(table, key)) return ''
    const value = table[key]
    if (typeof value === 'string') return value
    throw new Error(`unable to parse ${key} key, must be of type string, but ${kindOf(value)} found`)
  }
  const [scheme, host, path, query, opaque] = ['scheme', 'host', 'path', 'query', 'opaque'].map(part) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const [fragment, userinfo] = [part('fragment'), part('userinfo')]
  let url = scheme === '' ? '' : `${scheme}:`
  if (opaque !== '') url += opaque
  else {
    if (scheme !== '' || host !== '' || userinfo !== '') {
      if (host !== '' || path !== '' || userinfo !== '') url += '//'
      if (userinfo !== '') url += `${userinfo}@`
      url += host
    }
    const escaped = escapeWith(path, pathChars)
    if (escaped !== '' && !escaped.startsWith('/') && host !== '') url += '/'
    url += escaped
  }
  return url + (query === '' ? '' : `?${query}`) + (fragment === '' ? '' : `#${escapeWith(fragment, fragmentChars)}`)
}

/** Sprig's URLs. */
export const urlFunctions: FunctionTable = {
  urlParse: withSignature(['string'], urlParse),
  urlJoin: withSignature(['map'], urlJoin),
}
