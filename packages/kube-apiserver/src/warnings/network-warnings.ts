import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { addressWarnings, networkWarnings } from './addresses.ts'
import type { WarningRule, WarningRules } from './rule.ts'

const CLASS = 'kubernetes.io/ingress.class'
const HINTS = 'service.kubernetes.io/topology-aware-hints'
const MANAGED = ['endpoint-controller', 'endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']

export const networkObjectWarnings: WarningRules = new Map<string, WarningRule>([
  ['/services', service],
  ['/endpoints', endpoints],
  ['discovery.k8s.io/endpointslices', endpointSlice],
  ['networking.k8s.io/networkpolicies', networkPolicy],
  ['networking.k8s.io/ingresses', ingress],
])

/** Of what is written to a status. */
export const statusWarnings: WarningRules = new Map<string, WarningRule>([
  ['/services', balancerAddresses],
  ['networking.k8s.io/ingresses', balancerAddresses],
  [
    '/pods',
    ({ status }) =>
      ['podIPs', 'hostIPs'].flatMap((field) =>
        itemsOf(status?.[field]).flatMap(({ ip }, index) => addressWarnings(`status.${field}[${index}].ip`, ip)),
      ),
  ],
])

const itemsOf = (list: Spec[] | undefined): Spec[] => list ?? []

function balancerAddresses({ status }: KubeObject): string[] {
  return itemsOf(status?.loadBalancer?.ingress).flatMap(({ ip }, index) =>
    addressWarnings(`status.loadBalancer.ingress[${index}]`, ip),
  )
}

function service({ metadata, spec }: KubeObject): string[] {
  const {
    type,
    clusterIP,
    clusterIPs = [],
    externalIPs = [],
    loadBalancerIP,
    sessionAffinity,
    externalName,
  } = spec ?? {}
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None'
  const ranges: string[] = spec?.loadBalancerSourceRanges ?? []
  const ips = (field: string, list: string[]) =>
    list.flatMap((ip, index) => addressWarnings(`spec.${field}[${index}]`, ip))
  return [
    ...(metadata.annotations?.[HINTS] === undefined
      ? []
      : [`annotation ${HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`]),
    ...ips('clusterIPs', clusterIPs),
    ...(isHeadless && loadBalancerIP ? ['spec.loadBalancerIP is ignored for headless services'] : []),
    ...(isHeadless && externalIPs.length > 0 ? ['spec.externalIPs is ignored for headless services'] : []),
    ...(isHeadless && sessionAffinity !== 'None' ? ['spec.SessionAffinity is ignored for headless services'] : []),
    ...ips('externalIPs', externalIPs),
    ...addressWarnings('spec.loadBalancerIP', loadBalancerIP),
    ...ranges.flatMap((range, index) => networkWarnings(`spec.loadBalancerSourceRanges[${index}]`, range)),
    ...(type === 'ExternalName' && externalIPs.length > 0
      ? ['spec.externalIPs is ignored when spec.type is "ExternalName"']
      : []),
    ...(type !== 'ExternalName' && externalName
      ? ['spec.externalName is ignored when spec.type is not "ExternalName"']
      : []),
  ]
}

/** Addresses that a controller has written are in order. */
function isManaged({ metadata }: KubeObject, label: string): boolean {
  return MANAGED.includes(metadata.labels?.[label] ?? '')
}

function endpoints(object: KubeObject): string[] {
  if (isManaged(object, 'endpoints.kubernetes.io/managed-by')) return []
  return itemsOf(object.subsets as Spec[] | undefined).flatMap((subset, of) =>
    ['addresses', 'notReadyAddresses'].flatMap((field) =>
      itemsOf(subset[field]).flatMap(({ ip }, index) => addressWarnings(`subsets[${of}].${field}[${index}].ip`, ip)),
    ),
  )
}

function endpointSlice(slice: KubeObject, old: KubeObject | undefined): string[] {
  const named = !old && slice.addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []
  if (isManaged(slice, 'endpointslice.kubernetes.io/managed-by')) return named
  const found = itemsOf(slice.endpoints as Spec[] | undefined).flatMap(({ addresses = [] }, of) =>
    (addresses as string[]).flatMap((ip, index) => addressWarnings(`endpoints[${of}].addresses[${index}]`, ip)),
  )
  return [...named, ...found]
}

function networkPolicy({ spec }: KubeObject): string[] {
  const blocks = (rules: Spec[], field: string, side: string) =>
    rules.flatMap((rule, of) =>
      itemsOf(rule[side]).flatMap(({ ipBlock }, index) => {
        const at = `spec.${field}[${of}].${side}[${index}].ipBlock`
        const except: string[] = ipBlock?.except ?? []
        return [
          ...networkWarnings(`${at}.cidr`, ipBlock?.cidr),
          ...except.flatMap((range, inner) => networkWarnings(`${at}.except[${inner}]`, range)),
        ]
      }),
    )
  return [...blocks(spec?.ingress ?? [], 'ingress', 'from'), ...blocks(spec?.egress ?? [], 'egress', 'to')]
}

function ingress({ metadata, spec }: KubeObject, old: KubeObject | undefined): string[] {
  if (old || metadata.annotations?.[CLASS] === undefined || spec?.ingressClassName) return []
  return [`annotation "${CLASS}" is deprecated, please use 'spec.ingressClassName' instead`]
}
