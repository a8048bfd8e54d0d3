import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { Service } from '../../model/service.ts'

const NAME = 'kube-dns'
const NAMESPACE = 'kube-system'

/** Sees to it that the DNS server has a Service, as every cluster's has; resolves to its address. `preferred` is taken if it is free. */
export async function ensureDnsService(client: KubeClient, preferred: string): Promise<string> {
  const existing = await client.get<Service>({ apiVersion: 'v1', kind: 'Service', namespace: NAMESPACE, name: NAME })
  if (existing?.spec.clusterIP) return existing.spec.clusterIP
  const { spec } = await create(client, preferred)
  return spec.clusterIP ?? preferred
}

async function create(client: KubeClient, clusterIP: string | undefined): Promise<Service> {
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: NAME,
      namespace: NAMESPACE,
      labels: { 'k8s-app': NAME, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
    },
    // No selector: behind it is the node itself.
    spec: {
      ...(clusterIP && { clusterIP }),
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  }
  try {
    return await client.create(service)
  } catch (error) {
    // Another Service was faster: it has one of the others.
    if (clusterIP && isApiError(error, 'KUBE_INVALID')) return create(client, undefined)
    throw error
  }
}
