import { withSignature } from '@slipway/go-template'
import { emptyValues, type Values } from '../values/value.ts'
import { kindOf, tableOf } from './kinds.ts'
import { type FunctionTable, nilDereference } from './table.ts'
import { formatUrl, hostnameOf, parseUrl, type User, userText } from './url.ts'

function urlParse(text: string): Values {
  const { scheme, host, path, query, opaque, fragment, user } = withPrefix('unable to parse url', () => parseUrl(text))
  return Object.assign(emptyValues(), {
    scheme,
    host,
    hostname: hostnameOf(host),
    path,
    query,
    opaque,
    fragment,
    userinfo: user ? userText(user) : '',
  })
}

function urlJoin(parts: unknown): string {
  const table = tableOf(parts)
  const part = (key: string): string => {
    if (!Object.hasOwn(table, key)) return ''
    const value = table[key]
    if (typeof value === 'string') return value
    if (value === null || value === undefined) throw new Error(nilDereference)
    throw new Error(`unable to parse ${key} key, must be of type string, but ${kindOf(value)} found`)
  }
  // In Sprig's order, which decides what is complained of first.
  const [scheme, host, path] = [part('scheme'), part('host'), part('path')]
  const [query, opaque, fragment] = [part('query'), part('opaque'), part('fragment')]
  return formatUrl({ scheme, host, path, query, opaque, fragment, user: userIn(part('userinfo')) })
}

function userIn(info: string): User | undefined {
  if (info === '') return undefined
  return withPrefix('unable to parse userinfo in dict', () => parseUrl(`proto://${info}@host`)).user
}

function withPrefix<T>(prefix: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new Error(`${prefix}: ${(error as Error).message}`)
  }
}

/** Sprig's URLs. */
export const urlFunctions: FunctionTable = {
  urlParse: withSignature(['string'], urlParse),
  urlJoin: withSignature(['map'], urlJoin),
}
