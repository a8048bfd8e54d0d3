import type { User } from '../api/request.ts'

/** What someone wants to do, as SubjectAccessReview words it. */
export interface AccessAttributes {
  user: User
  verb: string
  path?: string
  group?: string
  resource?: string
  subresource?: string
  namespace?: string
  name?: string
  /** Of a list or watch, as it was asked. */
  fieldSelector?: string
}

/** Decides on every request. */
export interface Authorizer {
  (attributes: AccessAttributes): boolean
  /** Why it says no, where it has words of its own for it. */
  why?(attributes: AccessAttributes): string | undefined
}

const OPEN_PATHS = new Set(['/healthz', '/livez', '/readyz', '/version'])

/** Whether a path may be read by anyone, as Kubernetes' system:public-info-viewer has it. */
export function isOpenPath(path: string): boolean {
  const root = /^\/[^/]*/.exec(path)?.[0] ?? ''
  return OPEN_PATHS.has(root)
}

/** The words of Kubernetes' 403. */
export function denialText(attributes: AccessAttributes, { why }: Authorizer): string {
  const reason = why?.(attributes)
  return reason ? `${deniedRequest(attributes)}: ${reason}` : deniedRequest(attributes)
}

function deniedRequest({ user, verb, path, group, resource, subresource, namespace }: AccessAttributes): string {
  if (!resource) return `User "${user.name}" cannot ${verb} path "${path}"`
  const what = subresource ? `${resource}/${subresource}` : resource
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
  return `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group ?? ''}" ${scope}`
}
