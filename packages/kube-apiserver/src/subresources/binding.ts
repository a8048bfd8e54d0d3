import type { KubeObject } from '@slipway/kube-objects'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, conflict, notFound, StatusError, success } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { sendValue } from '../rest/answer.ts'
import { readMade } from '../rest/decode.ts'
import { writeOptionsOf } from '../rest/options.ts'
import type { WriteDeps } from '../rest/write.ts'
import { checkStored } from '../storage/preconditions.ts'
import { notSupported, required } from '../validation/field-errors.ts'
import { withCondition } from './pod-condition.ts'

/** pods/binding, and a create of Binding: puts a pod on a node (k8s.io/kubernetes' BindingREST). */
export async function bindPod(
  { objects, rules, registry }: WriteDeps & { registry: ResourceRegistry },
  request: ApiRequest,
): Promise<void> {
  const options = writeOptionsOf(request, 'CreateOptions')
  const asked = await readMade(request, rules)
  const name = request.name ?? asked.metadata.name
  if (!name) throw badRequest('Name parameter required.')
  const place = { resource: request.resource, namespace: request.namespace, name }
  const { metadata, target } = await objects.admitAsked(place, asked, options, (binding) => {
    if (binding.metadata.name !== name) throw badRequest('name in URL does not match name in Binding object')
    checkTarget(binding.target ?? {})
  })
  const resource = registry.storedType('', 'pods') as Resource
  const address = { resource, namespace: request.namespace, name }
  const bound = (pod: KubeObject | undefined): KubeObject => {
    if (!pod) throw notFound(resource, name)
    checkStored(address, metadata, pod)
    const refusal = refusalOf(pod)
    if (refusal) throw conflict({ group: '', plural: 'pods/binding' }, name, `pod ${name} ${refusal}`)
    const annotations = { ...pod.metadata.annotations, ...metadata.annotations }
    if (Object.keys(annotations).length > 0) pod.metadata.annotations = annotations
    pod.spec.nodeName = target.name
    return withCondition(pod, { type: 'PodScheduled' })
  }
  await objects.update(address, bound, { ...options, subresource: 'binding', admitted: true })
  sendValue(request, 201, { ...success(), code: 201 })
}

/** Throws 500, as Kubernetes does, for what is no node. */
function checkTarget({ kind, name }: Spec): void {
  const faults = [
    ...(kind && kind !== 'Node' ? [notSupported('target.kind', kind, ['Node', '<empty>'])] : []),
    ...(name ? [] : [required('target.name')]),
  ].map(({ field, message }) => `${field}: ${message}`)
  if (faults.length > 0)
    throw new StatusError(500, '', faults.length === 1 ? (faults[0] ?? '') : `[${faults.join(', ')}]`)
}

function refusalOf({ metadata, spec }: KubeObject): string | undefined {
  if (metadata.deletionTimestamp) return 'is being deleted, cannot be assigned to a host'
  if (spec.nodeName) return `is already assigned to node "${spec.nodeName}"`
  return spec.schedulingGates?.length ? 'has non-empty .spec.schedulingGates' : undefined
}
