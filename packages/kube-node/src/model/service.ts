import type { KubeObject } from '@slipway/kube-objects'

export interface Service extends KubeObject {
  spec: {
    type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
    clusterIP?: string
    externalName?: string
    selector?: Record<string, string>
    ports?: ServicePort[]
    publishNotReadyAddresses?: boolean
    sessionAffinity?: 'ClientIP' | 'None'
    sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } }
    loadBalancerClass?: string
  }
}

export interface ServicePort {
  name?: string
  port: number
  targetPort?: number | string
  protocol?: 'TCP' | 'UDP' | 'SCTP'
  nodePort?: number
  appProtocol?: string
}
/** discovery.k8s.io/v1. */
export interface EndpointSlice extends KubeObject {
  addressType: 'IPv4' | 'IPv6' | 'FQDN'
  /** Null where there are none, which is how Go writes an empty list that must be there. */
  endpoints?: Endpoint[] | null
  ports?: EndpointPort[] | null
}

export interface Endpoint {
  addresses: string[]
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean }
  hostname?: string
  nodeName?: string
  zone?: string
  targetRef?: { kind: string; name: string; namespace?: string; uid?: string }
}

export interface EndpointPort {
  name?: string
  port?: number
  protocol?: 'TCP' | 'UDP' | 'SCTP'
  appProtocol?: string
}
