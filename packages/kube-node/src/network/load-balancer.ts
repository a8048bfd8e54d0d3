import type { Reconciler } from '@slipway/controller-runtime'
import { updateStatus } from '../controllers/status.ts'
import type { Service } from '../model/service.ts'
import { localPortsOf } from './local-address.ts'

interface LoadBalancerAddress {
  ip: string
  ipMode?: 'VIP'
  ports?: { port: number; protocol: string }[]
}

/**
 * Tells where a Service of type LoadBalancer is reached from outside of the cluster, which is this machine: at its cluster IP, or
 * where that leads nowhere at its local address. One that names a class is somebody else's.
 */
export function loadBalancerReconciler({ clusterIPs }: { clusterIPs: boolean }): Reconciler<Service> {
  return {
    async reconcile(service, context) {
      if (!service.spec.loadBalancerClass && !service.metadata.deletionTimestamp) {
        const ingress = service.spec.type === 'LoadBalancer' ? addressesOf(service, clusterIPs) : []
        await updateStatus(service, { loadBalancer: { ingress: ingress.length > 0 ? ingress : null } }, context)
      }
      return { kind: 'ready', reason: 'Synced', message: '' }
    },
  }
}

function addressesOf(service: Service, clusterIPs: boolean): LoadBalancerAddress[] {
  const { clusterIP } = service.spec
  if (clusterIPs && clusterIP && clusterIP !== 'None') return [{ ip: clusterIP, ipMode: 'VIP' }]
  const ports = localPortsOf(service).map((port) => ({ port, protocol: 'TCP' }))
  return ports.length > 0 ? [{ ip: '127.0.0.1', ports }] : []
}
