import type { KubeObject } from '@slipway/kube-objects'
import type { KubeClient } from './client.ts'

/** An entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion?: string
  fieldsType?: string
  fieldsV1?: FieldSet
  subresource?: string
  time?: string
}

interface FieldSet {
  [field: string]: FieldSet
}

/**
 * Managers that stand for a person at a terminal. A rollout restart is an action and no wish for another state, so it is left alone;
 * scaling goes through a subresource and stays too unless the applied object sets the field itself.
 */
const isByHand = ({ manager, subresource }: ManagedFieldsEntry): boolean =>
  manager.startsWith('kubectl') && manager !== 'kubectl-rollout' && subresource === undefined

/**
 * Applies an object so that nothing that someone added by hand with kubectl stays: fields owned by kubectl's managers become ours
 * first, and apply then removes those that the object does not have (Flux's own way of undoing kubectl edits).
 */
export async function applyExclusively<T extends KubeObject>(
  client: KubeClient,
  object: T,
  { fieldManager, live }: { fieldManager: string; live?: KubeObject },
): Promise<T> {
  if (live) await takeOverFields(client, live, { fieldManager, from: isByHand })
  return client.apply(object, { fieldManager, force: true })
}

/** Makes the fields that other managers own ours, so that the next apply removes those it does not have. */
export async function takeOverFields(
  client: KubeClient,
  live: KubeObject,
  { fieldManager: manager, from }: { fieldManager: string; from: (entry: ManagedFieldsEntry) => boolean },
): Promise<void> {
  const entries = (live.metadata.managedFields ?? []) as ManagedFieldsEntry[]
  if (!entries.some(from)) return
  const isOurs = (entry: ManagedFieldsEntry): boolean => entry.manager === manager && entry.operation === 'Apply'
  const merged = entries.filter((entry) => from(entry) || isOurs(entry))
  const ours: ManagedFieldsEntry = {
    manager,
    operation: 'Apply',
    apiVersion: live.apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: merged.reduce((fields, entry) => union(fields, entry.fieldsV1 ?? {}), {} as FieldSet),
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  }
  const { apiVersion, kind, metadata } = live
  await client.patch(
    { apiVersion, kind, name: metadata.name, ...(metadata.namespace && { namespace: metadata.namespace }) },
    'json',
    [
      { op: 'replace', path: '/metadata/managedFields', value: [...entries.filter((e) => !merged.includes(e)), ours] },
      // Someone else's write in between makes this fail rather than be lost.
      { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    ],
    { fieldManager: manager },
  )
}

function union(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { ...a }
  for (const [field, set] of Object.entries(b)) result[field] = union(result[field] ?? {}, set)
  return result
}
