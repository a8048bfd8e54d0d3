import type { Identity } from '@slipway/http-server'
import type { Matcher } from '../policy/matcher.ts'

/** What may be done to one resource, as a token carries it (distribution, token/jwt.md). */
export interface Grant {
  type: string
  name: string
  actions: string[]
}

/** What a route needs before it does anything. */
export interface Need {
  type: 'repository' | 'registry' | 'artifact-repository'
  name: string
  actions: string[]
}

/** What may be done to the repositories that it covers. */
export interface Permission {
  covers: Matcher
  actions: readonly string[]
}

type Role = Identity['role']

/** Somebody this registry knows. */
export interface Caller {
  name: string
  /** Absent for whoever has permissions for some repositories only. */
  role?: Role
  permissions: readonly Permission[]
}

/** Who asks, and what that caller may do with the credentials of this request. */
export interface Principal {
  name: string
  can(need: Need): boolean
  /** Whether the caller behind a token may do it, though this token was not asked for it. */
  couldAsk(need: Need): boolean
}

/** Who shows no credentials. */
export const ANONYMOUS = 'anonymous'

const ROLE_ACTIONS: Record<Role, readonly string[]> = {
  reader: ['pull', 'metadata_read'],
  developer: ['pull', 'push', 'metadata_read', 'metadata_write'],
  admin: ['pull', 'push', 'delete', 'metadata_read', 'metadata_write'],
}

/** What of the registry itself each role may use; the catalog shows a caller only what that caller may see. */
const REGISTRY_ROLES = new Map<string, readonly (Role | undefined)[]>([
  ['catalog', ['reader', 'developer', 'admin', undefined]],
  ['usage', ['reader', 'developer', 'admin']],
  ['metrics', ['reader', 'developer', 'admin']],
  ['care', ['admin']],
])

/** A caller who may do on every repository what the role says. */
export function callerOf({ name, role }: Identity): Caller {
  return { name, role, permissions: [{ covers: () => true, actions: ROLE_ACTIONS[role] }] }
}

/** Whether a caller may do what is needed, with the right token. */
export function mayDo(caller: Caller, { type, name, actions }: Need): boolean {
  if (type === 'registry') return REGISTRY_ROLES.get(name)?.includes(caller.role) ?? false
  return actions.every((action) => actionsOn(caller, type, name).includes(action))
}

/** The part of what was asked for that the caller may do: a token never says more. */
export function grantsFor(caller: Caller, asked: Grant[]): Grant[] {
  return asked.flatMap(({ type, name, actions }) => {
    if (type === 'registry') return mayDo(caller, { type, name, actions }) ? [{ type, name, actions: ['*'] }] : []
    if (type !== 'repository' && type !== 'artifact-repository') return []
    const all = actionsOn(caller, type, name)
    const wanted = actions.includes('*') ? all : actions.filter((action) => all.includes(action))
    // Clients of Distribution know one word for reading, Azure's two: who may have both has both by the one.
    const granted = wanted.includes('pull') && all.includes('metadata_read') ? [...wanted, 'metadata_read'] : wanted
    return granted.length > 0 ? [{ type, name, actions: [...new Set(granted)] }] : []
  })
}

/** Whether the grants of a token cover what is needed. */
export function grantsAllow(grants: Grant[], need: Need): boolean {
  return need.actions.every((action) =>
    grants.some(
      (grant) =>
        grant.type === need.type &&
        grant.name === need.name &&
        (grant.actions.includes(action) || grant.actions.includes('*')),
    ),
  )
}

/** A repository of charts is the namespace of its charts' repositories: who may use it may use all that is in there. */
function actionsOn({ permissions }: Caller, type: Need['type'], name: string): string[] {
  const repository = type === 'artifact-repository' ? `${namespaceOf(name)}/${ANY_CHART}` : name
  return permissions.flatMap(({ covers, actions }) => (covers(repository) ? actions : []))
}

/** A name that no chart can have, so that only patterns for the whole namespace cover it. */
const ANY_CHART = '\0'.repeat(64)

/** The default repository of charts is the namespace `helm`, where Azure's own guide has charts pushed; any other is one by its name. */
export function namespaceOf(chartRepository: string): string {
  return chartRepository === 'repo' ? 'helm' : chartRepository
}

/** The namespace behind the address of a repository of charts, `/helm/v1/{repo}/`; undefined for other paths. */
export function chartRepositoryOf(pathname: string): string | undefined {
  const repo = /^\/helm\/v1\/([^/]+)\/?$/.exec(pathname)?.[1]
  return repo === undefined ? undefined : namespaceOf(repo)
}

/** Reads `type:name:action,action`, several to a text, apart by spaces. What cannot be read grants nothing. */
export function parseScopes(texts: string[]): Grant[] {
  return texts
    .flatMap((text) => text.split(' '))
    .flatMap((scope) => {
      const first = scope.indexOf(':')
      const last = scope.lastIndexOf(':')
      if (first <= 0 || last <= first + 1) return []
      const actions = scope
        .slice(last + 1)
        .split(',')
        .filter(Boolean)
      return [{ type: scope.slice(0, first), name: scope.slice(first + 1, last), actions }]
    })
}

export function formatScope({ type, name, actions }: Grant): string {
  return `${type}:${name}:${actions.join(',')}`
}
