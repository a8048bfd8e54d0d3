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

/** What a write took until now, beside what its Service had before. */
interface Attempt {
  taken: Allocation
  held: Readonly<Allocation>
}

/** Which cluster IPs and node ports are given away. What a Service has is what is stored of it, and what its writers took for it. */
export class ServiceAllocations {
  readonly #addresses: AddressPool
  readonly #ports = new NumberPool(30_000, 2768)
  /** What was taken for a Service that is not stored yet: of several writers each has only its own to give back. */
  readonly #taken = new WeakMap<object, Allocation>()

  constructor(serviceCidr: string, existing: Iterable<Readonly<KubeObject>>) {
    this.#addresses = new AddressPool(serviceCidr)
    for (const service of existing) {
      const { addresses, ports } = allocationOf(service)
      for (const address of addresses) this.#addresses.take(address)
      for (const port of ports) this.#ports.take(port)
    }
  }

  /** Fills in what the Service's type needs beyond what it has. Throws 422 when it asks for what it cannot have. */
  allocate(service: KubeObject, current: Readonly<KubeObject> | undefined, dryRun: boolean): void {
    const spec = service.spec as Spec
    if (spec.type === 'ExternalName') return
    const taken: Allocation = { addresses: [], ports: [] }
    this.#taken.set(service, taken)
    const held = current ? allocationOf(current) : { addresses: [], ports: [] }
    // One that it has is changed by nobody, which is for validation to say (updateClusterIPs).
    const hasNone = !current || current.spec?.type === 'ExternalName'
    if (hasNone && spec.clusterIPs?.[0] !== 'None') this.#allocateAddress(service, { taken, held }, dryRun)
    const portOf = (wanted: number | undefined, field: string): number => {
      // Whether there is such a port, a dry run does not ask (portallocator's PortAllocationOperation).
      if (dryRun && wanted && !this.#ports.has(wanted)) return wanted
      return this.#port(service, { wanted, field }, { taken, held })
    }
    if (takesNodePorts(spec)) {
      for (const [index, port] of (spec.ports ?? []).entries()) {
        port.nodePort = portOf(port.nodePort, `spec.ports[${index}].nodePort`)
      }
    }
    if (needsHealthCheck(spec)) {
      spec.healthCheckNodePort = portOf(spec.healthCheckNodePort, 'spec.healthCheckNodePort')
    }
  }

  /** Gives back what was taken for a Service that was not made. */
  abandon(service: Readonly<KubeObject>): void {
    this.#release(this.#taken.get(service))
  }

  /** Gives back what an update took for `next`, or `current` had, and the Service, as it is stored now, does not hold. */
  settle(stored: Readonly<KubeObject>, next: Readonly<KubeObject>, current: Readonly<KubeObject>): void {
    const holds = allocationOf(stored)
    for (const had of [this.#taken.get(next), allocationOf(current)]) {
      this.#release({
        addresses: (had?.addresses ?? []).filter((address) => !holds.addresses.includes(address)),
        ports: (had?.ports ?? []).filter((port) => !holds.ports.includes(port)),
      })
    }
  }

  /** Gives back everything. */
  release(service: Readonly<KubeObject>): void {
    this.#release(allocationOf(service))
  }

  #release({ addresses, ports }: Allocation = { addresses: [], ports: [] }): void {
    for (const address of addresses) this.#addresses.release(address)
    for (const port of ports) this.#ports.release(port)
  }

  #allocateAddress(service: KubeObject, { taken, held }: Attempt, dryRun: boolean): void {
    const spec = service.spec as Spec
    const wanted: string | undefined = spec.clusterIPs?.[0]
    if (wanted === undefined) {
      const address = this.#addresses.takeAny()
      if (!address) throw internalError('failed to allocate a serviceIP: range is full')
      taken.addresses.push(address)
      spec.clusterIP = address
      spec.clusterIPs = [address]
    } else if (!held.addresses.includes(wanted)) {
      // Whether an address is free, a dry run does not ask (ipallocator's dryRun).
      if (dryRun) return
      if (!this.#addresses.take(wanted)) throw invalidService(service, [this.#refusal(wanted)])
      taken.addresses.push(wanted)
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

  #port(
    service: KubeObject,
    { wanted, field }: { wanted: number | undefined; field: string },
    { taken, held }: Attempt,
  ): number {
    if (wanted && (held.ports.includes(wanted) || taken.ports.includes(wanted))) return wanted
    if (wanted && !this.#ports.take(wanted)) {
      const why = this.#ports.has(wanted)
        ? 'provided port is already allocated'
        : 'provided port is not in the valid range. The range of valid ports is 30000-32767'
      throw invalidService(service, [invalidValue(field, wanted, why)])
    }
    const port = wanted || this.#ports.takeAny()
    if (port === undefined) throw internalError('failed to allocate a nodePort: range is full')
    taken.ports.push(port)
    return port
  }
}

export const needsNodePorts = ({ type }: Spec): boolean => type === 'NodePort' || type === 'LoadBalancer'

const takesNodePorts = (spec: Spec): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)

export function invalidService(service: KubeObject, errors: FieldError[]): Error {
  return invalid({ group: '', kind: 'Service' }, service.metadata.name, errors)
}

function allocationOf({ spec = {} }: Readonly<KubeObject>): Allocation {
  const { clusterIPs = [], ports = [], healthCheckNodePort } = spec as Spec
  return {
    addresses: clusterIPs.filter((address: string) => address !== 'None'),
    ports: [...ports.map(({ nodePort }: Spec) => nodePort), healthCheckNodePort].filter(Boolean),
  }
}
