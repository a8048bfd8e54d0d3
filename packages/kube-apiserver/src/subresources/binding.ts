import type { ApiRequest } from '../api/request.ts'
import { badRequest, conflict, notFound, success } from '../api/status.ts'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import { sendValue } from '../rest/answer.ts'
import { readValue } from '../rest/body.ts'
import { writeOptionsOf } from '../rest/options.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { withCondition } from './pod-condition.ts'

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
