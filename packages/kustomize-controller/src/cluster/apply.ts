import { setTimeout as sleep } from 'node:timers/promises'
import { classOf } from '@slipway/errors'
import { applyExclusively, type KubeClient } from '@slipway/kube-client'
import { applyStages, healthOf, type KubeObject, sortForDelete } from '@slipway/kube-objects'
import { inventoryObject } from '../kustomization/inventory.ts'
import { type Failure, GROUP, type InventoryEntry } from '../kustomization/kustomization-kind.ts'
import type { DesiredObject } from '../render/desired.ts'
import { failureOf } from '../render/render.ts'
import type { AppliedObjects } from './applied-objects.ts'

export const FIELD_MANAGER = 'kustomize-controller'
const PARALLEL = 8
const CRD_READY_TIMEOUT = 10_000

/** What applying came to. */
export interface ApplyResult {
  /** Ids of the objects that are in the cluster as wanted. */
  inPlace: Set<string>
  /** What was written, as `Deployment/default/web`. */
  written: KubeObject[]
  failures: Failure[]
  /** Some failure may pass by itself. */
  retry: boolean
}

export interface ClusterDeps {
  client: KubeClient
  applied: AppliedObjects
}

/** Brings the objects into the cluster, definitions first; one that the API refuses does not stop the others. */
export async function applyObjects(
  deps: ClusterDeps,
  objects: readonly DesiredObject[],
  signal: AbortSignal,
): Promise<ApplyResult> {
  const result: ApplyResult = { inPlace: new Set(), written: [], failures: [], retry: false }
  const byObject = new Map(objects.map((desired) => [desired.object, desired]))
  for (const stage of applyStages(objects.map(({ object }) => object))) {
    const queue = stage.values()
    const work = async (): Promise<void> => {
      for (const object of queue) {
        const desired = byObject.get(object)
        if (desired && !signal.aborted) await applyOne(deps, desired, result)
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, work))
    await definitionsServed(deps, result.written, signal)
  }
  return result
}

async function applyOne({ client, applied }: ClusterDeps, desired: DesiredObject, result: ApplyResult): Promise<void> {
  const { object, file, line, id } = desired
  if (applied.isInPlace(object) || isLeftAlone(object)) {
    result.inPlace.add(id)
    return
  }
  try {
    const live = applied.live(object) ?? (await client.get({ ...object, ...object.metadata }))
    if (!live || !(isLeftAlone(live) || isCreatedOnly(object) || isCreatedOnly(live))) {
      const stored = await applyExclusively(client, object, { fieldManager: FIELD_MANAGER, ...(live && { live }) })
      applied.record(object, stored)
      if (stored.metadata.resourceVersion !== live?.metadata.resourceVersion) result.written.push(stored)
    }
    result.inPlace.add(id)
  } catch (error) {
    applied.forget(object)
    result.retry ||= classOf(error) !== 'user'
    result.failures.push(failureOf(error, { file, line, object }))
  }
}

/** Flux's and Flux 1's ways to say: hands off. */
function isLeftAlone(object: KubeObject): boolean {
  return (
    says(object, `${GROUP}/reconcile`, 'disabled') ||
    says(object, `${GROUP}/ssa`, 'Ignore') ||
    says(object, 'fluxcd.io/ignore', 'true')
  )
}

/** Flux's way to say: make it, and leave it to others from then on. */
function isCreatedOnly(object: KubeObject): boolean {
  return says(object, `${GROUP}/ssa`, 'IfNotPresent')
}

/** In a label or an annotation, in capitals or not (fluxcd/pkg, ssa/utils). */
function says({ metadata: { labels = {}, annotations = {} } }: KubeObject, key: string, value: string): boolean {
  return [labels[key], annotations[key]].some((text) => String(text).toLowerCase() === value.toLowerCase())
}

/** Custom resources can be applied only when their definition is served. */
async function definitionsServed(
  { client }: ClusterDeps,
  written: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + CRD_READY_TIMEOUT
  for (const { apiVersion, kind, metadata } of written.filter(({ kind }) => kind === 'CustomResourceDefinition')) {
    for (let wait = 5; !signal.aborted && performance.now() < deadline; wait = Math.min(wait * 2, 200)) {
      if (healthOf(await client.get({ apiVersion, kind, name: metadata.name })).status === 'Current') break
      await sleep(wait, undefined, { signal }).catch(() => {})
    }
  }
}

/** Deletes what was applied once and is no longer wanted, workloads before what they use. Returns what could not be deleted. */
export async function pruneObjects(
  { client, applied }: ClusterDeps,
  entries: readonly InventoryEntry[],
  owner: { name: string; namespace?: string },
): Promise<{ deleted: KubeObject[]; kept: InventoryEntry[]; failures: Failure[] }> {
  const deleted: KubeObject[] = []
  const kept: InventoryEntry[] = []
  const failures: Failure[] = []
  const byObject = new Map(
    entries.flatMap((entry) => {
      const object = inventoryObject(entry)
      return object ? [[object, entry] as const] : []
    }),
  )
  for (const object of sortForDelete([...byObject.keys()])) {
    const entry = byObject.get(object)
    try {
      applied.forget(object)
      const live = await findLive(client, object)
      if (!live || !isPrunable(live, owner)) continue
      const { uid } = live.metadata
      const preconditions = uid === undefined ? {} : { preconditions: { uid } }
      if (await client.delete({ ...object, ...object.metadata }, preconditions)) deleted.push(object)
    } catch (error) {
      if (entry) kept.push(entry)
      failures.push(failureOf(error, { file: entry?.file ?? '', object }))
    }
  }
  return { deleted, kept, failures }
}

async function findLive(client: KubeClient, object: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await client.get({ ...object, ...object.metadata })
  } catch (error) {
    // With its definition, every object of a kind is gone.
    if (error instanceof Error && 'code' in error && error.code === 'KUBE_NO_SUCH_KIND') return undefined
    throw error
  }
}

/** Objects that another Kustomization took over, or that ask to stay, are not deleted. */
function isPrunable({ metadata }: KubeObject, owner: { name: string; namespace?: string }): boolean {
  const { labels = {}, annotations = {} } = metadata
  const ours = labels[`${GROUP}/name`] === owner.name && labels[`${GROUP}/namespace`] === (owner.namespace ?? 'default')
  return ours && annotations[`${GROUP}/prune`] !== 'disabled' && annotations[`${GROUP}/reconcile`] !== 'disabled'
}
