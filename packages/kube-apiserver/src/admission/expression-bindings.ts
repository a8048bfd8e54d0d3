import type { Authorizer as Authorize } from '../access/authorize.ts'
import type { Bindings } from '../cel/expression.ts'
import { Authorizer } from '../cel/library/authorization.ts'
import { celValue } from '../cel/values.ts'
import type { AdmissionRequest } from './admission.ts'
import { type MatchDeps, namespaceOf } from './matching.ts'
import type { reviewRequest } from './review-request.ts'

/** What the expressions of admission may speak of (apiserver's plugin/cel/activation.go). */
export const ADMISSION_VARIABLES = [
  'object',
  'oldObject',
  'request',
  'params',
  'namespaceObject',
  'variables',
  'authorizer',
]

/** The values of the variables that policies and webhooks have in common. */
export function admissionBindings(
  request: AdmissionRequest,
  review: Awaited<ReturnType<typeof reviewRequest>>,
  { authorize, store }: MatchDeps & { authorize: Authorize },
): Bindings {
  const { object, oldObject, ...rest } = review
  const { group, plural: resource } = request.resource
  const { user, subresource = '', namespace = '', name } = request
  return {
    object: celValue(object),
    oldObject: celValue(oldObject),
    request: celValue(rest),
    namespaceObject: celValue(namespaceOf(request, store) ?? null),
    params: null,
    variables: {},
    authorizer: new Authorizer(user, authorize, { group, resource, subresource, namespace, name }),
  }
}
