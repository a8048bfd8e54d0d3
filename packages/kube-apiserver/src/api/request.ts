import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { flagOf } from './flag.ts'
import type { Deadline } from './request-timeout.ts'
import { methodNotSupported, noSuchPath, notFound, notServed } from './status.ts'

/** Who asks, as authentication found out. */
export interface User {
  name: string
  groups: string[]
  uid?: string
  extra?: Record<string, string[]>
}

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  /** Of proxies only, which hand it on. */
  | 'options'

/** What a URL under /api or /apis means. */
export interface Target {
  resource: Resource
  verb: Verb
  namespace?: string
  name?: string
  subresource?: string
  /** What follows the subresource, as it was sent: `/a%20b/` of `proxy/a%20b/`. */
  rest: string
}

/** A request for objects. */
export interface ApiRequest extends Target {
  http: IncomingMessage
  response: ServerResponse
  query: URLSearchParams
  user: User
  /** Absent = it takes as long as it takes. */
  deadline?: Deadline
}

/** The target of `/api/v1/…` or `/apis/<group>/<version>/…`. Throws 404 for an unknown resource and 405 for a verb that it, or its part, lacks. */
export function parseTarget(registry: ResourceRegistry, method: string, path: string, query: URLSearchParams): Target {
  const parts = path.split('/').filter(Boolean).map(decodeSegment)
  const group = parts[0] === 'apis' ? (parts[1] ?? '') : ''
  const version = (parts[0] === 'apis' ? parts[2] : parts[1]) ?? ''
  let tail = parts.slice(parts[0] === 'apis' ? 3 : 2)
  // The deprecated /watch/ prefix: still what some old clients use.
  const watchPrefix = tail[0] === 'watch'
  if (watchPrefix) tail = tail.slice(1)
  const { namespace, plural, name, subresource, depth } = splitTail(registry, group, version, tail)
  const resource = registry.find(group, version, plural)
  const missing = () => (registry.isBuiltin(group) ? noSuchPath() : notServed())
  if (!resource) throw missing()
  if (namespace !== undefined && !resource.namespaced) throw missing()
  if (resource.namespaced && namespace === undefined && name) throw missing()
  // An object that is named is read all the same.
  const asksToWatch = !name && flagOf(query, 'watch') === true
  const watching = !subresource && (watchPrefix || asksToWatch)
  const verb = verbOf(method, name, watching)
  checkVerb(resource, { name, subresource }, verb)
  if (verb === 'create' && name && !subresource) throw methodNotSupported(undefined, verb)
  const isServed = verb !== 'options' && (method !== 'HEAD' || resource.custom)
  if (!isServed && subresource !== 'proxy') throw methodNotSupported(undefined, verb)
  if ((verb === 'update' || verb === 'patch') && !name) throw methodNotSupported(undefined, verb)
  return {
    resource,
    verb,
    rest: pathBehind(path, parts.length - tail.length + depth),
    ...(namespace !== undefined && { namespace }),
    ...(name && { name }),
    ...(subresource && { subresource }),
  }
}

/** The path without its first segments, as it was sent. */
function pathBehind(path: string, segments: number): string {
  const head = new RegExp(`^(?:/+[^/]+){${segments}}`).exec(path)?.[0]
  return head === undefined ? '' : path.slice(head.length)
}

function splitTail(registry: ResourceRegistry, group: string, version: string, tail: string[]) {
  const [first = '', second, third] = tail
  // /namespaces/x/status is the Namespace's own subresource; /namespaces/x/pods is a resource inside it.
  const inside = first === 'namespaces' && second !== undefined && third !== undefined
  const resource = inside ? registry.find(group, version, third) : undefined
  if (inside && (resource || group !== '')) {
    const [, , plural = '', name, subresource] = tail
    return { namespace: second, plural, name, subresource, depth: 5 }
  }
  const [plural = '', name, subresource] = tail
  return { namespace: undefined, plural, name, subresource, depth: 3 }
}

/** Throws 405 for a method that means nothing. */
export function verbOf(method: string, name: string | undefined, watching: boolean): Verb {
  if (method === 'GET' || method === 'HEAD') {
    if (watching) return 'watch'
    return name ? 'get' : 'list'
  }
  if (method === 'DELETE') return name ? 'delete' : 'deletecollection'
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (method === 'PATCH') return 'patch'
  if (method === 'OPTIONS') return 'options'
  throw methodNotSupported(undefined, method)
}

function checkVerb(
  resource: Resource,
  { name = '', subresource }: { name: string | undefined; subresource: string | undefined },
  verb: Verb,
): void {
  if (!subresource) {
    if (!resource.verbs.includes(verb)) throw methodNotSupported(undefined, verb)
    return
  }
  const found = resource.subresources.find((one) => one.name === subresource)
  if (!found) throw resource.custom ? notFound(resource, name) : noSuchPath()
  // What a proxy hands on is not ours to judge.
  if (subresource !== 'proxy' && !found.verbs.includes(verb)) throw methodNotSupported(undefined, verb)
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw noSuchPath()
  }
}
