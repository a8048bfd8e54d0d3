import { TransientError, UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { type Health, healthOf, type KubeObject } from '@slipway/kube-objects'
import { refOf } from './apply.ts'

/** How long something is waited for. */
export interface Patience {
  /** Milliseconds. */
  timeout: number
  signal: AbortSignal
}

/**
 * Resolves when all objects are healthy; follows them by watch, so it is known the moment it happens. Throws UserError
 * RELEASE_NOT_HEALTHY when one fails, TransientError RELEASE_TIMEOUT after the timeout, both in Helm's words.
 */
export async function waitForAll(client: KubeClient, objects: KubeObject[], patience: Patience): Promise<void> {
  const late: string[] = []
  await Promise.all(
    objects.map(async (object) => {
      const health = await waitFor(client, object, patience)
      if (health.status === 'Failed') throw new UserError('RELEASE_NOT_HEALTHY', sentence(object, health))
      if (health.status !== 'Current') late.push(sentence(object, health))
    }),
  )
  if (late.length > 0) {
    throw new TransientError('RELEASE_TIMEOUT', [...late.sort(), 'context deadline exceeded'].join('\n'))
  }
}

/** Resolves when the objects are gone. Throws TransientError RELEASE_TIMEOUT after the timeout. */
export async function waitUntilGone(client: KubeClient, objects: KubeObject[], patience: Patience): Promise<void> {
  await Promise.all(
    objects.map(async (object) => {
      const { metadata } = object
      for await (const live of statesOf(client, object, patience)) {
        if (!live || live.metadata.uid !== (metadata.uid ?? live.metadata.uid)) return
      }
      throw new TransientError(
        'RELEASE_TIMEOUT',
        `resource ${object.kind}/${metadata.namespace ?? ''}/${metadata.name} still exists. context deadline exceeded`,
      )
    }),
  )
}

/** The health with which the object came to its end, or the last one before the timeout. */
async function waitFor(client: KubeClient, object: KubeObject, patience: Patience): Promise<Health> {
  let health = healthOf(undefined)
  for await (const live of statesOf(client, object, patience)) {
    health = healthOf(live)
    if (health.status === 'Current' || health.status === 'Failed') break
  }
  return health
}

/** The states of an object as they come, undefined when it is not there; ends at the timeout. */
async function* statesOf(
  client: KubeClient,
  object: KubeObject,
  { timeout, signal }: Patience,
): AsyncGenerator<KubeObject | undefined> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  const { name, ...query } = refOf(object)
  const fieldSelector = `metadata.name=${name}`
  try {
    for (;;) {
      const { items, resourceVersion } = await client.list<KubeObject>({ ...query, fieldSelector }, deadline)
      yield items[0]
      for await (const event of client.watch<KubeObject>({ ...query, fieldSelector, resourceVersion }, deadline)) {
        if (event.type !== 'BOOKMARK') yield event.type === 'DELETED' ? undefined : event.object
      }
    }
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error
  }
}

function sentence({ kind, metadata }: KubeObject, { status, message }: Health): string {
  return `resource ${kind}/${metadata.namespace ?? ''}/${metadata.name} not ready. status: ${status}, message: ${message}`
}
