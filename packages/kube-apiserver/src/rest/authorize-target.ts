import { type Authorizer, denialText } from '../access/authorize.ts'
import type { Target, User } from '../api/request.ts'
import { StatusError } from '../api/status.ts'
import { selectedName } from './selectors.ts'

/** As much of a target as decides who may have it. */
export type AccessTarget = Pick<Target, 'verb' | 'namespace' | 'name' | 'subresource'> & {
  resource: { group: string; plural: string }
}

/**
 * Throws 403 when the user may not do what the target says. Who may see one object by its name may list and watch it
 * by its name, as the field selector has it then.
 */
export function authorizeTarget(user: User, target: AccessTarget, authorize: Authorizer, fieldSelector = ''): void {
  const { resource, verb, subresource } = target
  const name = target.name ?? selectedName(fieldSelector)
  const namespace = namespaceOf(target)
  const attributes = {
    user,
    verb,
    group: resource.group,
    resource: resource.plural,
    ...(subresource && { subresource }),
    ...(namespace !== undefined && { namespace }),
    ...(name && { name }),
    ...(fieldSelector && { fieldSelector }),
  }
  if (authorize(attributes)) return
  const shown = resource.group ? `${resource.plural}.${resource.group}` : resource.plural
  const object = name ? `${shown} "${name}"` : shown
  throw new StatusError(403, 'Forbidden', `${object} is forbidden: ${denialText(attributes, authorize)}`, {
    ...(name && { name }),
    ...(resource.group && { group: resource.group }),
    kind: resource.plural,
  })
}

/** A Namespace that a path names is inside of itself (apiserver's RequestInfo): roles that are bound there are about it, too. */
function namespaceOf({ resource, namespace, name }: AccessTarget): string | undefined {
  return resource.group === '' && resource.plural === 'namespaces' ? name : namespace
}
