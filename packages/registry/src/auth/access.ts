import type { Identity } from '@slipway/http-server'

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

/** Who asks, and what that caller may do. */
export interface Principal {
  name: string
  can(need: Need): boolean
  /** Whether the identity behind a token may do it, though this token was not asked for it. */
  couldAsk(need: Need): boolean
}

type Role = Identity['role']

const ROLE_ACTIONS: Record<Role, readonly string[]> = {
  reader: ['pull', 'metadata_read'],
  developer: ['pull', 'push', 'metadata_read', 'metadata_write'],
  admin: ['pull', 'push', 'delete', 'metadata_read', 'metadata_write'],
}

/** Whether a role allows what is needed, on every resource. */
export function roleAllows(role: Role, need: Need): boolean {
  // The catalog is only ever read; its one action is written `*`.
  if (need.type === 'registry') return need.name === 'catalog'
  return need.actions.every((action) => ROLE_ACTIONS[role].includes(action))
}

/** The part of what was asked for that the role allows: a token never says more. */
export function grantsFor(role: Role, asked: Grant[]): Grant[] {
  return asked.flatMap(({ type, name, actions }) => {
    if (type === 'registry') return name === 'catalog' ? [{ type, name, actions: ['*'] }] : []
    if (type !== 'repository' && type !== 'artifact-repository') return []
    const all = actions.includes('*') ? [...ROLE_ACTIONS[role]] : actions
    const allowed = all.filter((action) => ROLE_ACTIONS[role].includes(action))
    return allowed.length > 0 ? [{ type, name, actions: allowed }] : []
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

export function formatScope({ type, name, actions }: Need): string {
  return `${type}:${name}:${actions.join(',')}`
}
