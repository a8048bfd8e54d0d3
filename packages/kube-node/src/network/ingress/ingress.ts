import type { KubeObject } from '@slipway/kube-objects'

/** networking.k8s.io/v1 Ingress, as the router reads it. */
export interface Ingress extends KubeObject {
  spec: {
    ingressClassName?: string
    defaultBackend?: IngressBackend
    tls?: { hosts?: string[]; secretName?: string }[]
    rules?: IngressRule[]
  }
}

interface IngressRule {
  host?: string
  http?: { paths: IngressPath[] }
}

export interface IngressPath {
  path?: string
  pathType?: 'Exact' | 'Prefix' | 'ImplementationSpecific'
  backend: IngressBackend
}

export interface IngressBackend {
  service?: { name: string; port: { name?: string; number?: number } }
}

export interface IngressClass extends KubeObject {
  spec: { controller: string }
}

/** The class whose Ingresses are ours, which is that of those that name none. */
export const INGRESS_CLASS = 'slipway'
export const INGRESS_CONTROLLER = 'slipway.dev/ingress'
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'

/** Whether an Ingress is of one of these classes; they are the names of ours. */
export function isOurs({ metadata, spec }: Ingress, classes: ReadonlySet<string>): boolean {
  return classes.has(spec.ingressClassName ?? metadata.annotations?.[CLASS_ANNOTATION] ?? INGRESS_CLASS)
}
