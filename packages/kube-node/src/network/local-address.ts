import type { KubeClient } from '@slipway/kube-client'
import type { Condition } from '@slipway/kube-objects'
import type { Service } from '../model/service.ts'

/**
 * The condition of a Service whose message tells where it can be reached on this machine: one `127.0.0.1:port` for each TCP port of
 * its spec, in order, with commas. A condition, for a Service's annotations belong to whoever applies it (Flagger takes away all others).
 */
export const LOCAL_ADDRESS = 'slipway.dev/LocalAddress'

/** The annotation of our IngressClass with the address of all Ingresses; Services and Ingresses of older data folders have it. */
export const LOCAL_ADDRESS_ANNOTATION = 'slipway.dev/local-address'

/** Numbers of the ports on 127.0.0.1 that it has, or had when the server last ran. */
export function localPortsOf(service: Service): number[] {
  const told = conditionOf(service)?.message ?? service.metadata.annotations?.[LOCAL_ADDRESS_ANNOTATION]
  return told ? told.split(',').map((address) => Number(address.split(':')[1])) : []
}

/** Has the Service tell its addresses, or that it has none; the annotation of older data folders goes with the first that are told. */
export async function tellLocalAddresses(client: KubeClient, service: Service, addresses: string[]): Promise<void> {
  const message = addresses.join(',')
  const before = conditionOf(service)
  if ((before?.message ?? '') === message) return
  const { name, namespace, annotations } = service.metadata
  const ref = { apiVersion: 'v1', kind: 'Service', name, ...(namespace && { namespace }) }
  const options = { fieldManager: 'kube-proxy' }
  const condition = message
    ? {
        ...{ type: LOCAL_ADDRESS, status: 'True', reason: 'Listening', message },
        lastTransitionTime: before?.lastTransitionTime ?? new Date().toISOString(),
      }
    : { type: LOCAL_ADDRESS, $patch: 'delete' }
  await client.patch(ref, 'strategic', { status: { conditions: [condition] } }, { ...options, subresource: 'status' })
  if (annotations?.[LOCAL_ADDRESS_ANNOTATION] === undefined) return
  await client.patch(ref, 'merge', { metadata: { annotations: { [LOCAL_ADDRESS_ANNOTATION]: null } } }, options)
}

const conditionOf = ({ status }: Service): Condition | undefined =>
  (status?.conditions as Condition[] | undefined)?.find(({ type }) => type === LOCAL_ADDRESS)
