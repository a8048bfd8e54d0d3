import { groupVersionOf, type KubeObject, objectId } from '@slipway/kube-objects'
import type { InventoryEntry } from './kustomization-kind.ts'

/** Names an object whatever its version: its key in all tables of this controller. */
export { objectId }

/** Where an applied object came from. */
export interface Origin {
  file: string
  unit: string
}

/** The inventory's line for an object. */
export function inventoryEntry(object: KubeObject, { file, unit }: Origin): InventoryEntry {
  const { group, version } = groupVersionOf(object.apiVersion)
  const { namespace = '', name } = object.metadata
  // Names of RBAC objects may hold colons, which Flux's ids write as two underscores.
  const id = [namespace, name.replaceAll(':', '__'), group, object.kind].join('_')
  return { id, v: version, file, ...(unit !== file && { unit }) }
}

/** The object that an inventory's line names; undefined for a line that is none. */
export function inventoryObject({ id, v }: InventoryEntry): KubeObject | undefined {
  const match = /^([^_]*)_(.+)_([^_]*)_([^_]+)$/.exec(id)
  if (!match) return undefined
  const [, namespace, name = '', group, kind = ''] = match
  return {
    apiVersion: group ? `${group}/${v}` : v,
    kind,
    metadata: { name: name.replaceAll('__', ':'), ...(namespace && { namespace }) },
  }
}

/** The lines whose objects are to be pruned: gone from the source, and not hidden in an input that is broken right now. */
export function obsoleteEntries(
  entries: readonly InventoryEntry[],
  { wanted, brokenUnits }: { wanted: ReadonlySet<string>; brokenUnits: ReadonlySet<string> },
): InventoryEntry[] {
  return entries.filter((entry) => {
    const object = inventoryObject(entry)
    return object !== undefined && !wanted.has(objectId(object)) && !brokenUnits.has(entry.unit ?? entry.file)
  })
}
