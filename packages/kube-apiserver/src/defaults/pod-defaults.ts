import { POD_LEVEL, podUsage, type Usage } from '../quota/pod-usage.ts'
import { quotaText } from '../quota/quota-status.ts'
import { fill, type Spec } from './spec.ts'

const FILE_MODE = 0o644
const mode = (source: Spec): void => fill(source, { defaultMode: FILE_MODE })

/** What core/v1/defaults.go says of pods, their templates, and what is in them. */
export const podDefaults: Record<string, (struct: Spec) => void> = {
  'core/v1.Pod': pod,
  'core/v1.PodSpec': podSpec,
  'core/v1.PodStatus': podAddresses,
  'core/v1.Container': container,
  'core/v1.EphemeralContainer': container,
  'core/v1.Probe': (probe) =>
    fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }),
  'core/v1.GRPCAction': (action) => fill(action, { service: '' }),
  'core/v1.HTTPGetAction': (action) => fill(action, { path: '/', scheme: 'HTTP' }),
  'core/v1.ObjectFieldSelector': (selector) => fill(selector, { apiVersion: 'v1' }),
  'core/v1.Volume': volume,
  'core/v1.SecretVolumeSource': mode,
  'core/v1.ConfigMapVolumeSource': mode,
  'core/v1.DownwardAPIVolumeSource': mode,
  'core/v1.ProjectedVolumeSource': mode,
  'core/v1.HostPathVolumeSource': (source) => fill(source, { type: '' }),
  'core/v1.ServiceAccountTokenProjection': (source) => fill(source, { expirationSeconds: 3600 }),
  'core/v1.PersistentVolumeClaimSpec': (spec) => fill(spec, { volumeMode: 'Filesystem' }),
}

/** What only a pod itself gets, not a template: links to services, requests from limits, ports of the host. */
function pod({ spec }: Spec): void {
  if (!spec) return
  const containers: Spec[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  for (const { resources } of containers) {
    if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests }
  }
  if (spec.resources) podResources(spec)
  fill(spec, { enableServiceLinks: true })
  if (!spec.hostNetwork) return
  for (const { ports = [] } of containers) for (const port of ports) port.hostPort ||= port.containerPort
}

/** What features that are off by default in 1.34 left to say elsewhere: rules of restarts (ContainerRestartRules), images as volumes (ImageVolume). */
function dropDisabled(spec: Spec): void {
  // Only an init container may run beside the others.
  for (const one of spec.containers ?? []) if (one.restartPolicy !== undefined) delete one.restartPolicy
  for (const one of spec.initContainers ?? []) {
    if (one.restartPolicy !== undefined && one.restartPolicy !== 'Always') delete one.restartPolicy
  }
  const images = new Set(((spec.volumes ?? []) as Spec[]).filter(({ image }) => image).map(({ name }) => name))
  if (images.size === 0) return
  keep(spec, 'volumes', ({ image }) => !image)
  for (const list of [spec.containers, spec.initContainers, spec.ephemeralContainers] as (Spec[] | undefined)[]) {
    for (const container of list ?? []) keep(container, 'volumeMounts', ({ name }) => !images.has(name))
  }
}

/** Leaves out a list of which nothing is left. */
function keep(struct: Spec, field: string, isKept: (item: Spec) => boolean): void {
  const left = ((struct[field] ?? []) as Spec[]).filter(isKept)
  if (left.length > 0) struct[field] = left
  else delete struct[field]
}

/** Resources of the pod as a whole (KEP-2837): what it does not request is what its containers do, or what it is limited to. */
function podResources(spec: Spec): void {
  const { resources } = spec
  if (!resources.limits && !resources.requests) return
  const { requests, limits } = podUsage({ spec: { ...spec, overhead: undefined, resources: undefined } })
  for (const [name, amount] of ofPods(limits)) {
    if (!name.startsWith('hugepages-') || resources.requests?.[name] !== undefined) continue
    resources.limits = { [name]: quotaText(name, amount), ...resources.limits }
  }
  if (!resources.limits) return
  for (const [name, amount] of ofPods(requests)) {
    if (!name.startsWith('hugepages-')) resources.requests = { [name]: quotaText(name, amount), ...resources.requests }
  }
  for (const name of Object.keys(resources.limits).filter((one) => POD_LEVEL.test(one))) {
    resources.requests = { [name]: resources.limits[name], ...resources.requests }
  }
}

const ofPods = (usage: Usage) => [...usage].filter(([name]) => POD_LEVEL.test(name))

function podSpec(spec: Spec): void {
  dropDisabled(spec)
  fill(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
  })
  // The deprecated alias is kept equal for old clients (core/v1/conversion.go).
  const account = spec.serviceAccountName ?? spec.serviceAccount
  if (account) Object.assign(spec, { serviceAccountName: account, serviceAccount: account })
}

/** Whoever knows of one address only, as the first kubelets did, has it among all; where the two differ it counts (core/v1/conversion.go). */
function podAddresses(status: Spec): void {
  const first: string | undefined = status.podIPs?.[0]?.ip
  if (status.podIP && status.podIP !== first) status.podIPs = [{ ip: status.podIP }]
  else if (first && !status.podIP) status.podIP = first
}

function container(one: Spec): void {
  fill(one, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(one.image ?? ''),
  })
}

/** `latest`, or no tag at all, is pulled always; what a tag or digest pins, or is no reference, only when absent. */
function pullPolicy(image: string): string {
  if (image.includes('@') || image.includes('//')) return 'IfNotPresent'
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function volume(one: Spec): void {
  if (Object.keys(one).length === (one.name === undefined ? 0 : 1)) one.emptyDir = {}
  if (one.image) fill(one.image, { pullPolicy: pullPolicy(one.image.reference ?? '') })
}
