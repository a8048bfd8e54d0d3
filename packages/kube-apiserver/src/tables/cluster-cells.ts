import type { KubeObject } from '@slipway/kube-objects'
import { availability } from '../aggregation/api-service.ts'
import type { Spec } from '../defaults/spec.ts'
import type { Cell, CellMaker } from './cells.ts'
import { age } from './duration.ts'

type View = Readonly<KubeObject>

function node({ metadata, spec = {}, status = {} }: View): Record<string, Cell> {
  const ready = (status.conditions ?? []).find((one: { type: string }) => one.type === 'Ready')
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  const roles = Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith('node-role.kubernetes.io/'))
    .map((label) => label.slice('node-role.kubernetes.io/'.length))
  const address = (type: string) =>
    (status.addresses ?? []).find((one: { type: string }) => one.type === type)?.address ?? '<none>'
  const info = status.nodeInfo ?? {}
  return {
    Status: spec.unschedulable ? `${state},SchedulingDisabled` : state,
    Roles: roles.toSorted().join(',') || '<none>',
    Version: info.kubeletVersion ?? '',
    'Internal-IP': address('InternalIP'),
    'External-IP': address('ExternalIP'),
    'OS-Image': info.osImage || '<unknown>',
    'Kernel-Version': info.kernelVersion || '<unknown>',
    'Container-Runtime': info.containerRuntimeVersion || '<unknown>',
  }
}

/** Core events and events.k8s.io name the same things differently. */
function event(object: View, now: number): Record<string, Cell> {
  const about = object.involvedObject ?? object.regarding ?? {}
  const first = object.firstTimestamp ?? object.deprecatedFirstTimestamp ?? object.eventTime
  const count = object.series?.count ?? object.count ?? object.deprecatedCount ?? 1
  const last = object.series?.lastObservedTime ?? object.lastTimestamp ?? object.deprecatedLastTimestamp ?? first
  const source = object.source ?? object.deprecatedSource ?? {}
  const component = source.component || object.reportingComponent || object.reportingController || ''
  return {
    'Last Seen': age(last ?? object.metadata.creationTimestamp, now),
    'First Seen': age(first ?? object.metadata.creationTimestamp, now),
    Type: object.type ?? '',
    Reason: object.reason ?? '',
    Object: about.kind ? `${String(about.kind).toLowerCase()}/${about.name}` : (about.name ?? ''),
    Subobject: about.fieldPath ?? '',
    Source: [component, source.host || object.reportingInstance].filter(Boolean).join(', '),
    Message: String(object.message ?? object.note ?? '').trim(),
    Count: count,
  }
}

const count = (map: object | undefined) => Object.keys(map ?? {}).length

const binding: CellMaker = ({ roleRef, subjects }) => {
  const of = (kind: string) =>
    (subjects ?? [])
      .filter((one: { kind: string }) => one.kind === kind)
      .map(({ namespace, name }: { namespace?: string; name: string }) =>
        namespace && kind === 'ServiceAccount' ? `${namespace}/${name}` : name,
      )
      .join(', ')
  return {
    Role: `${roleRef?.kind}/${roleRef?.name}`,
    Users: of('User'),
    Groups: of('Group'),
    ServiceAccounts: of('ServiceAccount'),
  }
}

/** Namespaces, nodes, configuration and access. */
export const clusterCells: Record<string, CellMaker> = {
  '/nodes': node,
  '/events': event,
  'events.k8s.io/events': event,
  '/namespaces': ({ status = {} }) => ({ Status: status.phase ?? '' }),
  '/configmaps': ({ data, binaryData }) => ({ Data: count(data) + count(binaryData) }),
  '/secrets': ({ type, data }) => ({ Type: type ?? '', Data: count(data) }),
  '/serviceaccounts': ({ secrets }) => ({ Secrets: secrets?.length ?? 0 }),
  'rbac.authorization.k8s.io/rolebindings': binding,
  'rbac.authorization.k8s.io/clusterrolebindings': binding,
  'coordination.k8s.io/leases': ({ spec = {} }) => ({ Holder: spec.holderIdentity ?? '' }),
  'policy/poddisruptionbudgets': ({ spec = {}, status = {} }) => ({
    'Min Available': String(spec.minAvailable ?? 'N/A'),
    'Max Unavailable': String(spec.maxUnavailable ?? 'N/A'),
    'Allowed Disruptions': status.disruptionsAllowed ?? 0,
  }),
  'scheduling.k8s.io/priorityclasses': ({ value, globalDefault, preemptionPolicy }) => ({
    Value: value ?? 0,
    'Global-Default': globalDefault ?? false,
    PreemptionPolicy: preemptionPolicy ?? 'PreemptLowerPriority',
  }),
  'apiregistration.k8s.io/apiservices': ({ spec = {}, status }) => ({
    Service: spec.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local',
    Available: availabilityText(availability(status)),
  }),
}

function availabilityText(condition: Spec | undefined): string {
  if (!condition) return 'Unknown'
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`
}
