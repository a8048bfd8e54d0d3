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
    'status.podIPs',
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
  'batch/jobs': ['status.successful'],
  'certificates.k8s.io/certificatesigningrequests': ['spec.signerName'],
  'resource.k8s.io/resourceslices': ['spec.nodeName', 'spec.driver'],
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
  const terms = orBadRequest(() => parseFieldSelector(selector))
  for (const { field } of terms) checkField(field, resource)
  const stored = terms.map((term) => ({ ...term, field: storedField(term.field, resource) }))
  return (object) =>
    stored.every(({ field, operator, value }) => (fieldText(object, field) === value) === (operator === '='))
}

function checkField(field: string, resource: Resource): void {
  const { group, plural, namespaced, custom } = resource
  if (field === 'metadata.name' || (field === 'metadata.namespace' && namespaced)) return
  const own = custom ? custom.selectableFields : FIELDS[`${group}/${plural}`]
  if (own?.includes(field)) return
  if (own) throw badRequest(unsupported(field, resource))
  if (field === 'metadata.namespace') return
  const known = 'only "metadata.name", "metadata.namespace"'
  throw badRequest(`${JSON.stringify(field)} is not a known field selector: ${known}`)
}

/** Each group has words of its own. */
function unsupported(field: string, { group, version, kind }: Resource): string {
  if (group === 'batch') return `field label ${JSON.stringify(field)} not supported for ${kind}`
  const type = group === 'resource.k8s.io' ? ` for ${group}/${version}, Kind=${kind}` : ''
  return `field label not supported${type}: ${field}`
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

/** Whether a field selector looks at more than the metadata, which is the same in every version. */
export function selectsByContent(selector: string): boolean {
  return selector !== '' && parseFieldSelector(selector).some(({ field }) => !field.startsWith('metadata.'))
}

function orBadRequest<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw badRequest(messageOf(error))
  }
}

function fieldText(object: Readonly<KubeObject>, path: string): string {
  if (path === 'source') return object.source?.component || object.reportingComponent || ''
  let value: unknown = object
  for (const part of path.replace(/^\./, '').split('.')) {
    value = (value as Record<string, unknown> | undefined)?.[part]
    if (value === undefined || value === null) return DEFAULTS[path] ?? ''
  }
  return String(value)
}

const DEFAULTS: Record<string, string> = {
  'spec.unschedulable': 'false',
  'spec.hostNetwork': 'false',
  'status.replicas': '0',
  'status.successful': '0',
}
