import { createHash } from 'node:crypto'
import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'

export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
export const MANAGER = 'endpointslicemirroring-controller.k8s.io'
export const SERVICE = 'kubernetes.io/service-name'

/** They are about the Endpoints alone. */
const NOT_MIRRORED = [
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
]
const MOST_ENDPOINTS = 1000

/** Ports, and who is reached by all of them. */
interface Subset {
  ports: Spec[]
  addresses: { address: Spec; ready: boolean }[]
}

/** The EndpointSlices of Endpoints: one for each set of ports and kind of address (endpointslicemirroring/reconciler.go). */
export function mirroredSlices({ metadata, subsets = [] }: KubeObject): KubeObject[] {
  const { name, uid = '', labels } = metadata
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !NOT_MIRRORED.includes(key))
  return repacked(subsets as Spec[]).flatMap(({ ports, addresses }) =>
    ['IPv4', 'IPv6'].flatMap((addressType) => {
      const own = addresses.filter(({ address }) => familyOf(address) === addressType)
      if (own.length === 0) return []
      return {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${name}-${suffixOf([addressType, ports])}`,
          generateName: `${name}-`,
          labels: { ...labels, [SERVICE]: name, [MANAGED_BY]: MANAGER },
          ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
          ownerReferences: [
            { apiVersion: 'v1', kind: 'Endpoints', name, uid, controller: true, blockOwnerDeletion: true },
          ],
        },
        addressType,
        endpoints: own.slice(0, MOST_ENDPOINTS).map(endpointOf),
        ports: ports.map(({ name: port = '', port: number, protocol = 'TCP', appProtocol }) => ({
          ...{ name: port, port: number, protocol },
          ...(appProtocol && { appProtocol }),
        })),
      }
    }),
  )
}

/**
 * Subsets of the same ports are one, and an address is in it once: it is ready where no subset says otherwise
 * (pkg/api/v1/endpoints/util.go).
 */
function repacked(subsets: Spec[]): Subset[] {
  const known = new Map<string, Spec>()
  const byPort = new Map<string, { port: Spec | undefined; ready: Map<string, boolean> }>()
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const reached = [...addresses.map(isReady(true)), ...notReadyAddresses.map(isReady(false))]
    for (const { identity, address } of reached) if (!known.has(identity)) known.set(identity, address)
    for (const port of ports.length > 0 ? ports : [undefined]) {
      const key = JSON.stringify(port ?? null)
      const { ready } = byPort.get(key) ?? { ready: new Map<string, boolean>() }
      byPort.set(key, { port, ready })
      for (const one of reached) ready.set(one.identity, one.ready && ready.get(one.identity) !== false)
    }
  }
  const byAddresses = new Map<string, Subset>()
  for (const { port, ready } of byPort.values()) {
    const key = JSON.stringify([...ready].toSorted())
    const addresses = [...ready].map(([identity, one]) => ({ address: known.get(identity) ?? {}, ready: one }))
    const subset = byAddresses.get(key) ?? { ports: [], addresses }
    if (port) subset.ports.push(port)
    byAddresses.set(key, subset)
  }
  return [...byAddresses.values()]
}

/** Two that share an address differ by what it stands for. */
const isReady = (ready: boolean) => (address: Spec) => ({
  ...{ address, ready },
  identity: JSON.stringify([address.ip, address.targetRef?.uid]),
})

const familyOf = ({ ip }: Spec): string => (String(ip).includes(':') ? 'IPv6' : 'IPv4')

/** The name stays the same when addresses change. */
const suffixOf = (identity: unknown): string =>
  createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 5)

function endpointOf({ address, ready }: Subset['addresses'][number]): object {
  const { ip, hostname, nodeName, targetRef } = address
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    ...(targetRef && { targetRef }),
  }
}
