import type { KubeObject } from '@slipway/kube-objects'
import { authenticatedUser, type TokenReader } from '../access/authenticate.ts'
import type { AccessAttributes, Authorizer } from '../access/authorize.ts'
import type { Rbac } from '../access/rbac.ts'
import type { PolicyRule } from '../access/rbac-rules.ts'
import { AUDIENCE } from '../access/service-account-tokens.ts'
import { negotiateOutput } from '../api/media-types.ts'
import type { ApiRequest, User } from '../api/request.ts'
import { badRequest, type FieldError, invalid } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { sendValue } from '../rest/answer.ts'
import { readObject } from '../rest/decode.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import { timestamp } from '../storage/timestamp.ts'
import { invalidValue } from '../validation/field-errors.ts'
import { reviewSelectors } from '../validation/selectors.ts'

/** Questions that are asked by creating an object: they are answered and never stored. */
export interface ReviewDeps {
  authorize: Authorizer
  rbac: Rbac
  readToken: TokenReader
  rules: ObjectRules
}

/** The status of a review. */
type Answer = (review: KubeObject, request: ApiRequest, deps: ReviewDeps) => unknown

const reviews: Record<string, Answer> = {
  'authorization.k8s.io/selfsubjectaccessreviews': (review, request, deps) => {
    refuse([...attributeFaults(review), ...metadataFaults(review)])
    return access(review, request.user, deps)
  },
  'authorization.k8s.io/subjectaccessreviews': (review, _, deps) => {
    refuse([...attributeFaults(review), ...subjectFaults(review), ...metadataFaults(review)])
    return access(review, subject(review), deps)
  },
  'authorization.k8s.io/localsubjectaccessreviews': localAccess,
  'authorization.k8s.io/selfsubjectrulesreviews': selfRules,
  'authentication.k8s.io/tokenreviews': tokenStatus,
  'authentication.k8s.io/selfsubjectreviews': (review, { user }) => {
    review.metadata = { creationTimestamp: timestamp(new Date()) } as KubeObject['metadata']
    return { userInfo: userInfo(user) }
  },
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
      const review = await readObject(request, deps.rules)
      const status = await answer(review, request, deps)
      sendValue(request, 201, { ...review, status })
    })
  )
}

function access({ spec = {} }: KubeObject, user: User, { authorize, rbac }: ReviewDeps) {
  const { resourceAttributes: resource, nonResourceAttributes: path = {} } = spec as Spec
  const attributes: AccessAttributes = resource
    ? { ...objectAttributes(resource), user, verb: resource.verb ?? '' }
    : { user, verb: path.verb ?? '', path: path.path }
  const allowed = authorize(attributes)
  const reason = allowed ? rbac.reason(attributes) : authorize.why?.(attributes)
  return { allowed, ...(reason && { reason }) }
}

function objectAttributes(asked: Spec): Partial<AccessAttributes> {
  const { group, resource, subresource, namespace, name } = asked
  const fieldSelector = selectorText(asked.fieldSelector ?? {})
  return {
    resource,
    ...(group && { group }),
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(fieldSelector && { fieldSelector }),
  }
}

/** What is asked of one value; more says no selector (apiserver's helpers.ResourceAttributesFrom). */
function selectorText({ rawSelector, requirements = [] }: Spec): string {
  if (rawSelector) return rawSelector
  const terms = (requirements as Spec[]).filter(({ values }) => values?.length === 1)
  return terms.map(({ key, operator, values }) => `${key}${operator === 'In' ? '=' : '!='}${values[0]}`).join(',')
}

function localAccess(review: KubeObject, { namespace }: ApiRequest, deps: ReviewDeps) {
  const { resourceAttributes: resource, nonResourceAttributes: path } = (review.spec ?? {}) as Spec
  const elsewhere = resource && resource.namespace !== namespace
  refuse([
    ...(resource && path ? [] : attributeFaults(review)),
    ...subjectFaults(review),
    ...metadataFaults(review, ' except for namespace'),
    ...(elsewhere
      ? [invalidValue('spec.resourceAttributes.namespace', resource.namespace ?? '', 'must match metadata.namespace')]
      : []),
    ...(path ? [invalidValue('spec.nonResourceAttributes', path, 'disallowed on this kind of request')] : []),
  ])
  return access(review, subject(review), deps)
}

function attributeFaults({ spec = {} }: KubeObject): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec as Spec
  if (resource && path) {
    const value = { Path: path.path ?? '', Verb: path.verb ?? '' }
    const why = 'cannot be specified in combination with resourceAttributes'
    return [invalidValue('spec.nonResourceAttributes', value, why)]
  }
  if (resource || path) return resource ? reviewSelectors(resource, 'spec.resourceAttributes') : []
  const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  return [invalidValue('spec.resourceAttributes', null, why)]
}

function subjectFaults({ spec = {} }: KubeObject): FieldError[] {
  const { user, groups } = spec as Spec
  if (user || groups?.length) return []
  return [invalidValue('spec.user', '', 'at least one of user or group must be specified')]
}

function metadataFaults({ metadata }: KubeObject, more = ''): FieldError[] {
  const { namespace: _, ...rest } = metadata
  return Object.keys(rest).length > 0 ? [invalidValue('metadata', metadata, `must be empty${more}`)] : []
}

/** Kubernetes names no kind there. */
function refuse(errors: FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors)
}

function subject({ spec = {} }: KubeObject): User {
  const { user, groups, uid, extra } = spec as Spec
  return { name: user ?? '', groups: groups ?? [], ...(uid && { uid }), ...(extra && { extra }) }
}

function selfRules({ spec }: KubeObject, { user }: ApiRequest, { rbac }: ReviewDeps) {
  if (!spec?.namespace) throw badRequest('no namespace on request')
  const rules = rbac.rulesOf(user, spec.namespace)
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

async function tokenStatus({ spec = {} }: KubeObject, _: ApiRequest, { readToken }: ReviewDeps) {
  const { token, audiences } = spec as Spec
  if (!token) throw badRequest('token is required for TokenReview in authentication')
  const found = await readToken(token, audiences?.length > 0 ? audiences : [AUDIENCE])
  if (!found) return { user: {}, error: 'invalid bearer token' }
  return { authenticated: true, user: userInfo(authenticatedUser(found.user)), audiences: found.audiences }
}

function userInfo({ name, groups, uid, extra }: User) {
  return { username: name, groups, ...(uid && { uid }), ...(extra && { extra }) }
}
