import type { KubeObject } from '../object.ts'
import {
  difference,
  EMPTY,
  type FieldSet,
  formatFieldsV1,
  isEmpty,
  parseFieldsV1,
  pathSet,
  union,
} from './field-set.ts'

/** One entry of metadata.managedFields. */
export interface ManagedFieldsEntry {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  time?: string
  fieldsType: 'FieldsV1'
  fieldsV1: Record<string, unknown>
  subresource?: string
}

/** Who manages which fields, while it is worked on. */
export interface Manager {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  subresource: string
  time: string | undefined
  fields: FieldSet
}

// What the server itself writes is nobody's (managedfields/stripmeta.go).
const STRIPPED = [
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation'].map((field) => [
    'f:metadata',
    `f:${field}`,
  ]),
  ['f:metadata', 'f:managedFields'],
  ['f:metadata', 'f:resourceVersion'],
]
  .map(pathSet)
  .reduce(union)

export function withoutServerFields(set: FieldSet): FieldSet {
  if (isEmpty(set)) return EMPTY
  return difference({ ...set, member: false }, STRIPPED)
}

/** Reads metadata.managedFields. */
export function readManagers(object: KubeObject | undefined): Manager[] {
  return ((object?.metadata.managedFields ?? []) as ManagedFieldsEntry[]).map((entry) => ({
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    subresource: entry.subresource ?? '',
    time: entry.time,
    fields: parseFieldsV1(entry.fieldsV1),
  }))
}

/** Entries for metadata.managedFields in the API server's order; managers without a field are left out. */
export function writeManagers(managers: readonly Manager[]): ManagedFieldsEntry[] {
  const order = (a: Manager, b: Manager): number =>
    compare(a.operation, b.operation) ||
    compare(a.time ?? '', b.time ?? '') ||
    compare(a.manager, b.manager) ||
    compare(a.apiVersion, b.apiVersion) ||
    compare(a.subresource, b.subresource)
  return managers
    .filter(({ fields }) => !isEmpty(fields))
    .toSorted(order)
    .map(({ manager, operation, apiVersion, time, fields, subresource }) => ({
      apiVersion,
      fieldsType: 'FieldsV1',
      fieldsV1: formatFieldsV1(fields),
      manager,
      operation,
      ...(subresource && { subresource }),
      ...(time !== undefined && { time }),
    }))
}

/** Whether two entries are the same manager: the version counts for updates only (BuildManagerIdentifier). */
export function sameManager(a: Omit<Manager, 'fields' | 'time'>, b: Omit<Manager, 'fields' | 'time'>): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  )
}

/** A manager as the conflict messages name it. */
export function describeManager({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = subresource ? `"${manager}" with subresource "${subresource}"` : `"${manager}"`
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}

/** The object with these managers; the list is absent when nobody manages anything. */
export function withManagers<T extends KubeObject>(object: T, managers: readonly Manager[]): T {
  const { managedFields: _before, ...metadata } = object.metadata
  const managedFields = writeManagers(managers)
  return { ...object, metadata: managedFields.length > 0 ? { ...metadata, managedFields } : metadata }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
