import {
  canonicalQuantity,
  labelNameErrors,
  parseQuantity,
  qualifiedNameErrors,
  subdomainNameErrors,
} from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { podUsage, type Usage } from '../quota/pod-usage.ts'
import { quotaText } from '../quota/quota-status.ts'
import type { TypeRules } from './check-types.ts'
import { podContainers } from './containers.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from './field-errors.ts'
import { internalStruct } from './internal-struct.ts'
import { podAnnotationErrors } from './pod-annotations.ts'
import { foreignSystem } from './pod-os.ts'
import { repeats } from './repeats.ts'
import { containerResources, podResources } from './resources.ts'
import { repeatedSpreads } from './scheduling.ts'
import { inRange, ipAddress, label, labels, oneOf, requiredText, subdomain, text } from './values.ts'
import { volumeNames } from './volumes.ts'

/** Pods and their templates (ValidatePodSpec and what is around it). */
export const podRules: TypeRules = {
  'core/v1.Pod': ({ spec }) => (spec ? ofPodsOnly(spec) : []),
  'core/v1.PodTemplateSpec': ({ metadata, spec }, at) => [
    // The path is Kubernetes'.
    ...labels(`${at}.labels`, metadata?.labels),
    ...Object.keys(metadata?.annotations ?? {}).flatMap((key) =>
      qualifiedNameErrors(key.toLowerCase()).map((why) => invalidValue(`${at}.annotations`, key, why)),
    ),
    ...podAnnotationErrors(metadata?.annotations, spec ?? {}, `${at}.annotations`),
    ...(spec?.ephemeralContainers?.length
      ? [forbiddenField(`${at}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ],
  'core/v1.PodSpec': podSpec,
  'core/v1.HostAlias': ({ ip, hostnames = [] }, at) => [
    ...ipAddress(`${at}.ip`, ip),
    ...hostnames.flatMap((name: string, index: number) =>
      subdomainNameErrors(name).map((why) => invalidValue(`${at}.hostnames[${index}]`, name, why)),
    ),
  ],
  'core/v1.PodReadinessGate': ({ conditionType }, at) =>
    qualifiedNameErrors(conditionType ?? '').map((why) => invalidValue(`${at}.conditionType`, conditionType, why)),
  'core/v1.PodOS': ({ name }, at) => {
    if (!name) return [required(`${at}.name`)]
    return ['linux', 'windows'].includes(name) ? [] : [notSupported(at, name, ['linux', 'windows'])]
  },
}

const POLICIES = ['PreemptLowerPriority', 'Never']

function podSpec(spec: Spec, at: string): FieldError[] {
  const { volumes = [], resourceClaims = [], securityContext } = spec
  return [
    ...volumeNames(volumes, `${at}.volumes`),
    ...claims(resourceClaims, `${at}.resourceClaims`),
    ...podContainers(spec, at),
    ...(spec.resources ? podLevel(spec, `${at}.resources`) : []),
    ...hostNetworkPorts(spec, `${at}.containers`),
    ...(spec.preemptionPolicy === undefined ? [] : oneOf(`${at}.preemptionPolicy`, spec.preemptionPolicy, POLICIES)),
    ...oneOf(`${at}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...oneOf(`${at}.dnsPolicy`, spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
    ...labels(`${at}.nodeSelector`, spec.nodeSelector),
    ...(spec.shareProcessNamespace && spec.hostPID
      ? [
          invalidValue(
            `${at}.securityContext.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...dnsErrors(spec, `${at}.dnsConfig`),
    ...gates(spec.schedulingGates ?? [], `${at}.schedulingGates`),
    ...repeatedSpreads(spec.topologySpreadConstraints ?? [], `${at}.topologySpreadConstraints`),
    ...(spec.hostUsers === false ? withoutHost({ ...securityContext, ...spec }, at) : []),
    ...subdomain(`${at}.serviceAccountName`, spec.serviceAccountName),
    ...subdomain(`${at}.nodeName`, spec.nodeName),
    ...inRange(`${at}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 1, 2_147_483_647),
    ...label(`${at}.hostname`, spec.hostname),
    ...label(`${at}.subdomain`, spec.subdomain),
    ...subdomain(`${at}.priorityClassName`, spec.priorityClassName),
    ...subdomain(`${at}.runtimeClassName`, spec.runtimeClassName),
    ...(spec.overhead ? containerResources({ limits: spec.overhead }, `${at}.overhead`) : []),
    ...hostSysctls(spec, `${at}.securityContext.sysctls`),
    ...foreignSystem(spec, at),
  ]
}

const OF_NETWORK = /^net[./]/
const OF_MESSAGES = /^(kernel[./](sem|msg|shm)|fs[./]mqueue[./])/

/** Settings of the kernel that would be the host's, as the pod shares its namespace. */
function hostSysctls({ securityContext, hostNetwork, hostIPC }: Spec, at: string): FieldError[] {
  const shared = (name: string) =>
    hostNetwork && OF_NETWORK.test(name) ? 'hostNetwork' : hostIPC && OF_MESSAGES.test(name) ? 'hostIPC' : undefined
  return ((securityContext?.sysctls ?? []) as Spec[]).flatMap(({ name = '' }, index) => {
    const field = shared(name)
    return field ? [invalidValue(`${at}[${index}].name`, name, `may not be specified when '${field}' is true`)] : []
  })
}

/** What a template may hold, but no pod. */
function ofPodsOnly(spec: Spec): FieldError[] {
  const images = (field: string) =>
    ((spec[field] ?? []) as Spec[]).flatMap(({ image = '' }, index) =>
      image.trim() === image
        ? []
        : [invalidValue(`spec.${field}[${index}].image`, image, 'must not have leading or trailing whitespace')],
    )
  return [...images('containers'), ...images('initContainers')]
}

/** What is said of the pod as a whole, and how it fits what its containers ask for (validatePodResourceConsistency). */
function podLevel(spec: Spec, at: string): FieldError[] {
  const { resources, os, containers = [] } = spec
  if (os?.name === 'windows') return [forbiddenField(at, 'may not be set for a windows pod')]
  const { requests, limits } = podUsage({ spec: { ...spec, resources: undefined, overhead: undefined } })
  const below = (part: 'requests' | 'limits', totals: Usage, counts: (name: string) => boolean) =>
    [...totals].flatMap(([name, total]) => {
      const own: string | undefined = resources[part]?.[name]
      if (own === undefined || !counts(name) || total <= parseQuantity(own)) return []
      const why = `must be greater than or equal to aggregate container ${part} of ${quotaText(name, total)}`
      return [invalidValue(`${at}.${part}[${name}]`, canonicalQuantity(own), why)]
    })
  return [
    ...podResources(resources, at),
    ...below('requests', requests, () => true),
    ...below('limits', limits, (name) => name.startsWith('hugepages-')),
    ...(containers as Spec[]).flatMap((container, index) =>
      Object.entries((container.resources?.limits ?? {}) as Record<string, string>).flatMap(([name, limit]) => {
        const most: string | undefined = resources.limits?.[name]
        if (most === undefined || parseQuantity(limit) <= parseQuantity(most)) return []
        const why = `must be less than or equal to pod limits of ${canonicalQuantity(most)}`
        return [invalidValue(`${at}.containers[${index}][${name}].limits`, canonicalQuantity(limit), why)]
      }),
    ),
  ]
}

function claims(list: Spec[], at: string): FieldError[] {
  const repeated = repeats(list, ({ name }) => name)
  return list.flatMap((claim, index) => {
    const field = `${at}[${index}]`
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    const choice = 'of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
    return [
      ...requiredText(`${field}.name`, name, labelNameErrors),
      ...(name && repeated[index] ? [duplicate(`${field}.name`, name)] : []),
      ...(resourceClaimName && resourceClaimTemplateName
        ? [invalidValue(field, internalStruct(claim, 'core.PodResourceClaim'), `at most one ${choice}`)]
        : []),
      ...(resourceClaimName || resourceClaimTemplateName
        ? []
        : [
            invalidValue(
              field,
              internalStruct(claim, 'core.PodResourceClaim'),
              'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
            ),
          ]),
      ...text(`${field}.resourceClaimName`, resourceClaimName, subdomainNameErrors),
      ...text(`${field}.resourceClaimTemplateName`, resourceClaimTemplateName, subdomainNameErrors),
    ]
  })
}

function hostNetworkPorts({ hostNetwork, containers = [] }: Spec, at: string): FieldError[] {
  if (!hostNetwork) return []
  return containers.flatMap(({ ports = [] }: Spec, container: number) =>
    ports.flatMap(({ hostPort, containerPort }: Spec, index: number) =>
      hostPort && hostPort !== containerPort
        ? [
            invalidValue(
              `${at}[${container}].ports[${index}].hostPort`,
              hostPort,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          ]
        : [],
    ),
  )
}

function dnsErrors({ dnsConfig, dnsPolicy }: Spec, at: string): FieldError[] {
  const { nameservers = [], searches = [], options = [] } = (dnsConfig ?? {}) as Spec
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if (nameservers.length === 0) {
      return [required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
    }
  }
  return [
    ...(nameservers.length > 3
      ? [invalidValue(`${at}.nameservers`, nameservers, 'must not have more than 3 nameservers')]
      : []),
    ...nameservers.flatMap((address: string, index: number) => ipAddress(`${at}.nameservers[${index}]`, address)),
    ...(searches.length > 32
      ? [invalidValue(`${at}.searches`, searches, 'must not have more than 32 search paths')]
      : []),
    ...(searches.join(' ').length > 2048
      ? [
          invalidValue(
            `${at}.searches`,
            searches,
            'must not have more than 2048 characters (including spaces) in the search list',
          ),
        ]
      : []),
    ...searches.flatMap((domain: string, index: number) => searchErrors(domain, `${at}.searches[${index}]`)),
    ...options.flatMap(({ name }: Spec, index: number) =>
      name ? [] : [required(`${at}.options[${index}]`, 'must not be empty')],
    ),
  ]
}

const SEARCH = /^_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/
const SEARCH_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')"

/** Domains that names are looked up in, which may have underscores (KEP-4427). */
function searchErrors(domain: string, field: string): FieldError[] {
  const name = domain.replace(/\.$/, '')
  return domain === '.' || SEARCH.test(name) ? [] : [invalidValue(field, name, SEARCH_TEXT)]
}

function gates(list: Spec[], at: string): FieldError[] {
  const repeated = repeats(list, ({ name }) => name)
  return list.flatMap(({ name = '' }, index) => [
    ...qualifiedNameErrors(name).map((why) => invalidValue(`${at}[${index}]`, name, why)),
    ...(repeated[index] ? [duplicate(`${at}[${index}]`, name)] : []),
  ])
}

/** Namespaces of the host, for a pod whose users are not the host's. */
function withoutHost(spec: Spec, at: string): FieldError[] {
  const why = 'when `hostUsers` is false'
  return [
    ...(spec.hostNetwork ? [forbiddenField(`${at}.hostNetwork`, why)] : []),
    ...(spec.hostPID ? [forbiddenField(`${at}.HostPID`, why)] : []),
    ...(spec.hostIPC ? [forbiddenField(`${at}.HostIPC`, why)] : []),
  ]
}
