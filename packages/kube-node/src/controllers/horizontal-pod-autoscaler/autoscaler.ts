import type { KubeObject } from '@slipway/kube-objects'
import type { LabelSelector } from '../../model/pod.ts'

/** autoscaling/v2 HorizontalPodAutoscaler. */
export interface Autoscaler extends KubeObject {
  spec: {
    scaleTargetRef: ObjectReference
    minReplicas?: number
    maxReplicas: number
    metrics?: MetricSpec[]
    behavior?: { scaleUp: ScalingRules; scaleDown: ScalingRules }
  }
}

export interface ObjectReference {
  apiVersion?: string
  kind: string
  name: string
}

/** Its defaults are filled in by the API server. */
export interface ScalingRules {
  stabilizationWindowSeconds?: number
  selectPolicy?: 'Max' | 'Min' | 'Disabled'
  policies?: { type: 'Pods' | 'Percent'; value: number; periodSeconds: number }[]
}

export interface MetricTarget {
  averageUtilization?: number
  averageValue?: string
  value?: string
}

interface MetricIdentifier {
  name: string
  selector?: LabelSelector
}

export interface MetricSpec {
  type: 'Resource' | 'ContainerResource' | 'Pods' | 'Object' | 'External'
  resource?: { name: string; target: MetricTarget }
  containerResource?: { name: string; container: string; target: MetricTarget }
  pods?: { metric: MetricIdentifier; target: MetricTarget }
  object?: { metric: MetricIdentifier; describedObject: ObjectReference; target: MetricTarget }
  external?: { metric: MetricIdentifier; target: MetricTarget }
}

/** autoscaling/v1 Scale: what any kind shows that can be scaled. */
export interface Scale {
  spec?: { replicas?: number }
  status?: { replicas?: number; selector?: string }
}
