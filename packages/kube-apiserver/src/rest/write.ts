import type { ApiRequest } from '../api/request.ts'
import { badRequest, invalid, methodNotSupported } from '../api/status.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { invalidValue } from '../strategy/validate.ts'
import { sendObject } from './answer.ts'
import { readObject } from './body.ts'
import { fieldManagerOf, fieldValidationOf, writeOptionsOf } from './options.ts'
import { addWarnings } from './warnings.ts'

export interface WriteDeps {
  objects: ObjectService
  rules: ObjectRules
}

/** POST to a collection. */
export async function createObject({ objects, rules }: WriteDeps, request: ApiRequest): Promise<void> {
  const { resource, namespace } = request
  if (resource.namespaced && namespace === undefined) throw methodNotSupported(resource, 'create')
  const { object: given, duplicates } = await readObject(request)
  const options = writeOptionsOf(request, 'CreateOptions')
  if (given.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
  const { object, warnings } = rules.decode(given, resource, fieldValidationOf(request), duplicates)
  addWarnings(request, warnings)
  const track = rules.tracker(resource, fieldManagerOf(request))
  await sendObject(request, await objects.create(resource, object, { ...options, track }))
}

/** PUT of an object or of its status. */
export async function updateObject({ objects, rules }: WriteDeps, request: ApiRequest): Promise<void> {
  const { resource, namespace, name = '', subresource } = request
  const { object: given, duplicates } = await readObject(request)
  const options = writeOptionsOf(request, 'UpdateOptions')
  const { object: wanted, warnings } = rules.decode(given, resource, fieldValidationOf(request), duplicates)
  addWarnings(request, warnings)
  // Custom resources take no unconditional update, Kubernetes' own kinds do.
  if (resource.custom && !wanted.metadata.resourceVersion) {
    throw invalid(resource, name, [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')])
  }
  const track = rules.tracker(resource, fieldManagerOf(request), subresource)
  const stored = await objects.update(
    { resource, namespace, name },
    (current) => (current ? structuredClone(wanted) : undefined),
    { ...options, track },
  )
  await sendObject(request, stored)
}
