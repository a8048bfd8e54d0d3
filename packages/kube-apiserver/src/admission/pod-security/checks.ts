import type { Spec } from '../../defaults/spec.ts'
import type { LevelVersion } from './policy.ts'

/** A pod, or the template of one. */
export interface PodLike {
  metadata?: Spec
  spec: Spec
}

/** What a check has against a pod. */
export interface Violation {
  reason: string
  detail: string
}

interface Check {
  level: 'baseline' | 'restricted'
  /** The minor version that began with it, and the first without it. */
  since: number
  until?: number
  /** Pods of Windows are not asked since this version. */
  linuxOnlySince?: number
  /** A check of the baseline that this one stands for. */
  replaces?: string
  find(pod: PodLike): Violation | undefined
}

/** What pods of a level may not have (the Pod Security Standards), by the name of the check and in the order of the answers. */
export function violationsOf(pod: PodLike, { level, minor }: LevelVersion): Violation[] {
  if (level === 'privileged') return []
  const isWindows = pod.spec.os?.name === 'windows'
  const current = Object.entries(CHECKS).filter(
    ([, { since, until, level: of }]) =>
      since <= minor && (until === undefined || minor < until) && (level === 'restricted' || of === 'baseline'),
  )
  const replaced = new Set(current.map(([, { replaces }]) => replaces))
  return current
    .filter(([name, { linuxOnlySince = Number.POSITIVE_INFINITY }]) => {
      return !replaced.has(name) && !(isWindows && minor >= linuxOnlySince)
    })
    .flatMap(([, check]) => check.find(pod) ?? [])
}

function containersOf({ spec }: PodLike): Spec[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
}

const quoted = (words: Iterable<string>): string => [...words].map((word) => `"${word}"`).join(', ')
const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort()
const plural = (count: number, one: string, more = `${one}s`): string => (count === 1 ? one : more)
const named = (containers: Spec[]): string =>
  `${plural(containers.length, 'container')} ${quoted(containers.map(({ name }) => name))}`

/** Values that containers set and may not: `of` gives those of one, which are told once each. */
function inContainers(pod: PodLike, of: (container: Spec) => string[]): { bad: Spec[]; values: string[] } {
  const bad = containersOf(pod).filter((container) => of(container).length > 0)
  return { bad, values: sorted(bad.flatMap(of)) }
}

/** The same of what a pod as a whole can set for its containers. */
function inContexts(pod: PodLike, of: (context: Spec) => string[]): { setters: string[]; values: string[] } {
  const own = of(pod.spec.securityContext ?? {})
  const { bad, values } = inContainers(pod, ({ securityContext }) => of(securityContext ?? {}))
  const setters = [...(own.length > 0 ? ['pod'] : []), ...(bad.length > 0 ? [named(bad)] : [])]
  return { setters, values: sorted([...own, ...values]) }
}

/** The containers that neither set something themselves nor have it from their pod. */
function without(pod: PodLike, isSet: (context: Spec) => boolean): Spec[] {
  if (isSet(pod.spec.securityContext ?? {})) return []
  return containersOf(pod).filter(({ securityContext }) => !isSet(securityContext ?? {}))
}

const CAPABILITIES = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
])

function capabilities(pod: PodLike): Violation | undefined {
  const { bad, values } = inContainers(pod, ({ securityContext }) =>
    (securityContext?.capabilities?.add ?? []).filter((one: string) => !CAPABILITIES.has(one)),
  )
  if (bad.length === 0) return undefined
  const detail = `${named(bad)} must not include ${quoted(values)} in securityContext.capabilities.add`
  return { reason: 'non-default capabilities', detail }
}

function fewCapabilities(pod: PodLike): Violation | undefined {
  const keeping = containersOf(pod).filter(
    ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'),
  )
  const { bad, values } = inContainers(pod, ({ securityContext }) =>
    (securityContext?.capabilities?.add ?? []).filter((one: string) => one !== 'NET_BIND_SERVICE'),
  )
  const details = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(bad.length > 0 ? [`${named(bad)} must not include ${quoted(values)} in securityContext.capabilities.add`] : []),
  ]
  return details.length > 0 ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined
}

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'

function appArmor(pod: PodLike): Violation | undefined {
  const { setters, values } = inContexts(pod, ({ appArmorProfile: profile }) =>
    profile && !['RuntimeDefault', 'Localhost'].includes(profile.type) ? [profile.type ?? ''] : [],
  )
  const annotations = Object.entries((pod.metadata?.annotations ?? {}) as Record<string, string>)
    .filter(([key, value]) => key.startsWith(APP_ARMOR) && !/^(runtime\/default$|localhost\/|$)/.test(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  if (annotations.length > 0) setters.push(plural(annotations.length, 'annotation'))
  if (setters.length === 0) return undefined
  const all = [...values, ...annotations]
  const detail = `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(all)}`
  return { reason: plural(all.length, 'forbidden AppArmor profile'), detail }
}

function hostNamespaces({ spec }: PodLike): Violation | undefined {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field]).map((field) => `${field}=true`)
  return shared.length > 0 ? { reason: 'host namespaces', detail: shared.join(', ') } : undefined
}

function hostPaths({ spec }: PodLike): Violation | undefined {
  const volumes = ((spec.volumes ?? []) as Spec[]).filter(({ hostPath }) => hostPath).map(({ name }) => name)
  if (volumes.length === 0) return undefined
  return { reason: 'hostPath volumes', detail: `${plural(volumes.length, 'volume')} ${quoted(volumes)}` }
}

function hostPorts(pod: PodLike): Violation | undefined {
  const { bad, values } = inContainers(pod, ({ ports = [] }) =>
    ports.flatMap(({ hostPort }: Spec) => (hostPort ? [String(hostPort)] : [])),
  )
  if (bad.length === 0) return undefined
  const uses = `${plural(bad.length, 'uses', 'use')} ${plural(values.length, 'hostPort')}`
  return { reason: 'hostPort', detail: `${named(bad)} ${uses} ${values.join(', ')}` }
}

const HANDLERS = ['livenessProbe', 'readinessProbe', 'startupProbe']

function probedHosts(pod: PodLike): Violation | undefined {
  const { bad, values } = inContainers(pod, (container) =>
    [
      ...HANDLERS.map((probe) => container[probe]),
      container.lifecycle?.postStart,
      container.lifecycle?.preStop,
    ].flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host].filter(Boolean)),
  )
  if (bad.length === 0) return undefined
  const names = sorted(bad.map(({ name }) => name))
  const uses = `${plural(bad.length, 'uses', 'use')} ${plural(values.length, 'probe or lifecycle host')}`
  const detail = `${plural(bad.length, 'container')} ${quoted(names)} ${uses} ${quoted(values)}`
  return { reason: 'probe or lifecycle host', detail }
}

function privileged(pod: PodLike): Violation | undefined {
  const bad = containersOf(pod).filter(({ securityContext }) => securityContext?.privileged)
  if (bad.length === 0) return undefined
  return { reason: 'privileged', detail: `${named(bad)} must not set securityContext.privileged=true` }
}

function procMount(pod: PodLike): Violation | undefined {
  const { bad, values } = inContainers(pod, ({ securityContext }) => {
    const mount = securityContext?.procMount
    return mount === undefined || mount === 'Default' ? [] : [mount]
  })
  if (bad.length === 0) return undefined
  return { reason: 'procMount', detail: `${named(bad)} must not set securityContext.procMount to ${quoted(values)}` }
}

const SE_LINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t']

const seLinux =
  (types: string[]): Check['find'] =>
  (pod) => {
    const wrongTypes = ({ type = '' }: Spec): string[] => (types.includes(type) ? [] : [type])
    const used = (field: 'user' | 'role') =>
      inContexts(pod, ({ seLinuxOptions }) => (seLinuxOptions?.[field] ? [field] : []))
    const { setters } = inContexts(pod, ({ seLinuxOptions: options }) =>
      options && (wrongTypes(options).length > 0 || options.user || options.role) ? ['set'] : [],
    )
    if (setters.length === 0) return undefined
    const { values } = inContexts(pod, ({ seLinuxOptions: options }) => (options ? wrongTypes(options) : []))
    const data = [
      ...(values.length > 0 ? [`${plural(values.length, 'type')} ${quoted(values)}`] : []),
      ...(used('user').setters.length > 0 ? ['user may not be set'] : []),
      ...(used('role').setters.length > 0 ? ['role may not be set'] : []),
    ]
    const detail = `${setters.join(' and ')} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`
    return { reason: 'seLinuxOptions', detail }
  }

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/'
const KNOWN_SECCOMP = ['RuntimeDefault', 'Localhost']
const PROFILE = 'securityContext.seccompProfile.type'

function seccompAnnotations(pod: PodLike): Violation | undefined {
  const annotations: Record<string, string> = pod.metadata?.annotations ?? {}
  const keys = [`${SECCOMP}pod`, ...containersOf(pod).map(({ name }) => `container.${SECCOMP}${name}`)]
  const bad = keys.filter((key) => {
    const value = annotations[key]
    return value !== undefined && !/^((runtime|docker)\/default$|localhost\/)/.test(value)
  })
  if (bad.length === 0) return undefined
  const list = sorted(bad.map((key) => `${key}=${JSON.stringify(annotations[key])}`))
  return { reason: 'seccompProfile', detail: `forbidden ${plural(list.length, 'annotation')} ${list.join(', ')}` }
}

function seccomp(pod: PodLike): Violation | undefined {
  const { setters, values } = inContexts(pod, ({ seccompProfile: profile }) =>
    profile && !KNOWN_SECCOMP.includes(profile.type) ? [profile.type ?? ''] : [],
  )
  if (setters.length === 0) return undefined
  return { reason: 'seccompProfile', detail: `${setters.join(' and ')} must not set ${PROFILE} to ${quoted(values)}` }
}

function someSeccomp(pod: PodLike): Violation | undefined {
  const wrong = seccomp(pod)
  const silent = without(pod, ({ seccompProfile }) => seccompProfile !== undefined)
  if (wrong || silent.length === 0) return wrong
  const detail = `pod or ${named(silent)} must set ${PROFILE} to "RuntimeDefault" or "Localhost"`
  return { reason: 'seccompProfile', detail }
}

const SYSCTLS = [
  ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies'],
  ...['net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start'],
]
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports']
const SYSCTLS_29 = [
  ...[...SYSCTLS_27, 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl'],
  'net.ipv4.tcp_keepalive_probes',
]
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

const sysctls =
  (allowed: string[]): Check['find'] =>
  ({ spec }) => {
    const bad = ((spec.securityContext?.sysctls ?? []) as Spec[]).filter(({ name }) => !allowed.includes(name))
    if (bad.length === 0) return undefined
    return { reason: 'forbidden sysctls', detail: bad.map(({ name }) => name).join(', ') }
  }

function hostProcess(pod: PodLike): Violation | undefined {
  const { setters } = inContexts(pod, ({ windowsOptions }) => (windowsOptions?.hostProcess ? ['set'] : []))
  if (setters.length === 0) return undefined
  const detail = `${setters.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true`
  return { reason: 'hostProcess', detail }
}

function escalation(pod: PodLike): Violation | undefined {
  const bad = containersOf(pod).filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  const detail = `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`
  return { reason: 'allowPrivilegeEscalation != false', detail }
}

const HARMLESS = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected'],
  'secret',
]

function volumeTypes({ spec }: PodLike): Violation | undefined {
  const bad = ((spec.volumes ?? []) as Spec[]).filter((volume) => !HARMLESS.some((source) => volume[source]))
  if (bad.length === 0) return undefined
  const typeOf = ({ name: _, ...volume }: Spec): string => Object.keys(volume).find((key) => volume[key]) ?? 'unknown'
  const types = sorted(bad.map(typeOf))
  const uses = `${plural(bad.length, 'uses', 'use')} ${plural(types.length, 'restricted volume type')}`
  const volumes = `${plural(bad.length, 'volume')} ${quoted(bad.map(({ name }) => name))}`
  return { reason: 'restricted volume types', detail: `${volumes} ${uses} ${quoted(types)}` }
}

function runAsNonRoot(pod: PodLike): Violation | undefined {
  const reason = 'runAsNonRoot != true'
  const { setters } = inContexts(pod, (context) => (context.runAsNonRoot === false ? ['false'] : []))
  if (setters.length > 0) {
    return { reason, detail: `${setters.join(' and ')} must not set securityContext.runAsNonRoot=false` }
  }
  const silent = without(pod, (context) => context.runAsNonRoot === true)
  if (silent.length === 0) return undefined
  return { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` }
}

function runAsUser(pod: PodLike): Violation | undefined {
  const { setters } = inContexts(pod, (context) => (context.runAsUser === 0 ? ['0'] : []))
  if (setters.length === 0) return undefined
  return { reason: 'runAsUser=0', detail: `${setters.join(' and ')} must not set runAsUser=0` }
}

const baseline = (since: number, find: Check['find'], until?: number): Check => ({
  level: 'baseline',
  since,
  find,
  ...(until !== undefined && { until }),
})
const restricted = (since: number, find: Check['find'], more: Partial<Check> = {}): Check => ({
  level: 'restricted',
  since,
  find,
  ...more,
})

/** In the order of Kubernetes' names for them, the baseline first. */
const CHECKS: Record<string, Check> = {
  appArmorProfile: baseline(0, appArmor),
  capabilities_baseline: baseline(0, capabilities),
  hostNamespaces: baseline(0, hostNamespaces),
  hostPathVolumes: baseline(0, hostPaths),
  hostPorts: baseline(0, hostPorts),
  hostProbesAndHostLifecycle: baseline(34, probedHosts),
  privileged: baseline(0, privileged),
  procMount: baseline(0, procMount),
  seLinuxOptions: baseline(0, seLinux(SE_LINUX_TYPES), 31),
  seLinuxOptions_31: baseline(31, seLinux([...SE_LINUX_TYPES, 'container_engine_t'])),
  seccompProfile_annotations: baseline(0, seccompAnnotations, 19),
  seccompProfile_baseline: baseline(19, seccomp),
  sysctls: baseline(0, sysctls(SYSCTLS), 27),
  sysctls_27: baseline(27, sysctls(SYSCTLS_27), 29),
  sysctls_29: baseline(29, sysctls(SYSCTLS_29), 32),
  sysctls_32: baseline(32, sysctls(SYSCTLS_32)),
  windowsHostProcess: baseline(0, hostProcess),
  allowPrivilegeEscalation: restricted(8, escalation, { linuxOnlySince: 25 }),
  capabilities_restricted: restricted(22, fewCapabilities, { linuxOnlySince: 25, replaces: 'capabilities_baseline' }),
  restrictedVolumes: restricted(0, volumeTypes, { replaces: 'hostPathVolumes' }),
  runAsNonRoot: restricted(0, runAsNonRoot),
  runAsUser: restricted(23, runAsUser),
  seccompProfile_restricted: restricted(19, someSeccomp, { linuxOnlySince: 25, replaces: 'seccompProfile_baseline' }),
}
