import { authenticatedUser, type TokenReader } from '../access/authenticate.ts'
import type { Authorizer } from '../access/authorize.ts'
import { negotiateOutput } from '../api/media-types.ts'
import type { ApiRequest, User } from '../api/request.ts'
import { badRequest } from '../api/status.ts'
import type { Spec } from '../defaults/pod-defaults.ts'
import { sendValue } from '../rest/answer.ts'
import { readObject } from '../rest/body.ts'

/** Questions that are asked by creating an object: they are answered and never stored. */
export interface ReviewDeps {
  authorize: Authorizer
  readToken: TokenReader
}

type Answer = (spec: Spec, request: ApiRequest, deps: ReviewDeps) => unknown

const reviews: Record<string, Answer> = {
  'authorization.k8s.io/selfsubjectaccessreviews': (spec, { user }, deps) => access(spec, user, deps),
  'authorization.k8s.io/subjectaccessreviews': (spec, _, deps) => access(spec, subject(spec), deps),
  'authorization.k8s.io/localsubjectaccessreviews': (spec, _, deps) => access(spec, subject(spec), deps),
  'authorization.k8s.io/selfsubjectrulesreviews': (_, { user }, { authorize }) => rules(authorize({ user, verb: '*' })),
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
      const { object } = await readObject(request)
      const status = await answer(object.spec ?? {}, request, deps)
      sendValue(request, 201, { ...object, metadata: { creationTimestamp: null, ...object.metadata }, status })
    })
  )
}

function access(spec: Spec, user: User, { authorize }: ReviewDeps) {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec
  if (!resource && !path)
    throw badRequest(
      'spec: Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    )
  const allowed = authorize({
    user,
    verb: resource?.verb ?? path?.verb ?? '',
    ...resource,
    ...(path && { path: path.path }),
  })
  return { allowed }
}

function subject({ user, groups, uid }: Spec): User {
  return { name: user ?? '', groups: groups ?? [], ...(uid && { uid }) }
}

function rules(everything: boolean) {
  const all = ['*']
  return {
    resourceRules: everything ? [{ verbs: all, apiGroups: all, resources: all }] : [],
    nonResourceRules: everything ? [{ verbs: all, nonResourceURLs: all }] : [],
    incomplete: false,
  }
}

async function tokenStatus({ token, audiences }: Spec, _: ApiRequest, { readToken }: ReviewDeps) {
  const user = token ? await readToken(String(token)) : undefined
  if (!user) return { authenticated: false, error: 'invalid bearer token', user: {} }
  return { authenticated: true, user: userInfo(authenticatedUser(user)), ...(audiences && { audiences }) }
}

function userInfo({ name, groups, uid, extra }: User) {
  return { username: name, groups, ...(uid && { uid }), ...(extra && { extra }) }
}
