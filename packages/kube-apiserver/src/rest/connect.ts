import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ApiRequest, Target, User } from '../api/request.ts'
import { badRequest, methodNotSupported } from '../api/status.ts'
import { connectOptions } from '../proxy/connect-options.ts'
import { type Backend, forwardRequest, forwardUpgrade, passOn } from '../proxy/forward.ts'
import { kubeletLocation } from '../proxy/kubelet-location.ts'
import { passOnBelow } from '../proxy/pass-on-below.ts'
import { proxiedLocation, proxiedName } from '../proxy/proxied-location.ts'
import { readRefusal } from '../proxy/refusal.ts'
import type { DispatchDeps } from './dispatch.ts'

/** Whoever reaches into a pod, or through it, and with what. */
interface Connection {
  target: Target
  http: IncomingMessage
  query: URLSearchParams
  user: User
}

const STREAMS = new Set(['exec', 'attach', 'portforward'])

/** Subresources that lead to a pod, a Service or a node, and not to what is stored. */
export function isConnection({ subresource = '' }: Target): boolean {
  return STREAMS.has(subresource) || subresource === 'proxy'
}

/** Serves pods/{exec,attach,portforward} and {pods,services,nodes}/proxy without an upgrade. */
export async function serveConnection(deps: DispatchDeps, request: ApiRequest): Promise<void> {
  const { http, response, subresource = '', rest } = request
  await admit(deps, request)
  const backend = backendOf(deps, { ...request, target: request })
  // Streams are upgrades, those of pods that are not there excepted.
  if (STREAMS.has(subresource)) throw badRequest('Upgrade request required')
  const [path = '', search] = (http.url ?? '').split('?', 2)
  if (rest === '' && ['GET', 'HEAD'].includes(http.method ?? '')) {
    response.writeHead(301, { location: `${path}/${search === undefined ? '' : `?${search}`}` }).end()
    return
  }
  const prefix = path.slice(0, path.length - rest.length)
  const forwarded = {
    'x-forwarded-uri': path,
    'x-forwarded-host': http.headers.host ?? '',
    'x-forwarded-proto': 'https',
  }
  const answer = await forwardRequest(http, response, { ...backend, headers: { ...forwarded, ...backend.headers } })
  const asked = http.headers.host ?? ''
  await passOnBelow(answer, response, (link) => linkBelow(link, prefix, [`${backend.host}:${backend.port}`, asked]))
}

/** Where a path of the server behind us, whom we reach by one of the hosts, is to be had through us. */
function linkBelow(link: string, prefix: string, hosts: string[]): string {
  const [, host, path = ''] = /^(?:(?:https?:)?\/\/([^/?#]*))?(.*)$/s.exec(link) ?? []
  const isOurs =
    host === undefined || hosts.includes(host) || hosts.includes(`${host}:80`) || hosts.includes(`${host}:443`)
  return isOurs && path.startsWith('/') && !path.startsWith(prefix) ? prefix + path : link
}

/** What may be asked for with an upgrade: also logs, which browsers read over a WebSocket. */
export const isUpgradable = (target: Target): boolean => isConnection(target) || target.subresource === 'log'

/** Serves the same, and logs, with an upgrade. */
export async function upgradeConnection(
  deps: DispatchDeps,
  connection: Connection,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { target, query, user } = connection
  if (isConnection(target)) await admit(deps, { ...target, query, user })
  forwardUpgrade(connection.http, socket, head, backendOf(deps, connection))
}

/** pods/log: what the kubelet says, or why it does not; nothing where there is none yet. */
export async function serveLog(deps: DispatchDeps, request: ApiRequest): Promise<void> {
  const location = kubeletLocation(deps, request, request.query)
  if (!location) {
    request.response.writeHead(204).end()
    return
  }
  if (!deps.kubelet) throw methodNotSupported(undefined, 'connect')
  const answer = await forwardRequest(request.http, request.response, location)
  if ((answer.statusCode ?? 500) >= 400) throw await readRefusal(answer)
  await passOn(answer, request.response)
}

function backendOf(deps: DispatchDeps, { target, http, query }: Omit<Connection, 'user'>): Backend {
  if (target.subresource === 'proxy') {
    const [, search] = (http.url ?? '').split('?', 2)
    return proxiedLocation(deps, target, search === undefined ? '' : `?${search}`)
  }
  const location = kubeletLocation(deps, target, query)
  if (!location) throw badRequest(`pod ${target.name} does not have a host assigned`)
  if (!deps.kubelet) throw methodNotSupported(undefined, 'connect')
  return location
}

async function admit(
  { objects }: DispatchDeps,
  connection: Target & { query: URLSearchParams; user: User },
): Promise<void> {
  const { resource, namespace, name = '', subresource = '', query, user } = connection
  const own = subresource === 'proxy' ? proxiedName(name, resource.singular).name : name
  const options = connectOptions(connection, query)
  await objects.admitConnect({ resource, namespace, name: own }, options, { user, subresource })
}
