import { isIP } from 'node:net'
import { labelNameErrors, labelValueErrors, qualifiedNameErrors, subdomainNameErrors } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { parseIp } from './addresses.ts'
import type { TypeRules } from './check-types.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required, tooMany } from './field-errors.ts'
import { repeats } from './repeats.ts'
import {
  cidr,
  endpointAddress,
  ipAddress,
  label,
  labels,
  oneOf,
  portNumber,
  portNumberOrName,
  requiredText,
  subdomain,
  type TextRule,
  text,
} from './values.ts'

/** Services, and the addresses behind them. */
export const serviceRules: TypeRules = {
  'core/v1.ServiceSpec': serviceSpec,
  'core/v1.EndpointSubset': ({ addresses = [], notReadyAddresses = [], ports = [] }, at) => [
    ...(addresses.length + notReadyAddresses.length === 0
      ? [required(at, 'must specify `addresses` or `notReadyAddresses`')]
      : []),
    ...ports.flatMap(({ name }: Spec, index: number) =>
      ports.length > 1 && !name ? [required(`${at}.ports[${index}].name`)] : [],
    ),
  ],
  'core/v1.EndpointAddress': ({ ip, hostname, nodeName }, at) => [
    ...ipAddress(`${at}.ip`, ip),
    ...label(`${at}.hostname`, hostname),
    ...subdomain(`${at}.nodeName`, nodeName),
    ...endpointAddress(`${at}.ip`, ip),
  ],
  'core/v1.EndpointPort': ({ name, port, appProtocol }, at) => [
    ...label(`${at}.name`, name),
    ...portNumber(`${at}.port`, port),
    ...text(`${at}.appProtocol`, appProtocol, qualifiedNameErrors),
  ],
  'discovery/v1.EndpointSlice': endpointSlice,
}

function serviceSpec(spec: Spec, at: string): FieldError[] {
  const { type, ports = [], clusterIPs = [], sessionAffinity, sessionAffinityConfig, externalIPs = [] } = spec
  const headless = clusterIPs.length === 1 && clusterIPs[0] === 'None'
  return [
    ...(ports.length === 0 && !headless && type !== 'ExternalName' ? [required(`${at}.ports`)] : []),
    ...(headless && (type === 'LoadBalancer' || type === 'NodePort')
      ? [invalidValue(`${at}.clusterIPs[0]`, 'None', `may not be set to 'None' for ${type} services`)]
      : []),
    ...(type === 'ExternalName' ? external(spec, at) : []),
    ...portErrors(ports, `${at}.ports`),
    ...labels(`${at}.selector`, spec.selector),
    ...oneOf(`${at}.sessionAffinity`, sessionAffinity, ['ClientIP', 'None']),
    ...affinity(sessionAffinity, sessionAffinityConfig, `${at}.sessionAffinityConfig`),
    ...(type === 'ExternalName' ? [] : families(spec, at)),
    ...externalIPs.flatMap((address: string, index: number) => {
      const field = `${at}.externalIPs[${index}]`
      return isIP(address) ? endpointAddress(field, address) : ipAddress(field, address)
    }),
    ...oneOf(`${at}.type`, type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']),
    ...repeatedPorts(spec, `${at}.ports`),
    ...loadBalancer(spec, at),
    ...trafficPolicies(spec, at),
  ]
}

function external({ externalName, clusterIPs, ipFamilies, ipFamilyPolicy }: Spec, at: string): FieldError[] {
  const why = 'may not be set for ExternalName services'
  return [
    ...(clusterIPs?.length ? [forbiddenField(`${at}.clusterIPs`, why)] : []),
    ...(ipFamilies?.length ? [forbiddenField(`${at}.ipFamilies`, why)] : []),
    ...(ipFamilyPolicy ? [forbiddenField(`${at}.ipFamilyPolicy`, why)] : []),
    ...requiredText(`${at}.externalName`, externalName?.replace(/\.$/, ''), subdomainNameErrors),
  ]
}

function portErrors(ports: Spec[], at: string): FieldError[] {
  const repeated = repeats(ports, ({ name }) => name)
  return ports.flatMap(({ name, port, targetPort, protocol, appProtocol }, index) => {
    const field = `${at}[${index}]`
    return [
      ...(ports.length > 1 && !name ? [required(`${field}.name`)] : text(`${field}.name`, name, labelNameErrors)),
      ...(name && repeated[index] ? [duplicate(`${field}.name`, name)] : []),
      ...portNumber(`${field}.port`, port),
      ...oneOf(`${field}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']),
      ...portNumberOrName(`${field}.targetPort`, targetPort),
      ...text(`${field}.appProtocol`, appProtocol, qualifiedNameErrors),
    ]
  })
}

function affinity(type: string, config: Spec | undefined, at: string): FieldError[] {
  if (type === 'None') {
    return config ? [forbiddenField(at, 'must not be set when session affinity is None')] : []
  }
  const seconds = config?.clientIP?.timeoutSeconds
  if (type !== 'ClientIP' || (seconds > 0 && seconds <= 86_400)) return []
  return [invalidValue(`${at}.clientIP.timeoutSeconds`, seconds ?? 0, 'must be greater than 0 and less than 86400')]
}

/** What is wrong with a Service's addresses, whatever the cluster has (ValidateServiceClusterIPsRelatedFields). */
export function families(
  { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy }: Spec,
  at: string,
): FieldError[] {
  const field = `${at}.clusterIPs`
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
  const unknown = ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)
  const errors: FieldError[] = unknown ? [notSupported(`${at}.ipFamilyPolicy`, ipFamilyPolicy, policies)] : []
  if (clusterIP && clusterIPs.length === 0) errors.push(required(field))
  if (clusterIP && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalidValue(field, clusterIPs, 'first value must match `clusterIP`'))
  }
  if (!clusterIP && clusterIPs.length > 0) {
    errors.push(invalidValue(field, clusterIPs, 'must be empty when `clusterIP` is not specified'))
  }
  const repeatedFamilies = repeats(ipFamilies)
  for (const [index, family] of ipFamilies.entries()) {
    if (family !== 'IPv4' && family !== 'IPv6') {
      errors.push(notSupported(`${at}.ipFamilies[${index}]`, family, ['IPv4', 'IPv6']))
    }
    if (repeatedFamilies[index]) errors.push(duplicate(`${at}.ipFamilies[${index}]`, family))
  }
  return [...errors, ...addressErrors(clusterIPs, ipFamilies, field)]
}

function addressErrors(addresses: string[], families: string[], at: string): FieldError[] {
  if (addresses[0] === 'None') {
    const [, ...others] = addresses
    return [
      ...(others.length > 0 ? [invalidValue(at, addresses, "'None' must be the first and only value")] : []),
      ...others.flatMap((address, index) => ipAddress(`${at}[${index + 1}]`, address)),
    ]
  }
  const invalid = addresses.flatMap((address, index) => ipAddress(`${at}[${index}]`, address))
  const many = addresses.length > 2 ? [invalidValue(at, addresses, 'may only hold up to 2 values')] : []
  if (invalid.length > 0) return [...invalid, ...many]
  const repeated = addresses.length > 1 && new Set(addresses.map(isIP)).size < addresses.length
  return [
    ...many,
    ...(repeated ? [invalidValue(at, addresses, 'may specify no more than one IP for each IP family')] : []),
    ...addresses.flatMap((address, index) => {
      const family = families[index]
      if (!family || family === `IPv${isIP(address)}`) return []
      return [
        invalidValue(
          `${at}[${index}]`,
          address,
          `expected an ${family} value as indicated by \`ipFamilies[${index}]\``,
        ),
      ]
    }),
  ]
}

function repeatedPorts({ type, ports = [] }: Spec, at: string): FieldError[] {
  const repeated = repeats(ports as Spec[], ({ protocol, port }) => `${protocol} ${port}`)
  const repeatedOfNode = repeats(ports as Spec[], ({ protocol, nodePort }) => `${protocol} ${nodePort}`)
  return (ports as Spec[]).flatMap((port, index) => {
    return [
      ...(type === 'ClusterIP' && port.nodePort
        ? [forbiddenField(`${at}[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")]
        : []),
      ...(port.nodePort && repeatedOfNode[index] ? [duplicate(`${at}[${index}].nodePort`, port.nodePort)] : []),
      ...(repeated[index] ? [duplicate(`${at}[${index}]`, keyInGo(port))] : []),
    ]
  })
}

/** What tells ports apart, as Go shows its own struct. */
const keyInGo = ({ protocol, port }: Spec) => ({
  Name: '',
  Protocol: protocol,
  AppProtocol: null,
  Port: port,
  TargetPort: 0,
  NodePort: 0,
})

function loadBalancer(spec: Spec, at: string): FieldError[] {
  const { type, loadBalancerSourceRanges: ranges = [], loadBalancerClass, allocateLoadBalancerNodePorts } = spec
  const only = "may only be used when `type` is 'LoadBalancer'"
  const balanced = type === 'LoadBalancer'
  return [
    ...(ranges.length > 0 && !balanced ? [forbiddenField(`${at}.LoadBalancerSourceRanges`, only)] : []),
    ...ranges.flatMap((range: string, index: number) => cidr(`${at}.LoadBalancerSourceRanges[${index}]`, range.trim())),
    ...(allocateLoadBalancerNodePorts !== undefined && !balanced
      ? [forbiddenField(`${at}.allocateLoadBalancerNodePorts`, only)]
      : []),
    ...(loadBalancerClass !== undefined && !balanced ? [forbiddenField(`${at}.loadBalancerClass`, only)] : []),
    ...(balanced ? text(`${at}.loadBalancerClass`, loadBalancerClass, qualifiedNameErrors) : []),
  ]
}

/** Whether clients outside the cluster come in by the Service itself. */
export const isExternal = ({ type, externalIPs }: Spec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs?.length > 0)

export const needsHealthCheck = ({ type, externalTrafficPolicy }: Spec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

function trafficPolicies(spec: Spec, at: string): FieldError[] {
  const { externalTrafficPolicy: policy, healthCheckNodePort, trafficDistribution } = spec
  const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
  const health = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
  return [
    ...(policy && !isExternal(spec)
      ? [invalidValue(`${at}.externalTrafficPolicy`, policy, 'may only be set for externally-accessible services')]
      : []),
    ...(healthCheckNodePort && !needsHealthCheck(spec)
      ? [invalidValue(`${at}.healthCheckNodePort`, healthCheckNodePort, health)]
      : []),
    ...(trafficDistribution !== undefined && !distributions.includes(trafficDistribution)
      ? [notSupported(`${at}.trafficDistribution`, trafficDistribution, distributions)]
      : []),
  ]
}

function endpointSlice({ addressType, endpoints = [], ports = [] }: Spec): FieldError[] {
  if (endpoints.length > 1000) return [tooMany('endpoints', endpoints.length, 1000)]
  const repeated = repeats(ports as Spec[], ({ name }) => name)
  return [
    ...oneOf('addressType', addressType, ['FQDN', 'IPv4', 'IPv6']),
    ...ports.flatMap((port: Spec, index: number) => [
      ...label(`ports[${index}].name`, port.name || undefined),
      ...(repeated[index] ? [duplicate(`ports[${index}].name`, port.name ?? '')] : []),
      ...text(`ports[${index}].appProtocol`, port.appProtocol, qualifiedNameErrors),
    ]),
    ...endpoints.flatMap((endpoint: Spec, index: number) =>
      endpointErrors(endpoint, addressType, `endpoints[${index}]`),
    ),
  ]
}

function canonical(field: string, address: string): FieldError[] {
  const text = String(parseIp(address))
  return text === address ? [] : [invalidValue(field, address, `must be in canonical form ("${text}")`)]
}

function endpointErrors({ addresses = [], nodeName, hostname, hints }: Spec, type: string, at: string): FieldError[] {
  const field = `${at}.addresses`
  return [
    ...(addresses.length === 0 ? [required(field, 'must contain at least 1 address')] : []),
    ...(addresses.length > 100 ? [tooMany(field, addresses.length, 100)] : []),
    ...addresses.flatMap((address: string, index: number) => {
      if (type !== 'IPv4' && type !== 'IPv6') return []
      const where = `${field}[${index}]`
      if (!isIP(address)) return ipAddress(where, address)
      if (`IPv${isIP(address)}` !== type) return [invalidValue(field, address, `must be an ${type} address`)]
      return [...(type === 'IPv6' ? canonical(where, address) : []), ...endpointAddress(where, address)]
    }),
    ...subdomain(`${at}.nodeName`, nodeName),
    ...label(`${at}.hostname`, hostname),
    ...(hints ? hintErrors(hints, `${at}.hints`) : []),
  ]
}

const MOST_HINTS = 8

function hintErrors({ forZones = [], forNodes = [] }: Spec, at: string): FieldError[] {
  const names = (list: Spec[], field: string, rule: TextRule): FieldError[] =>
    list.length > MOST_HINTS
      ? [tooMany(field, list.length, MOST_HINTS)]
      : list.flatMap(({ name = '' }, index) => [
          ...(list.slice(0, index).some((other) => (other.name ?? '') === name)
            ? [duplicate(`${field}[${index}].name`, name)]
            : []),
          ...rule(name).map((why) => invalidValue(`${field}[${index}].name`, name, why)),
        ])
  return [
    ...names(forZones, `${at}.forZones`, labelValueErrors),
    ...names(forNodes, `${at}.forNodes`, subdomainNameErrors),
  ]
}
