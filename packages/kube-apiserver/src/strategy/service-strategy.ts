import { isIP } from 'node:net'
import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { forbiddenField, invalidValue } from '../validation/field-errors.ts'
import { families, isExternal, needsHealthCheck } from '../validation/services.ts'
import { invalidService, needsNodePorts, ServiceAllocations } from './service-allocations.ts'
import type { Strategy } from './strategy.ts'

/** Services: addresses and ports are given with the type that needs them, and given back with it. */
export function serviceStrategy(serviceCidr: string, existing: Iterable<Readonly<KubeObject>>): Strategy {
  const allocations = new ServiceAllocations(serviceCidr, existing)
  return {
    prepareCreate(service, { dryRun }) {
      const spec = service.spec as Spec
      if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
      fillFamilies(service, undefined)
      allocations.allocate(service, undefined, dryRun)
    },
    prepareUpdate(next, current, { subresource, dryRun }) {
      if (subresource) return
      const [spec, before] = [next.spec as Spec, current.spec as Spec]
      keepAllocated(spec, before)
      followAddress(spec, before)
      fillFamilies(next, before)
      allocations.allocate(next, current, dryRun)
      dropUnused(spec, before)
      if (spec.type !== 'LoadBalancer' && next.status?.loadBalancer) next.status.loadBalancer = {}
    },
    validateUpdate: (next, current, { subresource }) => (subresource ? [] : changes(next.spec, current.spec)),
    abandoned: (service) => allocations.abandon(service),
    settled: (stored, { next, current }) => allocations.settle(stored, next, current),
    released: (service) => allocations.release(service),
    returnsDeleted: true,
    createsOnUpdate: true,
  }
}

const needsAddress = ({ type }: Spec): boolean => type !== 'ExternalName'

/** A client that leaves out what was given means what is there (patchAllocatedValues). */
function keepAllocated(spec: Spec, before: Spec): void {
  if (needsAddress(spec) && needsAddress(before)) {
    if (!spec.clusterIP) spec.clusterIP = before.clusterIP
    if (!spec.clusterIPs?.length && spec.clusterIP === before.clusterIP) spec.clusterIPs = before.clusterIPs
  }
  if (needsNodePorts(spec) && needsNodePorts(before)) keepNodePorts(spec.ports ?? [], before.ports ?? [])
  if (needsHealthCheck(spec) && needsHealthCheck(before)) spec.healthCheckNodePort ||= before.healthCheckNodePort
}

function keepNodePorts(ports: Spec[], before: Spec[]): void {
  const used = new Set(
    before.map(({ nodePort }) => nodePort).filter((port) => ports.some((one) => one.nodePort === port)),
  )
  for (const port of ports) {
    const kept = before.find(({ name }) => (name ?? '') === (port.name ?? ''))?.nodePort
    if (port.nodePort || !kept || used.has(kept)) continue
    port.nodePort = kept
    used.add(kept)
  }
}

/** clusterIP and clusterIPs say the same: who changes one means both (normalizeClusterIPs). */
function followAddress(spec: Spec, before: Spec): void {
  const same = equalJson(spec.clusterIPs ?? [], before.clusterIPs ?? [])
  if (spec.clusterIP === before.clusterIP) {
    if (!spec.clusterIPs?.length && before.clusterIPs) spec.clusterIPs = before.clusterIPs
  } else if (!spec.clusterIP) {
    if (same) delete spec.clusterIPs
  } else if (same) spec.clusterIPs = [spec.clusterIP]
}

const POLICY = 'spec.ipFamilyPolicy'

/** Which families of addresses a Service has: this cluster has IPv4 only (initIPFamilyFields). */
function fillFamilies(service: KubeObject, before: Spec | undefined): void {
  const spec = service.spec as Spec
  if (!needsAddress(spec)) return
  const open = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0
  spec.ipFamilyPolicy ??= before?.ipFamilyPolicy ?? (open ? 'RequireDualStack' : 'SingleStack')
  const malformed = families(spec, 'spec')
  if (malformed.length > 0) throw invalidService(service, malformed)
  const addresses: string[] = spec.clusterIPs ?? []
  const errors = addresses
    .map((address, index) => ({ address, index }))
    .filter(({ address, index }) => isIP(address) === 6 && index >= (spec.ipFamilies?.length ?? 0))
    .map(({ index }) => invalidValue(`spec.clusterIPs[${index}]`, addresses, 'IPv6 is not configured on this cluster'))
  if (spec.ipFamilyPolicy === 'SingleStack' && spec.ipFamilies?.length === 2) {
    const why = "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"
    errors.push(invalidValue(POLICY, spec.ipFamilyPolicy, why))
  }
  if (errors.length > 0) throw invalidService(service, errors)
  if (open) {
    spec.ipFamilies ??= ['IPv4']
    // What leads nowhere by itself may lead to addresses of both families.
    if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== 'SingleStack') {
      spec.ipFamilies = [...spec.ipFamilies, spec.ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4']
    }
    return
  }
  const unconfigured = notConfigured(spec)
  if (unconfigured.length > 0) throw invalidService(service, unconfigured)
  spec.ipFamilies ??= ['IPv4']
}

function notConfigured({ ipFamilyPolicy, ipFamilies = [] }: Spec): FieldError[] {
  return [
    ...(ipFamilyPolicy === 'RequireDualStack'
      ? [invalidValue(POLICY, ipFamilyPolicy, 'this cluster is not configured for dual-stack services')]
      : []),
    ...ipFamilies.flatMap((family: string, index: number) =>
      family === 'IPv6' ? [invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')] : [],
    ),
  ]
}

/** What only the old type needed, and the client did not change (dropTypeDependentFields). */
function dropUnused(spec: Spec, before: Spec): void {
  const dropSame = (...fields: string[]) => {
    for (const field of fields) if (equalJson(spec[field] ?? null, before[field] ?? null)) delete spec[field]
  }
  if (needsAddress(before) && !needsAddress(spec)) dropSame('clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy')
  if (needsNodePorts(before) && !needsNodePorts(spec)) {
    const had = new Set((before.ports ?? []).map(({ nodePort }: Spec) => nodePort))
    const ports: Spec[] = spec.ports ?? []
    if (ports.every(({ nodePort }) => !nodePort || had.has(nodePort))) for (const port of ports) delete port.nodePort
  }
  if (needsHealthCheck(before) && !needsHealthCheck(spec)) dropSame('healthCheckNodePort')
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    dropSame('allocateLoadBalancerNodePorts', 'loadBalancerClass')
  }
  if (isExternal(before) && !isExternal(spec)) dropSame('externalTrafficPolicy')
}

function changes(next: Spec, current: Spec): FieldError[] {
  const errors: FieldError[] = []
  const headless = (spec: Spec) => spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None'
  if (needsAddress(next) && needsAddress(current) && !(headless(next) && headless(current))) {
    const addresses: string[] = next.clusterIPs ?? []
    for (const [index, address] of ((current.clusterIPs ?? []) as string[]).entries()) {
      if (address === addresses[index]) continue
      const why = addresses.length === 0 ? 'primary clusterIP can not be unset' : 'may not change once set'
      errors.push(invalidValue(`spec.clusterIPs[${index}]`, addresses, why))
    }
  }
  const balanced = next.type === 'LoadBalancer' && current.type === 'LoadBalancer'
  if (balanced && next.loadBalancerClass !== current.loadBalancerClass) {
    errors.push(invalidValue('spec.loadBalancerClass', next.loadBalancerClass, 'may not change once set'))
  }
  const checked = needsHealthCheck(next) && needsHealthCheck(current)
  if (checked && next.healthCheckNodePort !== current.healthCheckNodePort) {
    errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'))
  }
  return errors
}
