import { type KubeObject, labelRequirements, matchesLabels } from '@slipway/kube-objects'
import type { ApiRequest } from '../api/request.ts'
import { badRequest, conflict, notFound, success, tooManyRequests } from '../api/status.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { sendValue } from '../rest/answer.ts'
import { readValue } from '../rest/body.ts'
import { type DeleteOptions, remove } from '../rest/delete.ts'
import { writeOptionsOf } from '../rest/options.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import type { ObjectService } from '../storage/object-service.ts'

/** pods/binding, and a create of Binding: puts a pod on a node. */
export async function bindPod(objects: ObjectService, registry: ResourceRegistry, request: ApiRequest): Promise<void> {
  const body = (await readValue(request)) as { metadata?: { name?: string }; target?: { name?: string } } | undefined
  const resource = registry.storedType('', 'pods') as Resource
  const name = request.name ?? body?.metadata?.name ?? ''
  const node = body?.target?.name
  if (!node) throw badRequest('target.name: Required value')
  const { subresource: _, ...options } = writeOptionsOf(request, 'CreateOptions')
  await objects.update(
    { resource, namespace: request.namespace, name },
    (pod) => {
      if (!pod) throw notFound(resource, name)
      if (pod.metadata.deletionTimestamp)
        throw conflict(resource, name, `pod ${name} is being deleted, cannot be assigned to a host`)
      if (pod.spec.nodeName)
        throw conflict(resource, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`)
      pod.spec.nodeName = node
      return withCondition(pod, { type: 'PodScheduled' })
    },
    { ...options, subresource: 'binding' },
  )
  sendValue(request, 201, { ...success({}), code: 201 })
}

/** pods/eviction: deletes a pod unless a PodDisruptionBudget forbids it now. */
export async function evictPod(objects: ObjectService, registry: ResourceRegistry, request: ApiRequest): Promise<void> {
  const { resource, namespace, name = '' } = request
  const body = (await readValue(request)) as { deleteOptions?: DeleteOptions } | undefined
  const pod = viewEntry(objects.entry({ resource, namespace, name }))
  const budget = blockingBudget(objects, registry, pod)
  if (budget) {
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", [
      { reason: 'DisruptionBudget', message: `The disruption budget ${budget} does not allow the eviction now` },
    ])
  }
  const { subresource: _, ...options } = writeOptionsOf(request, 'DeleteOptions')
  // Whoever counts failures of pods has to see that this one was not its own.
  await objects.update({ resource, namespace, name }, disrupted, { ...options, subresource: 'status' })
  await remove(objects, { resource, namespace, name }, body?.deleteOptions ?? {}, options)
  sendValue(request, 201, { ...success({}), code: 201 })
}

function disrupted(pod: KubeObject | undefined): KubeObject | undefined {
  const message = 'Eviction API: evicting'
  return pod && withCondition(pod, { type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI', message })
}

function withCondition(pod: KubeObject, more: { type: string; reason?: string; message?: string }): KubeObject {
  const lastTransitionTime = `${new Date().toISOString().slice(0, 19)}Z`
  const condition = { status: 'True', lastProbeTime: null, lastTransitionTime, ...more }
  const others = (pod.status?.conditions ?? []).filter(({ type }: { type: string }) => type !== more.type)
  pod.status = { ...pod.status, conditions: [...others, condition] }
  return pod
}

function blockingBudget(
  objects: ObjectService,
  registry: ResourceRegistry,
  pod: Readonly<KubeObject>,
): string | undefined {
  const budgets = registry.storedType('policy', 'poddisruptionbudgets')
  if (!budgets || ['Succeeded', 'Failed', 'Pending'].includes(pod.status?.phase)) return undefined
  const { entries } = objects.store.list(prefixOf(budgets, pod.metadata.namespace))
  return entries
    .map((entry) => viewEntry(entry))
    .find(
      ({ spec, status }) =>
        spec?.selector &&
        matchesLabels(pod.metadata.labels, labelRequirements(spec.selector)) &&
        (status?.disruptionsAllowed ?? 0) < 1,
    )?.metadata.name
}
