import type { KubeObject } from '@slipway/kube-objects'
import { flagOf } from '../api/flag.ts'
import type { Target } from '../api/request.ts'
import { badRequest, internalError } from '../api/status.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { viewEntry } from '../storage/codec.ts'
import type { ObjectService } from '../storage/object-service.ts'
import type { Backend } from './forward.ts'
import { logParameters } from './log-options.ts'

/** How the server shows itself to kubelets, and the CA whose certificates make one. */
export interface KubeletAccess {
  token: string
  ca: string | undefined
}

export interface ProxyDeps {
  objects: ObjectService
  registry: ResourceRegistry
  /** Absent = no logs, exec and port-forward. */
  kubelet: KubeletAccess | undefined
}

/**
 * Maps pods/{log,exec,attach,portforward} to the kubelet of the pod's node, as the real API server does
 * (pkg/registry/core/pod/strategy.go). Undefined for the log of a pod that has no node yet: there is none to read.
 */
export function kubeletLocation(deps: ProxyDeps, target: Target, query: URLSearchParams): Backend | undefined {
  const { objects } = deps
  const { resource, namespace = '', name = '', subresource } = target
  const isLog = subresource === 'log'
  const streams = isLog ? logParameters(query, name) : streamParameters(query)
  const pod = viewEntry(objects.entry({ resource, namespace, name }))
  const container = subresource === 'portforward' ? '' : containerOf(pod, query.get('container') ?? '')
  const nodeName: string = pod.spec?.nodeName ?? ''
  if (!nodeName && isLog) return undefined
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`)
  const kubelet = kubeletOf(deps, nodeName)
  if (subresource === 'portforward') {
    const ports = query.getAll('ports').flatMap((value) => value.split(','))
    const suffix = ports.length > 0 ? `?port=${ports.join(',')}` : ''
    return { ...kubelet, path: `/portForward/${namespace}/${name}${suffix}` }
  }
  const root = { log: 'containerLogs', exec: 'exec', attach: 'attach' }[subresource ?? ''] ?? subresource
  const text = streams.toString()
  return { ...kubelet, path: `/${root}/${namespace}/${name}/${container}${text ? `?${text}` : ''}` }
}

/** The kubelet of a node, to which the server shows who it is. Throws 404 and 500. */
export function kubeletOf({ objects, registry, kubelet }: ProxyDeps, name: string): Omit<Backend, 'path'> {
  const resource = registry.storedType('', 'nodes')
  const node = resource && objects.find({ resource, namespace: undefined, name })
  const addresses: { type: string; address: string }[] = node?.status?.addresses ?? []
  const preferred = ['InternalIP', 'Hostname', 'ExternalIP']
    .map((type) => addresses.find((one) => one.type === type)?.address)
    .find((address) => address !== undefined)
  const port = node?.status?.daemonEndpoints?.kubeletEndpoint?.Port
  if (!preferred || !port) throw internalError(`error getting node "${name}": it tells no kubelet address and port`)
  return {
    host: preferred,
    port,
    // Whoever may write Nodes could otherwise have the token sent to a server of his own.
    tls: { rejectUnauthorized: true, ...(kubelet?.ca && { ca: kubelet.ca }) },
    ...(kubelet && { headers: { authorization: `Bearer ${kubelet.token}` } }),
  }
}

function containerOf(pod: Readonly<KubeObject>, asked: string): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {}
  const names = (list: { name: string }[]) => list.map(({ name }) => name)
  const all = names([...initContainers, ...containers, ...ephemeralContainers])
  const { name } = pod.metadata
  if (asked) {
    if (all.includes(asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${name}`)
  }
  const [only, ...others] = names(containers)
  if (only && others.length === 0) return only
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`)
}

/** Names that the kubelet uses for the streams. */
function streamParameters(query: URLSearchParams): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const [ours, theirs] of Object.entries({ stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' })) {
    if (flagOf(query, ours)) parameters.set(theirs, '1')
  }
  for (const word of query.getAll('command')) parameters.append('command', word)
  return parameters
}
