import { flagOf } from '../api/flag.ts'
import { verbOf } from '../api/request.ts'
import type { AccessTarget } from '../rest/authorize-target.ts'

/**
 * What a path means whose resources only another server knows (apiserver's RequestInfo):
 * `/apis/<group>/<version>/[watch/][namespaces/<namespace>/]<resource>[/<name>[/<subresource>]]`.
 * Undefined for the paths of discovery.
 */
export function elsewhereTarget(method: string, path: string, query: URLSearchParams): AccessTarget | undefined {
  const [, group = '', , ...segments] = path.split('/').filter(Boolean)
  const watchPrefix = segments[0] === 'watch'
  const tail = watchPrefix ? segments.slice(1) : segments
  const inside = tail[0] === 'namespaces' && tail.length > 2
  const namespace = inside ? tail[1] : undefined
  const [plural, name, subresource] = (inside ? tail.slice(2) : tail).map(decodeURIComponent)
  if (plural === undefined) return undefined
  const watching = watchPrefix || flagOf(query, 'watch') === true
  return {
    resource: { group, plural },
    verb: verbOf(method, name, watching),
    ...(namespace !== undefined && { namespace }),
    ...(name && { name }),
    ...(subresource && { subresource }),
  }
}
