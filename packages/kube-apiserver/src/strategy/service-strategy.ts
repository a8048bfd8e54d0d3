import type { KubeObject } from '@slipway/kube-objects'
import { type FieldError, internalError, invalid } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { AddressPool, NumberPool } from './allocators.ts'
import { invalidValue, notSupported, required } from './field-errors.ts'
import type { Strategy } from './strategy.ts'

interface Allocation {
  addresses: string[]
  ports: number[]
}

/** Services: cluster IPs and node ports, given on creation and change of type, given back at the end. */
export function serviceStrategy(serviceCidr: string, existing: Iterable<Readonly<KubeObject>>): Strategy {
  const addresses = new AddressPool(serviceCidr)
  const ports = new NumberPool(30_000, 2768)
  const given = new Map<string, Allocation>()

  for (const service of existing) {
    const allocation = allocationOf(service)
    for (const address of allocation.addresses) addresses.take(address)
    for (const port of allocation.ports) ports.take(port)
    given.set(service.metadata.uid ?? '', allocation)
  }

  function allocate(service: KubeObject): void {
    const spec = service.spec as Spec
    if (spec.type === 'ExternalName') return
    allocateAddress(service, spec)
    if (spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)) {
      allocatePorts(service, spec)
    }
    given.set(service.metadata.uid ?? '', allocationOf(service))
  }

  function allocateAddress(service: KubeObject, spec: Spec): void {
    spec.clusterIP ??= spec.clusterIPs?.[0] ?? ''
    // What leads nowhere by itself may lead to addresses of both families (defaultOnWrite of the Service's storage).
    const open = spec.clusterIP === 'None' && !spec.selector
    spec.ipFamilies ??= open ? ['IPv4', 'IPv6'] : ['IPv4']
    spec.ipFamilyPolicy ??= open ? 'RequireDualStack' : 'SingleStack'
    if (spec.clusterIP === '') {
      const address = addresses.takeAny()
      if (!address) throw internalError('failed to allocate a serviceIP: range is full')
      spec.clusterIP = address
    } else if (spec.clusterIP !== 'None' && !keeps(service, spec.clusterIP)) {
      takeAddress(service, spec.clusterIP)
    }
    spec.clusterIPs = [spec.clusterIP]
  }

  const keeps = (service: KubeObject, address: string) =>
    given.get(service.metadata.uid ?? '')?.addresses.includes(address) === true

  function takeAddress(service: KubeObject, address: string): void {
    if (addresses.take(address)) return
    const why = addresses.has(address)
      ? `failed to allocate IP ${address}: provided IP is already allocated`
      : `failed to allocate IP ${address}: the provided IP (${address}) is not in the valid range. The range of valid IPs is ${addresses.cidr}`
    throw invalidService(service, [invalidValue('spec.clusterIPs', [address], why)])
  }

  function allocatePorts(service: KubeObject, spec: Spec): void {
    const own = new Set(given.get(service.metadata.uid ?? '')?.ports)
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (!port.nodePort) {
        const number = ports.takeAny()
        if (number === undefined) throw internalError('failed to allocate a nodePort: range is full')
        port.nodePort = number
      } else if (!own.has(port.nodePort) && !ports.take(port.nodePort)) {
        const why = ports.has(port.nodePort)
          ? 'provided port is already allocated'
          : 'provided port is not in the valid range. The range of valid ports is 30000-32767'
        throw invalidService(service, [invalidValue(`spec.ports[${index}].nodePort`, port.nodePort, why)])
      }
    }
  }

  return {
    prepareCreate: allocate,
    prepareUpdate(next, current) {
      const spec = next.spec as Spec
      const before = current.spec as Spec
      // A client that leaves the address out means the one there is (patchAllocatedValues).
      if (spec.type !== 'ExternalName' && before.type !== 'ExternalName') {
        if (!spec.clusterIP) spec.clusterIP = before.clusterIP
        spec.ipFamilies ??= before.ipFamilies
        spec.ipFamilyPolicy ??= before.ipFamilyPolicy
        keepPorts(spec, before)
      }
      allocate(next)
    },
    validate: ({ spec }) => checkService(spec ?? {}),
    validateUpdate: (next, current) => checkChange(next.spec ?? {}, current.spec ?? {}),
    released(service) {
      const allocation = given.get(service.metadata.uid ?? '')
      given.delete(service.metadata.uid ?? '')
      for (const address of allocation?.addresses ?? []) addresses.release(address)
      for (const port of allocation?.ports ?? []) ports.release(port)
    },
    returnsDeleted: true,
    createsOnUpdate: true,
  }
}

function allocationOf({ spec = {} }: Readonly<KubeObject>): Allocation {
  const { clusterIP, ports = [] } = spec as Spec
  return {
    addresses: clusterIP && clusterIP !== 'None' ? [clusterIP] : [],
    ports: ports.map(({ nodePort }: { nodePort?: number }) => nodePort).filter(Boolean),
  }
}

function keepPorts(spec: Spec, before: Spec): void {
  if (spec.type === 'ClusterIP') return
  for (const port of spec.ports ?? []) {
    const same = (before.ports ?? []).find((one: Spec) => one.port === port.port && one.protocol === port.protocol)
    if (!port.nodePort && same?.nodePort) port.nodePort = same.nodePort
  }
}

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

function checkService(spec: Spec): FieldError[] {
  const errors: FieldError[] = []
  const ports: Spec[] = spec.ports ?? []
  if (!TYPES.includes(spec.type)) errors.push(notSupported('spec.type', spec.type, TYPES))
  if (spec.type === 'ExternalName') {
    if (!spec.externalName) errors.push(required('spec.externalName'))
    return errors
  }
  if (ports.length === 0 && spec.clusterIP !== 'None') errors.push(required('spec.ports'))
  for (const [index, { port, name }] of ports.entries()) {
    const at = `spec.ports[${index}]`
    if (ports.length > 1 && !name) errors.push(required(`${at}.name`))
    if (!(port >= 1 && port <= 65_535)) {
      errors.push(invalidValue(`${at}.port`, port ?? 0, 'must be between 1 and 65535, inclusive'))
    }
  }
  return errors
}

function checkChange(next: Spec, current: Spec): FieldError[] {
  if (next.type === 'ExternalName' || current.type === 'ExternalName' || next.clusterIP === current.clusterIP) return []
  return [invalidValue('spec.clusterIPs[0]', next.clusterIP, 'may not change once set')]
}

function invalidService(service: KubeObject, errors: FieldError[]): Error {
  return invalid({ group: '', kind: 'Service' }, service.metadata.name, errors)
}
