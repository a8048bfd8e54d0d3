import { canonicalQuantity, parseQuantity } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { MOST_COMPARED, MOST_WARNINGS } from './rule.ts'

/** A container and where it is. */
export type Placed = readonly [container: Spec, at: string]

export function containersOf(spec: Spec, at: string): Placed[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((field) =>
    ((spec[field] ?? []) as Spec[]).map((container, index): Placed => [container, `${at}.${field}[${index}]`]),
  )
}

/** Half a byte can be asked for, but not had. */
export function byteWarnings(field: string, amounts: Spec | undefined, names: string[]): string[] {
  return names
    .filter((name) => amounts?.[name] !== undefined && parseQuantity(amounts[name]) % 1_000_000_000n !== 0n)
    .map((name) => {
      const shown = canonicalQuantity(amounts?.[name])
      return `${field}[${name}]: fractional byte value "${shown}" is invalid, must be an integer`
    })
}

/** A variable that is there twice, unless the later one is made of the earlier one. */
export function hiddenVariables(variables: Spec[] = [], at: string): string[] {
  const names = new Set<string>()
  return variables.flatMap(({ name, value = '', valueFrom }, index) => {
    if (!names.has(name)) {
      names.add(name)
      return []
    }
    const earlier = `$(${name})`
    if (!valueFrom && value !== earlier && value.includes(earlier)) return []
    return [`${at}.env[${index}]: hides previous definition of "${name}", which may be dropped when using apply`]
  })
}

/** Ports of one pod that stand in each other's way. */
export function portWarnings(containers: Placed[]): string[] {
  const known = new Map<string, { port: Spec; at: string }[]>()
  const warnings: string[] = []
  for (const { port, at } of portsOf(containers)) {
    if (warnings.length >= MOST_WARNINGS) break
    if (port.hostIP && !port.hostPort) warnings.push(`${at}: hostIP set without hostPort: ${goText(port)}`)
    const key = `${port.containerPort}/${port.protocol}`
    const others = known.get(key) ?? []
    for (const other of others) {
      const word = clash(port, other.port)
      if (word) warnings.push(`${at}: ${word} port definition with ${other.at}`)
    }
    if (others.length < MOST_COMPARED) others.push({ port, at })
    known.set(key, others)
  }
  return warnings
}

function clash(one: Spec, other: Spec): string | undefined {
  const [ip, otherIp] = [one.hostIP ?? '', other.hostIP ?? '']
  const [port, otherPort] = [one.hostPort ?? 0, other.hostPort ?? 0]
  if (ip === otherIp && port === otherPort) return 'duplicate'
  if (port === 0 || otherPort === 0) return 'overlapping'
  return port === otherPort && (ip === '') !== (otherIp === '') ? 'dangerously ambiguous' : undefined
}

/** Names that lead to the first of their ports only. */
export function portNameWarnings(containers: Placed[]): string[] {
  const known = new Map<string, string>()
  return portsOf(containers).flatMap(({ port, at }) => {
    if (!port.name) return []
    const first = known.get(port.name)
    if (!first) known.set(port.name, at)
    if (!first) return []
    return [
      `${at}: duplicate port name "${port.name}" with ${first}, services and probes that select ports by name will use ${first}`,
    ]
  })
}

const portsOf = (containers: Placed[]): { port: Spec; at: string }[] =>
  containers.flatMap(([{ ports = [] }, at]) =>
    (ports as Spec[]).map((port, index) => ({ port, at: `${at}.ports[${index}]` })),
  )

/** As Go prints the fields of a port. */
const goText = ({ name = '', hostPort = 0, containerPort, protocol, hostIP }: Spec): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
