import type { TokenReader } from '../access/authenticate.ts'
import type { Rbac } from '../access/rbac.ts'
import type { TokenIssuer } from '../access/service-account-tokens.ts'
import type { AggregatedApis } from '../aggregation/aggregated-apis.ts'
import type { ApiRequest } from '../api/request.ts'
import { forbidden, methodNotSupported } from '../api/status.ts'
import type { ReadDescriptions } from '../discovery/descriptions.ts'
import type { ProxyDeps } from '../proxy/kubelet-location.ts'
import { bindPod } from '../subresources/binding.ts'
import { evictPod } from '../subresources/eviction.ts'
import { reviewOf } from '../subresources/reviews.ts'
import { serveScale } from '../subresources/scale.ts'
import { requestToken } from '../subresources/token-request.ts'
import { sendList } from './answer.ts'
import { isConnection, serveConnection, serveLog } from './connect.ts'
import { deleteCollection, deleteObject } from './delete.ts'
import { patchObject } from './patch.ts'
import { getObject, listObjects } from './read.ts'
import { addWarnings } from './warnings.ts'
import { watchObjects } from './watch.ts'
import { createObject, updateObject, type WriteDeps } from './write.ts'

export interface DispatchDeps extends WriteDeps, ProxyDeps {
  aggregated: AggregatedApis
  descriptions: ReadDescriptions | undefined
  rbac: Rbac
  readToken: TokenReader
  issuer: TokenIssuer
}

/** Types that Kubernetes 1.34 says are deprecated, to everyone who asks for them. */
const DEPRECATED: Record<string, string> = {
  endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  componentstatuses: 'v1 ComponentStatus is deprecated in v1.19+',
}

/** Serves one request for objects. */
export async function dispatch(deps: DispatchDeps, request: ApiRequest): Promise<void> {
  const { group, plural, custom } = request.resource
  const deprecation = group === '' ? DEPRECATED[plural] : custom?.deprecation
  if (deprecation) addWarnings(request, [deprecation])
  if (request.subresource && !PART_OF_OBJECT.has(request.subresource)) await serveSubresource(deps, request)
  else if (!(await servedSpecially(deps, request))) await serveObject(deps, request)
}

/** Subresources that are the object itself, of which a write takes only a part. */
const PART_OF_OBJECT = new Set(['status', 'finalize', 'approval', 'ephemeralcontainers', 'resize'])

async function serveObject(deps: DispatchDeps, request: ApiRequest): Promise<void> {
  const { objects } = deps
  switch (request.verb) {
    case 'get':
      return await getObject(objects, request)
    case 'list':
      return await listObjects(objects, request)
    case 'watch':
      return await watchObjects(objects, request)
    case 'create':
      return await createObject(deps, request)
    case 'update':
      return await updateObject(deps, request)
    case 'patch':
      return await patchObject(deps, request)
    case 'delete':
      protectNamespaces(request)
      return await deleteObject(objects, request)
    case 'deletecollection':
      return await deleteCollection(objects, request)
    case 'options':
      throw methodNotSupported(undefined, request.verb)
  }
}

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])

function protectNamespaces({ resource, name = '' }: ApiRequest): void {
  if (resource.group === '' && resource.plural === 'namespaces' && IMMORTAL.has(name)) {
    throw forbidden(resource, name, 'this namespace may not be deleted')
  }
}

/** Types that are asked but not stored. */
async function servedSpecially(deps: DispatchDeps, request: ApiRequest): Promise<boolean> {
  const { group, plural } = request.resource
  if (group === '' && plural === 'componentstatuses') {
    await sendList(request, [], { resourceVersion: '' })
    return true
  }
  if (request.verb !== 'create') return false
  if (group === '' && plural === 'bindings') {
    await bindPod(deps, request)
    return true
  }
  const review = reviewOf(group, plural)
  await review?.(deps, request)
  return review !== undefined
}

async function serveSubresource(deps: DispatchDeps, request: ApiRequest): Promise<void> {
  if (isConnection(request)) return await serveConnection(deps, request)
  switch (request.subresource) {
    case 'scale':
      return await serveScale(deps, request)
    case 'binding':
      return await bindPod(deps, request)
    case 'eviction':
      return await evictPod(deps, request)
    case 'token':
      return await requestToken(deps, request)
    case 'log':
      return await serveLog(deps, request)
    default:
      throw methodNotSupported(undefined, request.verb)
  }
}
