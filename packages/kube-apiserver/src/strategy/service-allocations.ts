import { isIP } from 'node:net'
import type { KubeObject } from '@slipway/kube-objects'
import { type FieldError, internalError, invalid } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { invalidValue } from '../validation/field-errors.ts'
import { needsHealthCheck } from '../validation/services.ts'
import { AddressPool, NumberPool } from './allocators.ts'

interface Allocation {
  addresses: string[]
  ports: number[]
}

/** Who has which cluster IP and which node port. */
export class ServiceAllocations {
  readonly #addresses: AddressPool
  readonly #ports = new NumberPool(30_000, 2768)
  /** By the Service's uid. */
  readonly #given = new Map<string, Allocation>()

  constructor(serviceCidr: string, existing: Iterable<Readonly<KubeObject>>) {
    this.#addresses = new AddressPool(serviceCidr)
    for (const service of existing) {
      const allocation = allocationOf(service)
      for (const address of allocation.addresses) this.#addresses.take(address)
      for (const port of allocation.ports) this.#ports.take(port)
      this.#given.set(uidOf(service), allocation)
    }
  }

  /** Fills in what the Service's type needs. Throws 422 when it asks for what it cannot have; a dry run asks for nothing. */
  allocate(service: KubeObject, dryRun: boolean): void {
    const spec = service.spec as Spec
    if (spec.type === 'ExternalName') return
    const own = this.#given.get(uidOf(service)) ?? { addresses: [], ports: [] }
    this.#given.set(uidOf(service), own)
    if (spec.clusterIPs?.[0] !== 'None') this.#allocateAddress(service, own, dryRun)
    if (takesNodePorts(spec)) {
      for (const [index, port] of (spec.ports ?? []).entries()) {
        if (dryRun && port.nodePort) continue
        port.nodePort = this.#port(service, port.nodePort, `spec.ports[${index}].nodePort`, own)
      }
    }
    if (needsHealthCheck(spec)) {
      spec.healthCheckNodePort = this.#port(service, spec.healthCheckNodePort, 'spec.healthCheckNodePort', own)
    }
  }

  /** Gives back what an attempt took and the Service, as it is stored now, does not hold. */
  settle(stored: Readonly<KubeObject>): void {
    const own = this.#given.get(uidOf(stored))
    const holds = allocationOf(stored)
    for (const address of own?.addresses ?? []) {
      if (!holds.addresses.includes(address)) this.#addresses.release(address)
    }
    for (const port of own?.ports ?? []) if (!holds.ports.includes(port)) this.#ports.release(port)
    this.#given.set(uidOf(stored), holds)
  }

  /** Gives back everything. */
  release(service: Readonly<KubeObject>): void {
    const own = this.#given.get(uidOf(service))
    this.#given.delete(uidOf(service))
    for (const address of own?.addresses ?? []) this.#addresses.release(address)
    for (const port of own?.ports ?? []) this.#ports.release(port)
  }

  #allocateAddress(service: KubeObject, own: Allocation, dryRun: boolean): void {
    const spec = service.spec as Spec
    const wanted: string | undefined = spec.clusterIPs?.[0]
    if (wanted === undefined) {
      const address = this.#addresses.takeAny()
      if (!address) throw internalError('failed to allocate a serviceIP: range is full')
      own.addresses.push(address)
      spec.clusterIP = address
      spec.clusterIPs = [address]
    } else if (!own.addresses.includes(wanted)) {
      if (dryRun) return
      if (!this.#addresses.take(wanted)) throw invalidService(service, [this.#refusal(wanted)])
      own.addresses.push(wanted)
    }
  }

  #refusal(address: string): FieldError {
    const { cidr } = this.#addresses
    const why =
      isIP(address) === 4 && this.#addresses.has(address)
        ? 'provided IP is already allocated'
        : `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${cidr}`
    return invalidValue('spec.clusterIPs', [address], `failed to allocate IP ${address}: ${why}`)
  }

  #port(service: KubeObject, wanted: number | undefined, field: string, own: Allocation): number {
    if (wanted && own.ports.includes(wanted)) return wanted
    if (wanted && !this.#ports.take(wanted)) {
      const why = this.#ports.has(wanted)
        ? 'provided port is already allocated'
        : 'provided port is not in the valid range. The range of valid ports is 30000-32767'
      throw invalidService(service, [invalidValue(field, wanted, why)])
    }
    const port = wanted || this.#ports.takeAny()
    if (port === undefined) throw internalError('failed to allocate a nodePort: range is full')
    own.ports.push(port)
    return port
  }
}

export const needsNodePorts = ({ type }: Spec): boolean => type === 'NodePort' || type === 'LoadBalancer'

const takesNodePorts = (spec: Spec): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)

export function invalidService(service: KubeObject, errors: FieldError[]): Error {
  return invalid({ group: '', kind: 'Service' }, service.metadata.name, errors)
}

const uidOf = ({ metadata }: Readonly<KubeObject>): string => metadata.uid ?? ''

function allocationOf({ spec = {} }: Readonly<KubeObject>): Allocation {
  const { clusterIPs = [], ports = [], healthCheckNodePort } = spec as Spec
  return {
    addresses: clusterIPs.filter((address: string) => address !== 'None'),
    ports: [...ports.map(({ nodePort }: Spec) => nodePort), healthCheckNodePort].filter(Boolean),
  }
}
