import type { Release } from '@slipway/helm-chart'
import type { KubeClient } from '@slipway/kube-client'
import { healthOf, type KubeObject } from '@slipway/kube-objects'
import { adoptFields, applyObjects, pruneObjects } from './apply.ts'
import { identityOf, type Ownership, readPlaced } from './objects.ts'
import { recreatePods } from './recreate-pods.ts'
import { completionOf, waitForAll } from './wait.ts'
import { type ApplyMethod, checkForced, clientSide, serverSide, type Write } from './write.ts'

/** How objects are changed; times in milliseconds. */
export interface ChangeOptions {
  timeout: number
  wait: boolean
  signal: AbortSignal
  /** Ends the wait, and the action fails: what is waited for is not wanted any more. */
  superseded?: AbortSignal
  /** Take objects that carry the marks of nobody or of another release. @default false */
  takeOwnership?: boolean
  /** Take fields from other managers, where the server applies. @default true */
  force?: boolean
  /** Replace objects instead of patching them, where the client applies. @default false */
  forceReplace?: boolean
  /** Delete the pods of what was changed, so that they are made anew. @default false */
  recreatePods?: boolean
  /** With `wait`: Jobs are waited for until they are complete. @default false */
  waitForJobs?: boolean
}

/** What one action changes. */
export interface Change {
  method: ApplyMethod
  owner: Ownership
  objects: KubeObject[]
  /** The release whose objects are changed; undefined when there is none yet. */
  former: Release | undefined
  /** What an interrupted or failed revision may have made counts as the release's, too. */
  before: KubeObject[]
  /** Those of `objects` that are there and did not belong to the release. */
  adopted: KubeObject[]
  /** Whether fields of what is there may be those of a client. */
  wasClientSide: boolean
}

/** Brings the objects to the cluster, takes away what is no longer wanted, and waits as the options say. */
export async function applyChange(client: KubeClient, change: Change, options: ChangeOptions): Promise<void> {
  const { former, before, objects, adopted } = change
  const during = former || adopted.length > 0 ? 'update' : 'create'
  const write = await writeOf(client, change, { ...options, during })
  const written = await applyObjects(client, objects, { write, during })
  await pruneObjects(client, before, objects)
  if (options.recreatePods) {
    const known = new Set(before.map(identityOf))
    const changed = written.filter((object) => known.has(identityOf(object)))
    await recreatePods(client, changed)
  }
  if (!options.wait) return
  const { timeout, signal, superseded, waitForJobs } = options
  await waitForAll(client, written, {
    timeout,
    signal: superseded ? AbortSignal.any([signal, superseded]) : signal,
    rule: (live) => (waitForJobs && live?.kind === 'Job' ? completionOf(live) : healthOf(live)),
  })
}

/** How objects are written. Throws UserError RELEASE_OPTIONS_INVALID. */
async function writeOf(
  client: KubeClient,
  { method, owner, former, before, adopted, wasClientSide }: Change,
  options: ChangeOptions & { during: 'create' | 'update' },
): Promise<Write> {
  const { force, forceReplace: replace = false, takeOwnership = false, during } = options
  if (during === 'update') checkForced({ method, force: force ?? false, replace }, during)
  if (method === 'ssa') {
    // Fields that Helm wrote from the client's side become the server's to take away.
    if (wasClientSide) await adoptFields(client, [...before, ...adopted])
    return serverSide(client, { force: force ?? true })
  }
  const originals = former ? await readPlaced(client, former.manifest ?? '', owner.namespace) : []
  return clientSide(client, { originals, replace, heals: takeOwnership && !former })
}
