import type { Authorizer } from '../access/authorize.ts'
import type { ApiRequest } from '../api/request.ts'
import { methodNotSupported } from '../api/status.ts'
import type { ObjectRules } from '../schema/object-rules.ts'
import type { ObjectService } from '../storage/object-service.ts'
import type { WriteOptions } from '../storage/write-options.ts'
import { ownPart } from '../strategy/own-part.ts'
import { sendObject } from './answer.ts'
import { authorizeTarget } from './authorize-target.ts'
import { readObject } from './decode.ts'
import { fieldManagerOf, writeOptionsOf } from './options.ts'

export interface WriteDeps {
  objects: ObjectService
  rules: ObjectRules
  authorize: Authorizer
}

/** POST to a collection. */
export async function createObject(deps: WriteDeps, request: ApiRequest): Promise<void> {
  const { objects, rules } = deps
  const { resource, namespace } = request
  if (resource.namespaced && namespace === undefined) throw methodNotSupported(undefined, 'create')
  const options = writeOptionsOf(request, 'CreateOptions')
  const object = await readObject(request, rules)
  await sendObject(request, await objects.create(resource, object, { ...options, track: trackerOf(deps, request) }))
}

/** PUT of an object or of its status. */
export async function updateObject(deps: WriteDeps, request: ApiRequest): Promise<void> {
  const { objects, rules } = deps
  const { resource, namespace, name = '', subresource } = request
  const options = writeOptionsOf(request, 'UpdateOptions')
  const wanted = await readObject(request, rules)
  const makes = objects.strategy(resource).createsOnUpdate && !subresource
  const stored = await objects.update(
    { resource, namespace, name },
    (current) => (current || makes ? structuredClone(wanted) : undefined),
    { ...options, ...creationBy(deps, request), track: trackerOf(deps, request), replaces: true },
  )
  await sendObject(request, stored)
}

/** Who manages what after a write that is no apply. */
export function trackerOf({ objects, rules }: WriteDeps, request: ApiRequest): NonNullable<WriteOptions['track']> {
  const { resource, subresource } = request
  const part = ownPart(resource, objects.strategy(resource), subresource)
  return rules.tracker(resource, { manager: fieldManagerOf(request), subresource, part })
}

/** A write that may make the object must be allowed to. */
export function creationBy(
  deps: Pick<WriteDeps, 'authorize'>,
  request: ApiRequest,
): Pick<WriteOptions, 'beforeCreate'> {
  return { beforeCreate: () => authorizeTarget(request.user, { ...request, verb: 'create' }, deps.authorize) }
}
