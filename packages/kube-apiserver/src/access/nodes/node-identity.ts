import type { User } from '../../api/request.ts'

const PREFIX = 'system:node:'

/** The node whose agent a user is; undefined = it is nobody's, empty = it does not say whose. */
export function nodeOf({ name, groups }: User): string | undefined {
  return name.startsWith(PREFIX) && groups.includes('system:nodes') ? name.slice(PREFIX.length) : undefined
}
