import type { IncomingMessage } from 'node:http'
import type { User } from '../api/request.ts'
import { StatusError } from '../api/status.ts'
import { ANONYMOUS } from './authenticate.ts'
import { type AccessAttributes, type Authorizer, denialText } from './authorize.ts'

const EXTRA = 'impersonate-extra-'
/** A namespace and a name, as those that there can be are written (serviceaccount.SplitUsername). */
const ACCOUNT = /^system:serviceaccount:([a-z0-9](?:[-a-z0-9]*[a-z0-9])?):([a-z0-9](?:[-.a-z0-9]*[a-z0-9])?)$/

/** As whom a request is to be served: the user of its Impersonate headers, whom the sender must be allowed to be. Throws 403. */
export function impersonatedUser(http: IncomingMessage, sender: User, authorize: Authorizer): User {
  const name = one(http, 'impersonate-user')
  const groups = many(http, 'impersonate-group')
  const uid = one(http, 'impersonate-uid')
  const extra = extraOf(http)
  if (!name) {
    if (groups.length === 0 && !uid && Object.keys(extra).length === 0) return sender
    throw new StatusError(
      500,
      'InternalError',
      'Internal error occurred: requested groups, uid or extra without impersonating a user',
    )
  }
  const check = (attributes: Omit<AccessAttributes, 'user' | 'verb'>) => {
    const asked = { user: sender, verb: 'impersonate', ...attributes }
    if (authorize(asked)) return
    const shown = asked.group ? `${asked.resource}.${asked.group}` : asked.resource
    throw new StatusError(403, 'Forbidden', `${shown} "${asked.name}" is forbidden: ${denialText(asked, authorize)}`, {
      ...(asked.name && { name: asked.name }),
      ...(asked.group && { group: asked.group }),
      kind: asked.resource ?? '',
    })
  }
  const account = ACCOUNT.exec(name)
  if (account) check({ resource: 'serviceaccounts', namespace: account[1] ?? '', name: account[2] ?? '' })
  else check({ resource: 'users', name })
  for (const group of groups) check({ resource: 'groups', name: group })
  if (uid) check({ group: 'authentication.k8s.io', resource: 'uids', name: uid })
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values)
      check({ group: 'authentication.k8s.io', resource: 'userextras', subresource: key, name: value })
  }
  const own =
    account && groups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : groups
  return {
    name,
    groups: [...new Set([...own, ...everyoneBut(name, own)])],
    ...(uid && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

const [AUTHENTICATED, UNAUTHENTICATED] = ['system:authenticated', 'system:unauthenticated']

/** What everyone is in, unless the groups asked for say whether the user has proved to be someone. */
function everyoneBut(name: string, groups: string[]): string[] {
  if (name === ANONYMOUS.name) return [UNAUTHENTICATED]
  return groups.includes(UNAUTHENTICATED) ? [] : [AUTHENTICATED]
}

function one({ headers }: IncomingMessage, name: string): string {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

/** Node joins repeated headers with commas, which no group may hold once escaped; the raw headers keep them apart. */
function many({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}

function extraOf(http: IncomingMessage): Record<string, string[]> {
  const names = Object.keys(http.headers).filter((name) => name.startsWith(EXTRA))
  return Object.fromEntries(names.map((name) => [unescaped(name.slice(EXTRA.length)), many(http, name)]))
}

/** A key as it was before it became part of a header's name, or as it is when it was never escaped. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
