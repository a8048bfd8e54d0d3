import type { Spec } from '../defaults/spec.ts'
import { appArmorWarnings } from '../strategy/app-armor.ts'
import { addressWarnings } from './addresses.ts'
import {
  byteWarnings,
  containersOf,
  hiddenVariables,
  type Placed,
  portNameWarnings,
  portWarnings,
} from './container-warnings.ts'
import { labelKeyWarnings, labelWarnings, nodeTermWarnings } from './node-labels.ts'
import { pathWarnings, volumeWarnings } from './volume-warnings.ts'

const BYTES = ['memory', 'ephemeral-storage']
const SYSCTLS = 'non-functional in v1.11+; use the "sysctls" field instead'
const SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead'
const NO_POD = 'a null labelSelector results in matching no pod'
const ANNOTATIONS: ReadonlyMap<string, string> = new Map([
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', SYSCTLS],
  ['security.alpha.kubernetes.io/unsafe-sysctls', SYSCTLS],
])

/** What a pod, or the template of one at `path`, may have but better had not (api/pod's GetWarningsForPod). */
export function podWarnings(pod: Spec | undefined, path = ''): string[] {
  const spec = pod?.spec as Spec | undefined
  if (!spec) return []
  const prefix = path && `${path}.`
  const at = `${prefix}spec`
  const containers = containersOf(spec, at)
  const each = (field: string, warn: (item: Spec, at: string) => string[]): string[] =>
    ((spec[field] ?? []) as Spec[]).flatMap((item, index) => warn(item, `${at}.${field}[${index}]`))
  return [
    ...labelWarnings(Object.keys(spec.nodeSelector ?? {}), (label) => `${at}.nodeSelector[${label}]`),
    ...(spec.affinity?.nodeAffinity ? nodeAffinity(spec.affinity.nodeAffinity, `${at}.affinity.nodeAffinity`) : []),
    ...each('topologySpreadConstraints', ({ topologyKey, labelSelector }, field) => [
      ...labelKeyWarnings(`${field}.topologyKey`, topologyKey),
      ...(labelSelector ? [] : [`${field}.labelSelector: ${NO_POD}`]),
    ]),
    ...annotations(pod?.metadata?.annotations ?? {}, `${prefix}metadata.annotations`),
    ...each('volumes', volumeWarnings),
    ...((spec.volumes ?? []) as Spec[]).flatMap(pathWarnings),
    ...repeated(spec.hostAliases, `${at}.hostAliases`, 'ip'),
    ...repeated(spec.imagePullSecrets, `${at}.imagePullSecrets`, 'name'),
    ...each('imagePullSecrets', ({ name }, field) => (name ? [] : [`${field}.name: invalid empty name ""`])),
    ...byteWarnings(`${at}.overhead`, spec.overhead, BYTES),
    ...profiles(pod as Spec, containers, prefix),
    ...portWarnings(containers),
    ...portNameWarnings(containers),
    ...(spec.terminationGracePeriodSeconds < 0
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...['podAffinity', 'podAntiAffinity'].flatMap((kind) =>
      podAffinity(spec.affinity?.[kind] ?? {}, `${at}.affinity.${kind}`),
    ),
    ...((spec.dnsConfig?.nameservers ?? []) as string[]).flatMap((server, index) =>
      addressWarnings(`${at}.dnsConfig.nameservers[${index}]`, server),
    ),
    ...each('hostAliases', ({ ip }, field) => addressWarnings(`${field}.ip`, ip)),
  ]
}

function nodeAffinity(affinity: Spec, at: string): string[] {
  const required = `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`
  const preferred = `${at}.preferredDuringSchedulingIgnoredDuringExecution`
  const terms: Spec[] = affinity.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const wishes: Spec[] = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return [
    ...terms.flatMap((term, index) => nodeTermWarnings(term, `${required}[${index}]`)),
    ...wishes.flatMap(({ preference }, index) =>
      nodeTermWarnings(preference, `${preferred}[${index}].preference`, { values: true }),
    ),
  ]
}

function podAffinity(affinity: Spec, at: string): string[] {
  const terms: Spec[] = affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []
  const wishes: Spec[] = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const warnOf = (field: string) => (term: Spec | undefined, index: number) =>
    term?.labelSelector ? [] : [`${at}.${field.replace('#', `[${index}]`)}.labelSelector: ${NO_POD}`]
  return [
    ...terms.flatMap(warnOf('requiredDuringSchedulingIgnoredDuringExecution#')),
    ...wishes
      .map(({ podAffinityTerm }) => podAffinityTerm)
      .flatMap(warnOf('preferredDuringSchedulingIgnoredDuringExecution#.podAffinityTerm')),
  ]
}

const annotations = (own: Spec, at: string): string[] =>
  [...ANNOTATIONS].filter(([key]) => own[key] !== undefined).map(([key, why]) => `${at}[${key}]: ${why}`)

function repeated(items: Spec[] = [], at: string, key: string): string[] {
  const known = new Set<string>()
  return items.flatMap(({ [key]: value = '' }, index) => {
    const again = known.has(value)
    known.add(value)
    return again ? [`${at}[${index}].${key}: duplicate ${key} "${value}"`] : []
  })
}

/** Annotations that were there before the fields, and what is to say of each container. */
function profiles({ metadata, spec }: Spec, containers: Placed[], prefix: string): string[] {
  const own: Spec = metadata?.annotations ?? {}
  const told = (key: string, why: string) =>
    own[key] === undefined ? [] : [`${prefix}metadata.annotations[${key}]: ${why}`]
  return [
    ...(spec.securityContext?.seccompProfile ? [] : told('seccomp.security.alpha.kubernetes.io/pod', SECCOMP)),
    // Of pods it is told as their fields are filled in.
    ...(prefix
      ? appArmorWarnings(
          { metadata, spec },
          containers.map(([container]) => container),
          prefix,
        )
      : []),
    ...containers.flatMap(([{ name, securityContext, resources, env }, at]) => [
      ...(securityContext?.seccompProfile
        ? []
        : told(`container.seccomp.security.alpha.kubernetes.io/${name}`, SECCOMP)),
      ...byteWarnings(`${at}.resources.limits`, resources?.limits, ['memory']),
      ...byteWarnings(`${at}.resources.requests`, resources?.requests, ['memory']),
      ...byteWarnings(`${at}.resources.limits`, resources?.limits, ['ephemeral-storage']),
      ...byteWarnings(`${at}.resources.requests`, resources?.requests, ['ephemeral-storage']),
      ...hiddenVariables(env, at),
    ]),
  ]
}
