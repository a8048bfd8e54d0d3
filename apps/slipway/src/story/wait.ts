import { TransientError } from '@slipway/errors'
import type { KubeClient, ListQuery } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'

/**
 * Resolves with the first state of the query's objects for which `wanted` holds, told by watch, so at once.
 * Throws TransientError WAIT_TIMEOUT after `timeout` milliseconds.
 */
export async function waitFor(
  client: KubeClient,
  query: ListQuery,
  wanted: (objects: KubeObject[]) => boolean,
  { timeout = 60_000, what = `${query.kind}` } = {},
): Promise<KubeObject[]> {
  const signal = AbortSignal.timeout(timeout)
  try {
    for (;;) {
      const { items, resourceVersion } = await client.list<KubeObject>(query, signal)
      const objects = new Map(items.map((item) => [item.metadata.uid, item]))
      if (wanted([...objects.values()])) return [...objects.values()]
      for await (const { type, object } of client.watch<KubeObject>({ ...query, resourceVersion }, signal)) {
        if (type === 'BOOKMARK') continue
        if (type === 'DELETED') objects.delete(object.metadata.uid)
        else objects.set(object.metadata.uid, object)
        if (wanted([...objects.values()])) return [...objects.values()]
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
    const now = await client.list<KubeObject>(query).catch(() => ({ items: [] }))
    const states = now.items.map(
      ({ metadata, status }) => `${metadata.name}: ${JSON.stringify(status ?? {}).slice(0, 600)}`,
    )
    throw new TransientError(
      'WAIT_TIMEOUT',
      `${what} did not come to be within ${timeout / 1000} s\n${states.join('\n')}`,
    )
  }
}

/** As waitFor, for one object by name. */
export async function waitForObject(
  client: KubeClient,
  query: ListQuery & { name: string },
  wanted: (object: KubeObject) => boolean,
  options: { timeout?: number; what?: string } = {},
): Promise<KubeObject> {
  const { name, ...rest } = query
  const objects = await waitFor(
    client,
    { ...rest, fieldSelector: `metadata.name=${name}` },
    ([object]) => object !== undefined && wanted(object),
    { what: `${query.kind}/${name}`, ...options },
  )
  return objects[0] as KubeObject
}
