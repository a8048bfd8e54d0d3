import { BlockList, isIP } from 'node:net'
import { labelNameErrors, rfc1035NameErrors } from '@slipway/kube-objects'

import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { Cidr, parseIp } from './addresses.ts'
import type { TypeRules } from './check-types.ts'
import { forbiddenField, invalidValue, notSupported, required, tooLong } from './field-errors.ts'
import {
  cidr,
  domainPrefixedPath,
  hostErrors,
  oneOf,
  parsedCidr,
  portNameErrors,
  portNumber,
  portNumberOrName,
  requiredText,
  segment,
  subdomain,
  text,
} from './values.ts'

/** The networking group. */
export const networkingRules: TypeRules = {
  'networking/v1.IngressSpec': ({ rules = [], defaultBackend, ingressClassName }, at) => [
    ...(defaultBackend ? backend(defaultBackend, `${at}.defaultBackend`) : []),
    ...(rules.length === 0 && !defaultBackend
      ? [invalidValue(at, null, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...subdomain(`${at}.ingressClassName`, ingressClassName),
  ],
  'networking/v1.IngressTLS': ({ hosts = [], secretName }, at) => [
    ...hosts.flatMap((host: string, index: number) =>
      hostErrors(host).map((why) => invalidValue(`${at}.hosts[${index}]`, host, why)),
    ),
    ...subdomain(`${at}.secretName`, secretName),
  ],
  'networking/v1.IngressRule': ({ host, http }, at) => [
    ...(host && isIP(host) ? [invalidValue(`${at}.host`, host, 'must be a DNS name, not an IP address')] : []),
    ...text(`${at}.host`, host, hostErrors),
    ...(http && !http.paths?.length ? [required(`${at}.http.paths`)] : []),
  ],
  'networking/v1.HTTPIngressPath': ingressPath,
  'networking/v1.IngressClassSpec': ({ controller = '', parameters }, at) => [
    ...(controller.length > 250 ? [tooLong(`${at}.controller`, 250)] : []),
    ...domainPrefixedPath(`${at}.controller`, controller),
    ...(parameters ? classParameters(parameters, `${at}.parameters`) : []),
  ],
  'networking/v1.NetworkPolicySpec': ({ policyTypes = [] }, at) =>
    policyTypes.length > 2
      ? [invalidValue(`${at}.policyTypes`, policyTypes, 'may not specify more than two policyTypes')]
      : policyTypes.flatMap((type: string, index: number) =>
          ['Ingress', 'Egress'].includes(type)
            ? []
            : [notSupported(`${at}.policyTypes[${index}]`, type, ['Ingress', 'Egress'])],
        ),
  'networking/v1.NetworkPolicyPort': (port, at) => [
    ...oneOf(`${at}.protocol`, port.protocol, ['TCP', 'UDP', 'SCTP']),
    ...policyPort(port, at),
  ],
  'networking/v1.NetworkPolicyPeer': ({ podSelector, namespaceSelector, ipBlock }, at) => {
    const selects = podSelector || namespaceSelector
    if (!selects && !ipBlock) return [required(at, 'must specify a peer')]
    return selects && ipBlock ? [forbiddenField(at, 'may not specify both ipBlock and another peer')] : []
  },
  'networking/v1.IPBlock': ipBlock,
  'networking/v1.ServiceCIDRSpec': ({ cidrs = [] }, at) => {
    if (cidrs.length === 0) return [required(`${at}.cidrs`, 'at least one CIDR required')]
    if (cidrs.length > 2) return [invalidValue(`${at}.cidrs`, { CIDRs: cidrs }, 'may only hold up to 2 values')]
    const [one, two] = cidrs.map((range: string) => parsedCidr(range)?.family)
    const why = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    return [
      ...cidrs.flatMap((range: string, index: number) => network(range, `${at}.cidrs[${index}]`)),
      ...(one !== undefined && one === two ? [invalidValue(`${at}.cidrs`, cidrs, why)] : []),
    ]
  },
  'networking/v1.IPAddressSpec': ({ parentRef }, at) =>
    parentRef
      ? [
          ...subdomain(`${at}.parentRef.group`, parentRef.group),
          ...segment(`${at}.parentRef.resource`, parentRef.resource),
          ...segment(`${at}.parentRef.name`, parentRef.name),
          ...(parentRef.namespace ? segment(`${at}.parentRef.namespace`, parentRef.namespace) : []),
        ]
      : [required(`${at}.parentRef`)],
}

const SEQUENCES = ['//', '/./', '/../', '%2f', '%2F']
const ENDS = ['/..', '/.']

/** A network of a new kind of field, which is written in one way only (IsValidCIDR). */
function network(range: string, at: string): FieldError[] {
  const parsed = parsedCidr(range)
  if (!parsed) return cidr(at, range)
  if (isIP(parsed.address) === 0) return [invalidValue(at, range, 'must not have leading 0s')]
  const network = new Cidr(parseIp(parsed.address), parsed.bits)
  const masked = String(network.masked())
  if (masked !== String(network)) return [invalidValue(at, range, 'must not have bits set beyond the prefix length')]
  return masked === range ? [] : [invalidValue(at, range, `must be in canonical form ("${masked}")`)]
}

function ingressPath({ pathType, path = '', backend: target = {} }: Spec, at: string): FieldError[] {
  if (!pathType) return [required(`${at}.pathType`, 'pathType must be specified')]
  const known = ['Exact', 'ImplementationSpecific', 'Prefix']
  const led = backend(target, `${at}.backend`)
  if (!known.includes(pathType)) return [notSupported(`${at}.pathType`, pathType, known), ...led]
  const exact = pathType !== 'ImplementationSpecific'
  const faults = [
    ...(!path.startsWith('/') && (exact || path) ? ['must be an absolute path'] : []),
    ...(exact ? SEQUENCES.filter((one) => path.includes(one)).map((one) => `must not contain '${one}'`) : []),
    ...(exact ? ENDS.filter((one) => path.endsWith(one)).map((one) => `cannot end with '${one}'`) : []),
  ]
  return [...faults.map((why) => invalidValue(`${at}.path`, path, why)), ...led]
}

function backend({ resource, service }: Spec, at: string): FieldError[] {
  if (resource && service) return [invalidValue(at, '', 'cannot set both resource and service backends')]
  if (resource) return objectReference(resource, `${at}.resource`)
  if (!service) return [invalidValue(at, '', 'resource or service backend is required')]
  const { name: portName, number } = service.port ?? {}
  const port = `${at}.service.port`
  return [
    ...requiredText(`${at}.service.name`, service.name, rfc1035NameErrors),
    ...(portName && number ? [invalidValue(at, '', 'cannot set both port name & port number')] : []),
    ...(portName && !number ? text(`${port}.name`, portName, portNameErrors) : []),
    ...(number && !portName ? portNumber(`${port}.number`, number) : []),
    ...(portName || number ? [] : [required(at, 'port name or number is required')]),
  ]
}

function objectReference({ apiGroup, kind, name }: Spec, at: string): FieldError[] {
  return [...subdomain(`${at}.apiGroup`, apiGroup), ...segment(`${at}.kind`, kind), ...segment(`${at}.name`, name)]
}

function classParameters(parameters: Spec, at: string): FieldError[] {
  const { scope, namespace } = parameters
  const field = `${at}.namespace`
  const where = `\`parameters.scope\` is set to '${scope}'`
  return [
    ...objectReference(parameters, at),
    ...(['Cluster', 'Namespace'].includes(scope)
      ? []
      : [notSupported(`${at}.scope`, scope ?? '', ['Cluster', 'Namespace'])]),
    ...(scope === 'Namespace' && namespace === undefined ? [required(field, where)] : []),
    ...(scope === 'Namespace' ? text(field, namespace, labelNameErrors) : []),
    ...(scope === 'Cluster' && namespace !== undefined ? [forbiddenField(field, where)] : []),
  ]
}

function policyPort({ port, endPort }: Spec, at: string): FieldError[] {
  const field = `${at}.endPort`
  if (port === undefined) {
    if (endPort === undefined) return []
    return [invalidValue(field, endPort, 'may not be specified when `port` is not specified')]
  }
  if (typeof port === 'string') {
    return [
      ...(endPort === undefined
        ? []
        : [invalidValue(field, endPort, 'may not be specified when `port` is non-numeric')]),
      ...portNumberOrName(`${at}.port`, port),
    ]
  }
  return [
    ...portNumber(`${at}.port`, port),
    ...(endPort < port ? [invalidValue(field, port, 'must be greater than or equal to `port`')] : []),
    ...(endPort === undefined ? [] : portNumber(field, endPort)),
  ]
}

function ipBlock({ cidr: range, except = [] }: Spec, at: string): FieldError[] {
  if (!range) return [required(`${at}.cidr`)]
  const whole = parsedCidr(range)
  if (!whole) return cidr(`${at}.cidr`, range)
  const family = whole.family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(whole.address, whole.bits, family)
  return except.flatMap((text: string, index: number) => {
    const field = `${at}.except[${index}]`
    const part = parsedCidr(text)
    if (!part) return cidr(field, text)
    const within = part.family === whole.family && part.bits > whole.bits && list.check(part.address, family)
    return within ? [] : [invalidValue(field, text, 'must be a strict subset of `cidr`')]
  })
}
