import { classOf, messageOf, UserError } from '@slipway/errors'
import { applyExclusively, type DeleteOptions, isApiError, type KubeClient, takeOverFields } from '@slipway/kube-client'
import { equalJson, type KubeObject } from '@slipway/kube-objects'
import { identityOf, type Ownership, ownershipFault, refOf } from './objects.ts'
import { sameError } from './same-error.ts'
import { FIELD_MANAGER, type Write } from './write.ts'

/** Objects with this annotation stay when the release no longer has them. */
const RESOURCE_POLICY = 'helm.sh/resource-policy'

/**
 * Creates and updates the objects, kinds in the manifest's order, objects of one kind at once; resolves to them as they are then. All are
 * tried; what went wrong is thrown as one error, in Helm's words for what is all new and for what may be there already.
 */
export async function applyObjects(
  client: KubeClient,
  objects: KubeObject[],
  { write, during }: { write: Write; during: 'create' | 'update' },
): Promise<KubeObject[]> {
  const written: KubeObject[] = []
  const faults: Fault[] = []
  for (const group of groupByKind(objects)) {
    const results = await Promise.allSettled(group.map((object) => located(write, object)))
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') written.push(result.value)
      else faults.push({ object: group[index] as KubeObject, error: result.reason })
    }
  }
  if (faults.length > 0) throw during === 'create' ? joined(faults, '\n') : await updateFault(client, faults)
  return written
}

interface Fault {
  object: KubeObject
  error: unknown
}

/** An update ends with the first object that it can't create; faults of those that are there come together. */
async function updateFault(client: KubeClient, faults: Fault[]): Promise<unknown> {
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
        return live && equalJson(contentOf(live), contentOf(after)) ? [] : [object]
      }),
    )
    healed.push(...results.flat())
  }
  return healed
}

/** An object without what changes when nothing else does: who manages its fields. */
function contentOf({ metadata, ...object }: KubeObject): object {
  const { managedFields: _managed, resourceVersion: _version, ...others } = metadata
  return { ...object, metadata: others }
}

/** Those of the objects that exist already. Throws as Helm does when one belongs to someone else and is not to be taken. */
export async function adoptedOf(
  client: KubeClient,
  objects: KubeObject[],
  { owner, takeOwnership }: { owner: Ownership; takeOwnership: boolean },
): Promise<KubeObject[]> {
  const checks = await Promise.allSettled(
    objects.map(async (object) => {
      const { kind, metadata } = object
      if (!metadata.name) return []
      const title = `${kind} "${metadata.name}" in namespace "${metadata.namespace ?? ''}"`
      const live = await client.get(refOf(object)).catch((error: unknown) => {
        if (!isApiError(error, 'KUBE_FORBIDDEN')) throw error
        const message = `could not get information about the resource ${title}: ${messageOf(error)}`
        throw new UserError('RELEASE_OBJECT_UNREADABLE', message, { cause: error })
      })
      if (!live) return []
      const fault = takeOwnership ? undefined : ownershipFault(live, owner)
      if (!fault) return [object]
      throw new UserError(
        'RELEASE_OBJECT_EXISTS',
        `${title} exists and cannot be imported into the current release: invalid ownership metadata; ${fault}`,
        { hint: 'delete the object, or give it the marks of this release' },
      )
    }),
  )
  // Of several faults, the one that Helm comes to first.
  return checks.flatMap((check) => {
    if (check.status === 'rejected') throw check.reason
    return check.value
  })
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
  // What the server named is known to nobody.
  if (!object.metadata.name) return
  try {
    await client.delete(refOf(object), options)
  } catch (error) {
    // A kind that is gone has taken its objects along.
    if (!isApiError(error, 'KUBE_NO_SUCH_KIND')) throw error
  }
}

/** With the place of what went wrong. */
async function located(write: Write, object: KubeObject): Promise<KubeObject> {
  try {
    return await write(object)
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
