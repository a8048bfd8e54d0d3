import { TransientError, UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { healthOf, type KubeObject } from '@slipway/kube-objects'
import { refOf } from './apply.ts'

/**
 * Resolves when the object is as wanted. Follows it by watch, so it is known the moment it happens.
 * Throws UserError RELEASE_NOT_HEALTHY when it fails, TransientError RELEASE_TIMEOUT after `timeout` milliseconds.
 */
async function waitFor(client: KubeClient, object: KubeObject, timeout: number, signal: AbortSignal): Promise<void> {
  const name = `${object.kind}/${object.metadata.name}`
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  const { apiVersion, kind, metadata } = object
  try {
    for (;;) {
      const { items, resourceVersion } = await client.list<KubeObject>(
        {
          apiVersion,
          kind,
          ...(metadata.namespace && { namespace: metadata.namespace }),
          fieldSelector: `metadata.name=${metadata.name}`,
        },
        deadline,
      )
      const [live] = items
      if (live && isHealthy(live)) return
      const query = { ...refOf(object), fieldSelector: `metadata.name=${metadata.name}`, resourceVersion }
      for await (const event of client.watch<KubeObject>(query, deadline)) {
        if (event.type === 'MODIFIED' && isHealthy(event.object)) return
      }
    }
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error
    throw new TransientError('RELEASE_TIMEOUT', `timed out waiting for the condition: ${name} is not ready`)
  }
}

function isHealthy(live: KubeObject): boolean {
  const { status, message } = healthOf(live)
  if (status === 'Failed') {
    throw new UserError('RELEASE_NOT_HEALTHY', `${live.kind}/${live.metadata.name} failed: ${message}`)
  }
  return status === 'Current'
}

/** Resolves when all objects are healthy. */
export async function waitForAll(
  client: KubeClient,
  objects: KubeObject[],
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(objects.map((object) => waitFor(client, object, timeout, signal)))
}
