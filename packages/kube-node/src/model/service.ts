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
