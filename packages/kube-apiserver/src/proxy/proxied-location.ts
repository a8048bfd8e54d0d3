import type { KubeObject } from '@slipway/kube-objects'
import type { Target } from '../api/request.ts'
import { badRequest, serviceUnavailable } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf } from '../storage/keys.ts'
import type { ObjectService } from '../storage/object-service.ts'
import type { Backend } from './forward.ts'
import { kubeletOf, type ProxyDeps } from './kubelet-location.ts'
import { serviceAddress } from './service-address.ts'

const PODS = { group: '', plural: 'pods', namespaced: true }

/** `scheme:name:port`, of which all but the name may be missing (apimachinery's SplitSchemeNamePort). */
interface ProxiedName {
  scheme: 'http' | 'https'
  name: string
  port: string
}

/** The object that `pods/{name}/proxy` and the like are about. Throws 400 for a name that is none. */
export function proxiedName(text: string, kind: string): ProxiedName {
  const parts = text.split(':')
  if (parts.length === 1) return { scheme: 'http', name: text, port: '' }
  const [first = '', second = '', third = ''] = parts.length === 2 ? ['', ...parts] : parts
  if (parts.length > 3 || !second || !['', 'http', 'https'].includes(first)) {
    throw badRequest(`invalid ${kind} request ${JSON.stringify(text)}`)
  }
  return { scheme: first === 'https' ? 'https' : 'http', name: second, port: third }
}

/** Where a request to `pods/…/proxy`, `services/…/proxy` or `nodes/…/proxy` goes. */
export function proxiedLocation(deps: ProxyDeps, target: Target, search: string): Backend {
  const { objects } = deps
  const { resource, namespace, rest } = target
  const { scheme, name, port } = proxiedName(target.name ?? '', resource.singular)
  const path = `${rest || '/'}${search}`
  const tls = scheme === 'https' && { tls: { rejectUnauthorized: false } }
  if (resource.plural === 'nodes') {
    const kubelet = kubeletOf(deps, name)
    const own = port === '' || Number(port) === kubelet.port
    return own ? { ...kubelet, path } : { host: kubelet.host, port: Number(port), path, ...tls }
  }
  const object = viewEntry(objects.entry({ resource, namespace, name }))
  const place = resource.plural === 'pods' ? podAddress(object, port) : endpointOf(objects, object, port)
  return { ...place, path, ...tls }
}

function podAddress({ spec, status, metadata }: Readonly<KubeObject>, port: string): { host: string; port: number } {
  const host: string = status?.podIP ?? ''
  if (!host) throw badRequest(`pod ${metadata.name} has no IP address`)
  const ports = ((spec?.containers ?? []) as Spec[]).flatMap(({ ports: own = [] }) => own as Spec[])
  const named = ports.find((one) => one.name === port)?.containerPort
  return { host, port: named ?? (Number(port) || (ports[0]?.containerPort ?? 80)) }
}

function endpointOf(objects: ObjectService, { metadata }: Readonly<KubeObject>, port: string) {
  const { namespace = '', name } = metadata
  const address = serviceAddress(objects.store, { namespace, name, port }, ({ targetRef }, ip) =>
    isOfPod(objects, targetRef, { namespace, ip }),
  )
  if (typeof address === 'string') throw serviceUnavailable(address)
  return address
}

/** Whoever writes endpoints could otherwise have the server connect to any machine (CVE-2021-25740): only pods are proxied to. */
function isOfPod(
  { store }: ObjectService,
  reference: Spec | undefined,
  { namespace, ip }: { namespace: string; ip: string },
): boolean {
  if (reference?.kind !== 'Pod' || reference.namespace !== namespace) return false
  const entry = store.get(keyOf(PODS, namespace, reference.name))
  const { podIP, podIPs = [] } = (entry && viewEntry(entry).status) ?? {}
  return podIP === ip || podIPs.some((one: Spec) => one.ip === ip)
}
