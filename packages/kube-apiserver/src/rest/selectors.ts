import { messageOf } from '@slipway/errors'
import { type KubeObject, matchesLabels, parseFieldSelector, parseLabelSelector } from '@slipway/kube-objects'
import { badRequest } from '../api/status.ts'
import type { Resource } from '../registry/resource.ts'

/** Whether an object is selected; undefined in place of a matcher = all are. */
export type Matcher = (object: Readonly<KubeObject>) => boolean

/** The field labels that each type offers besides metadata.name and metadata.namespace (Kubernetes' AddFieldLabelConversionFunc). */
const FIELDS: Record<string, string[]> = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  '/events': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'events.k8s.io/events': [
    'regarding.kind',
    'regarding.namespace',
    'regarding.name',
    'regarding.uid',
    'regarding.apiVersion',
    'regarding.resourceVersion',
    'regarding.fieldPath',
    'reason',
    'reportingController',
    'type',
  ],
  '/secrets': ['type'],
  '/namespaces': ['status.phase'],
  '/nodes': ['spec.unschedulable'],
  '/services': ['spec.clusterIP', 'spec.type'],
  '/replicationcontrollers': ['status.replicas'],
  'apps/replicasets': ['status.replicas'],
  'batch/jobs': ['status.successful'],
  'certificates.k8s.io/certificatesigningrequests': ['spec.signerName'],
}

/** Turns a labelSelector into a matcher. Throws 400 for a malformed one. */
export function labelMatcher(selector: string): Matcher | undefined {
  if (!selector.trim()) return undefined
  const requirements = orBadRequest(() => parseLabelSelector(selector))
  return (object) => matchesLabels(object.metadata.labels, requirements)
}

/** Turns a fieldSelector into a matcher. Throws 400 for a malformed one or a field that cannot be selected by. */
export function fieldMatcher(selector: string, resource: Resource): Matcher | undefined {
  if (!selector) return undefined
  const allowed = new Set([
    'metadata.name',
    ...(resource.namespaced ? ['metadata.namespace'] : []),
    ...(FIELDS[`${resource.group}/${resource.plural}`] ?? []),
    ...(resource.custom?.selectableFields ?? []),
  ])
  const terms = orBadRequest(() => parseFieldSelector(selector))
  for (const { field } of terms) {
    if (!allowed.has(field)) throw badRequest(`field label not supported: ${field}`)
  }
  const stored = terms.map((term) => ({ ...term, field: storedField(term.field, resource) }))
  return (object) =>
    stored.every(({ field, operator, value }) => (fieldText(object, field) === value) === (operator === '='))
}

/** Events are stored as core/v1 has them. */
function storedField(field: string, { group }: Resource): string {
  if (group !== 'events.k8s.io') return field
  return field.replace(/^regarding\./, 'involvedObject.').replace(/^reportingController$/, 'reportingComponent')
}

/** The name that a field selector asks for alone, so that a watch or list of one object need not look at others. */
export function selectedName(selector: string): string | undefined {
  return /^metadata\.name==?([^,=!]+)$/.exec(selector)?.[1]
}

function orBadRequest<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw badRequest(messageOf(error))
  }
}

function fieldText(object: Readonly<KubeObject>, path: string): string {
  let value: unknown = object
  for (const part of path.replace(/^\./, '').split('.')) {
    value = (value as Record<string, unknown> | undefined)?.[part]
    if (value === undefined || value === null) break
  }
  if (value === undefined || value === null) return DEFAULTS[path] ?? ''
  return typeof value === 'object' ? ((value as { component?: string }).component ?? '') : String(value)
}

const DEFAULTS: Record<string, string> = {
  'spec.unschedulable': 'false',
  'spec.hostNetwork': 'false',
  'status.replicas': '0',
  'status.successful': '0',
}
