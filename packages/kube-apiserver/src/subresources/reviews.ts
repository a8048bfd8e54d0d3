import { authenticatedUser, type TokenReader } from '../access/authenticate.ts'
import type { AccessAttributes, Authorizer } from '../access/authorize.ts'
import type { Rbac } from '../access/rbac.ts'
import type { PolicyRule } from '../access/rbac-rules.ts'
import { AUDIENCE } from '../access/service-account-tokens.ts'
import { negotiateOutput } from '../api/media-types.ts'
import type { ApiRequest, User } from '../api/request.ts'
import { type FieldError, invalid } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { sendValue } from '../rest/answer.ts'
import { readObject } from '../rest/decode.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import { invalidValue, required } from '../validation/field-errors.ts'

/** Questions that are asked by creating an object: they are answered and never stored. */
export interface ReviewDeps {
  authorize: Authorizer
  rbac: Rbac
  readToken: TokenReader
  rules: ObjectRules
}

type Answer = (spec: Spec, request: ApiRequest, deps: ReviewDeps) => unknown

const reviews: Record<string, Answer> = {
  'authorization.k8s.io/selfsubjectaccessreviews': (spec, request, deps) => access(spec, request.user, request, deps),
  'authorization.k8s.io/subjectaccessreviews': (spec, request, deps) =>
    access(spec, subject(spec, request), request, deps),
  'authorization.k8s.io/localsubjectaccessreviews': localAccess,
  'authorization.k8s.io/selfsubjectrulesreviews': selfRules,
  'authentication.k8s.io/tokenreviews': tokenStatus,
  'authentication.k8s.io/selfsubjectreviews': (_, { user }) => ({ userInfo: userInfo(user) }),
}

/** How a create of this type is answered; undefined = it is stored as any other object. */
export function reviewOf(
  group: string,
  plural: string,
): ((deps: ReviewDeps, request: ApiRequest) => Promise<void>) | undefined {
  const answer = reviews[`${group}/${plural}`]
  return (
    answer &&
    (async (deps, request) => {
      // A review is answered as itself: it has no metadata to make a table of.
      negotiateOutput(request.http.headers.accept, ['object'])
      const object = await readObject(request, deps.rules)
      const status = await answer(object.spec ?? {}, request, deps)
      sendValue(request, 201, { ...object, metadata: object.metadata, status })
    })
  )
}

function access(spec: Spec, user: User, request: ApiRequest, { authorize }: ReviewDeps) {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec
  if (!resource === !path) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    throw invalidReview(request, [invalidValue('spec.resourceAttributes', resource ?? null, why)])
  }
  const attributes: AccessAttributes = resource
    ? { ...objectAttributes(resource), user, verb: resource.verb ?? '' }
    : { user, verb: path.verb ?? '', path: path.path }
  return { allowed: authorize(attributes) }
}

function objectAttributes({ group, resource, subresource, namespace, name }: Spec): Partial<AccessAttributes> {
  return {
    resource,
    ...(group && { group }),
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
  }
}

function localAccess(spec: Spec, request: ApiRequest, deps: ReviewDeps) {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec
  const errors: FieldError[] = []
  if (resource?.namespace !== request.namespace) {
    errors.push(
      invalidValue('spec.resourceAttributes.namespace', resource?.namespace ?? '', 'must match metadata.namespace'),
    )
  }
  if (path) errors.push(invalidValue('spec.nonResourceAttributes', path, 'disallowed on this kind of request'))
  if (errors.length > 0) throw invalidReview(request, errors)
  return access(spec, subject(spec, request), request, deps)
}

function subject({ user, groups, uid, extra }: Spec, request: ApiRequest): User {
  if (!user && !groups?.length) {
    throw invalidReview(request, [required('spec.user', 'at least one of user or group must be specified')])
  }
  return { name: user ?? '', groups: groups ?? [], ...(uid && { uid }), ...(extra && { extra }) }
}

function invalidReview({ resource }: ApiRequest, errors: FieldError[]): Error {
  return invalid(resource, '', errors)
}

function selfRules({ namespace }: Spec, request: ApiRequest, { rbac }: ReviewDeps) {
  if (!namespace) throw invalidReview(request, [required('spec.namespace', 'a namespace is required')])
  const rules = rbac.rulesOf(request.user, namespace)
  return {
    resourceRules: rules.filter(({ resources }) => resources?.length).map(resourceRule),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  }
}

function resourceRule({ verbs, apiGroups = [], resources = [], resourceNames = [] }: PolicyRule) {
  return { verbs, apiGroups, resources, ...(resourceNames.length > 0 && { resourceNames }) }
}

async function tokenStatus({ token, audiences }: Spec, request: ApiRequest, { readToken }: ReviewDeps) {
  if (!token) throw invalidReview(request, [required('spec.token')])
  const found = await readToken(String(token), audiences?.length > 0 ? audiences : [AUDIENCE])
  if (!found) return { authenticated: false, error: 'invalid bearer token', user: {} }
  return { authenticated: true, user: userInfo(authenticatedUser(found.user)), audiences: found.audiences }
}

function userInfo({ name, groups, uid, extra }: User) {
  return { username: name, groups, ...(uid && { uid }), ...(extra && { extra }) }
}
