import { classOf, messageOf, UserError } from '@slipway/errors'
import {
  applyExclusively,
  type DeleteOptions,
  isApiError,
  type KubeClient,
  type ObjectRef,
  takeOverFields,
} from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { identityOf, type Ownership, ownershipFault } from './objects.ts'
import { sameError } from './same-error.ts'

/** Helm 4's field manager for server-side apply. */
const FIELD_MANAGER = 'helm'
/** Objects with this annotation stay when the release no longer has them. */
const RESOURCE_POLICY = 'helm.sh/resource-policy'

/**
 * Creates and updates the objects, kinds in the manifest's order, objects of one kind at once. All are tried; what went wrong is thrown
 * as one error, in Helm's words for an install or an upgrade.
 */
export async function applyObjects(
  client: KubeClient,
  objects: KubeObject[],
  { force = true, during }: { force?: boolean; during: 'install' | 'upgrade' },
): Promise<void> {
  const faults: Fault[] = []
  for (const group of groupByKind(objects)) {
    const results = await Promise.allSettled(group.map((object) => applyObject(client, object, force)))
    for (const [index, result] of results.entries()) {
      if (result.status === 'rejected') faults.push({ object: group[index] as KubeObject, error: result.reason })
    }
  }
  if (faults.length > 0) throw during === 'install' ? joined(faults, '\n') : await upgradeFault(client, faults)
}

interface Fault {
  object: KubeObject
  error: unknown
}

/** An upgrade ends with the first object that it can't create; faults of those that are there come together. */
async function upgradeFault(client: KubeClient, faults: Fault[]): Promise<unknown> {
  for (const { object, error } of faults) {
    const live = await client.get(refOf(object)).catch(() => object)
    if (!live) return sameError(error, `failed to create resource: ${messageOf(error)}`)
  }
  return joined(faults, ' && ')
}

/** One that time may mend makes all worth another try; a bug stays one. */
function joined(faults: Fault[], separator: string): unknown {
  const errors = faults.map(({ error }) => error)
  const worst = (['bug', 'transient', 'user'] as const).flatMap((kind) => errors.find((one) => classOf(one) === kind))
  const [leading = errors[0]] = worst.filter((error) => error !== undefined)
  return errors.length === 1 ? leading : sameError(leading, errors.map(messageOf).join(separator))
}

/** Makes the fields ours that Helm wrote from the client's side, so that apply can take them away again (Helm 4 does it on the first upgrade). */
export async function adoptFields(client: KubeClient, objects: KubeObject[]): Promise<void> {
  for (const object of objects) {
    const live = await client.get<KubeObject>(refOf(object))
    if (!live) continue
    await takeOverFields(client, live, {
      fieldManager: FIELD_MANAGER,
      from: ({ manager, operation, subresource }) =>
        manager === FIELD_MANAGER && operation === 'Update' && subresource === undefined,
    })
  }
}

/** Brings back what was deleted or edited; resolves to the objects that had to be changed. */
export async function healObjects(client: KubeClient, objects: KubeObject[]): Promise<KubeObject[]> {
  const healed: KubeObject[] = []
  for (const group of groupByKind(objects)) {
    const results = await Promise.all(
      group.map(async (object) => {
        const live = await client.get(refOf(object))
        const after = await applyExclusively(client, object, { fieldManager: FIELD_MANAGER, ...(live && { live }) })
        return live?.metadata.resourceVersion === after.metadata.resourceVersion ? [] : [object]
      }),
    )
    healed.push(...results.flat())
  }
  return healed
}

/** Throws as Helm does when an object exists already and belongs to someone else. */
export async function checkOwnership(client: KubeClient, objects: KubeObject[], owner: Ownership): Promise<void> {
  const checks = await Promise.allSettled(
    objects.map(async (object) => {
      const { kind, metadata } = object
      const title = `${kind} "${metadata.name}" in namespace "${metadata.namespace ?? ''}"`
      const live = await client.get(refOf(object)).catch((error: unknown) => {
        if (!isApiError(error, 'KUBE_FORBIDDEN')) throw error
        const message = `could not get information about the resource ${title}: ${messageOf(error)}`
        throw new UserError('RELEASE_OBJECT_UNREADABLE', message, { cause: error })
      })
      const fault = live && ownershipFault(live, owner)
      if (!fault) return
      throw new UserError(
        'RELEASE_OBJECT_EXISTS',
        `${title} exists and cannot be imported into the current release: invalid ownership metadata; ${fault}`,
        { hint: 'delete the object, or give it the marks of this release' },
      )
    }),
  )
  // Of several faults, the one that Helm comes to first.
  const first = checks.find(({ status }) => status === 'rejected')
  if (first) throw (first as PromiseRejectedResult).reason
}

/** Deletes what the release had and no longer has. */
export async function pruneObjects(client: KubeClient, before: KubeObject[], after: KubeObject[]): Promise<void> {
  const kept = new Set(after.map(identityOf))
  await deleteObjects(
    client,
    before.filter((object) => !kept.has(identityOf(object))),
  )
}

/** Whether the object is to stay when its release goes. */
export function isKept({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[RESOURCE_POLICY] === 'keep'
}

/** Deletes objects in reverse order, except those with the policy `keep`. */
export async function deleteObjects(
  client: KubeClient,
  objects: KubeObject[],
  options: DeleteOptions = {},
): Promise<void> {
  for (const group of groupByKind(objects).reverse()) {
    await Promise.all(group.filter((object) => !isKept(object)).map((object) => deleteObject(client, object, options)))
  }
}

async function deleteObject(client: KubeClient, object: KubeObject, options: DeleteOptions): Promise<void> {
  try {
    await client.delete(refOf(object), options)
  } catch (error) {
    // A kind that is gone has taken its objects along.
    if (!isApiError(error, 'KUBE_NO_SUCH_KIND')) throw error
  }
}

async function applyObject(client: KubeClient, object: KubeObject, force: boolean): Promise<KubeObject> {
  try {
    return await client.apply(object, { fieldManager: FIELD_MANAGER, force })
  } catch (error) {
    if (error instanceof UserError && error.at === undefined) {
      const { kind, metadata } = object
      throw new UserError(error.code, error.message, {
        at: { object: `${kind}/${metadata.namespace ?? ''}/${metadata.name}` },
        cause: error,
      })
    }
    throw error
  }
}

function groupByKind(objects: KubeObject[]): KubeObject[][] {
  const groups: KubeObject[][] = []
  for (const object of objects) {
    const last = groups.at(-1)
    if (last?.[0]?.kind === object.kind) last.push(object)
    else groups.push([object])
  }
  return groups
}

export function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  return { apiVersion, kind, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) }
}
