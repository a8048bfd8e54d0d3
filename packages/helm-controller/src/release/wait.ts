import { deadline } from '@slipway/controller-runtime'
import { SlipwayError, TransientError, UserError } from '@slipway/errors'
import type { KubeClient } from '@slipway/kube-client'
import { type Condition, type Health, healthOf, type KubeObject } from '@slipway/kube-objects'
import { refOf } from './objects.ts'
import { waitingPods } from './waiting-pods.ts'

/** How long something is waited for, and until when. */
export interface Patience {
  /** Milliseconds. */
  timeout: number
  signal: AbortSignal
  /** What counts as there. @default healthOf, for which a Job that has begun is as wanted */
  rule?: (live: KubeObject | undefined) => Health
}

/** The rule for what runs to an end: Jobs and Pods are as wanted when they have succeeded (Helm's own status readers). */
export function completionOf(live: KubeObject | undefined): Health {
  if (live?.kind === 'Pod') return podCompletion(live)
  return live?.kind === 'Job' ? jobCompletion(live) : healthOf(live)
}

function podCompletion({ metadata, status }: KubeObject): Health {
  if (status?.phase === 'Succeeded') return { status: 'Current', message: `pod ${metadata.name} succeeded` }
  if (status?.phase === 'Failed') return { status: 'Failed', message: `pod ${metadata.name} failed` }
  return { status: 'InProgress', message: 'Pod in progress' }
}

function jobCompletion({ spec, status }: KubeObject): Health {
  const is = (type: string): boolean =>
    ((status?.conditions ?? []) as Condition[]).some((entry) => entry.type === type && entry.status === 'True')
  const completions = spec?.completions ?? spec?.parallelism ?? 1
  if (is('Complete')) {
    return { status: 'Current', message: `Job Completed. succeeded: ${status?.succeeded ?? 0}/${completions}` }
  }
  if (is('Failed')) return { status: 'Failed', message: `Job Failed. failed: ${status?.failed ?? 0}/${completions}` }
  return { status: 'InProgress', message: 'Job in progress' }
}

/**
 * Resolves when all objects are healthy; follows them by watch, so it is known the moment it happens. Throws UserError
 * RELEASE_NOT_HEALTHY when one fails, TransientError RELEASE_TIMEOUT after the timeout, both in Helm's words; to the latter it is
 * added why pods do not start.
 */
export async function waitForAll(client: KubeClient, objects: KubeObject[], patience: Patience): Promise<void> {
  const late: string[] = []
  const why: string[] = []
  // What failed ends the wait for the others, whose watches would stay open until the timeout.
  const failure = new AbortController()
  const signal = AbortSignal.any([patience.signal, failure.signal])
  const follow = async (object: KubeObject): Promise<void> => {
    const health = await waitFor(client, object, { ...patience, signal })
    if (health.status === 'Failed') throw new UserError('RELEASE_NOT_HEALTHY', sentence(object, health))
    if (health.status === 'Current') return
    late.push(sentence(object, health))
    why.push(...(await waitingPods(client, object, signal)))
  }
  try {
    await Promise.all(objects.map(follow))
  } catch (error) {
    failure.abort()
    throw error
  }
  if (late.length > 0) {
    const lines = [...late.sort(), 'context deadline exceeded', ...why.sort()]
    throw new TransientError('RELEASE_TIMEOUT', lines.join('\n'))
  }
}

/** Whether objects were brought to the cluster, and did not become what was waited for. */
export function isUnready(error: unknown): boolean {
  return error instanceof SlipwayError && (error.code === 'RELEASE_NOT_HEALTHY' || error.code === 'RELEASE_TIMEOUT')
}

/** Resolves when the objects are gone. Throws TransientError RELEASE_TIMEOUT after the timeout. */
export async function waitUntilGone(client: KubeClient, objects: KubeObject[], patience: Patience): Promise<void> {
  await Promise.all(
    objects.map(async (object) => {
      let health = healthOf(object)
      for await (const live of statesOf(client, object, patience)) {
        if (!live || live.metadata.uid !== (object.metadata.uid ?? live.metadata.uid)) return
        health = healthOf(live)
      }
      throw new TransientError(
        'RELEASE_TIMEOUT',
        `${sentence(object, health, 'still exists')}\ncontext deadline exceeded`,
      )
    }),
  )
}

/** The health with which the object came to its end, or the last one before the timeout. */
async function waitFor(client: KubeClient, object: KubeObject, patience: Patience): Promise<Health> {
  const { rule = healthOf } = patience
  let health = rule(undefined)
  for await (const live of statesOf(client, object, patience)) {
    // Objects of a list carry no kind of their own.
    health = rule(live && { ...live, apiVersion: object.apiVersion, kind: object.kind })
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
  const end = AbortSignal.any([signal, deadline(timeout)])
  const { name, ...query } = refOf(object)
  const fieldSelector = `metadata.name=${name}`
  try {
    for (;;) {
      const { items, resourceVersion } = await client.list<KubeObject>({ ...query, fieldSelector }, end)
      yield items[0]
      for await (const event of client.watch<KubeObject>({ ...query, fieldSelector, resourceVersion }, end)) {
        if (event.type !== 'BOOKMARK') yield event.type === 'DELETED' ? undefined : event.object
      }
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!end.aborted) throw error
  }
}

function sentence({ kind, metadata }: KubeObject, { status, message }: Health, state = 'not ready'): string {
  return `resource ${kind}/${metadata.namespace ?? ''}/${metadata.name} ${state}. status: ${status}, message: ${message}`
}
