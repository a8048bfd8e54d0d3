import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { compareVersions } from '../registry/version-order.ts'

/** What an APIService says of one version of a group. */
export interface ApiService {
  name: string
  group: string
  version: string
  groupPriority: number
  versionPriority: number
  /** The server behind it; absent = this one. */
  backing?: { namespace: string; name: string; port: number; ca?: string; insecure: boolean }
  /** Whether the server behind it answered when it was asked last. */
  available: boolean
}

export function readApiService({ metadata, spec, status }: Readonly<KubeObject>): ApiService {
  const {
    group = '',
    version,
    groupPriorityMinimum,
    versionPriority,
    service,
    caBundle,
    insecureSkipTLSVerify,
  } = spec as Spec
  const condition = availability(status)
  return {
    name: metadata.name,
    group,
    version,
    groupPriority: groupPriorityMinimum ?? 0,
    versionPriority: versionPriority ?? 0,
    ...(service && {
      backing: {
        namespace: service.namespace,
        name: service.name,
        port: service.port ?? 443,
        insecure: insecureSkipTLSVerify === true,
        ...(caBundle && { ca: Buffer.from(caBundle, 'base64').toString() }),
      },
    }),
    available: condition?.status === 'True',
  }
}

/** The condition that says whether the API is there. */
export function availability(status: Spec | undefined): Spec | undefined {
  return ((status?.conditions ?? []) as Spec[]).find(({ type }) => type === 'Available')
}

type Priorities = Pick<ApiService, 'group' | 'version' | 'groupPriority' | 'versionPriority'>

/** How Kubernetes 1.34 ranks its own groups (pkg/controlplane/apiserver/aggregator.go). */
const GROUPS: Record<string, number> = {
  // Has no APIService, and comes first.
  'apiregistration.k8s.io': 20_000,
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'resource.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
}

/** Of those whose first version does not have 15. */
const VERSIONS: Record<string, number> = {
  'v1.': 1,
  'v2.autoscaling': 30,
  'v1.flowcontrol.apiserver.k8s.io': 21,
  'v1.resource.k8s.io': 21,
}

/** Where a group version of this server itself stands; custom resources come after Kubernetes' own. */
export function localPriorities(group: string, version: string): Priorities {
  const groupPriority = GROUPS[group]
  if (groupPriority === undefined) return { group, version, groupPriority: 1000, versionPriority: 100 }
  return { group, version, groupPriority, versionPriority: VERSIONS[`${version}.${group}`] ?? 15 }
}

/** Groups in the order of discovery, their versions the preferred one first: of one priority, the one that is most stable. */
export function byPriority(services: Priorities[]): { name: string; versions: string[] }[] {
  const groups = new Map<string, Priorities[]>()
  for (const service of services) groups.set(service.group, [...(groups.get(service.group) ?? []), service])
  const rank = (members: Priorities[]) => Math.max(...members.map(({ groupPriority }) => groupPriority))
  return [...groups]
    .toSorted(([a, left], [b, right]) => rank(right) - rank(left) || (a < b ? -1 : 1))
    .map(([name, members]) => ({
      name,
      versions: members.toSorted(byVersion).map(({ version }) => version),
    }))
}

const byVersion = (a: Priorities, b: Priorities): number =>
  b.versionPriority - a.versionPriority || compareVersions(a.version, b.version)
