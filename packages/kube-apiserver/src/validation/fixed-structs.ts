import { equalJson, type KubeObject } from '@slipway/kube-objects'
import type { FieldError } from '../api/status.ts'
import type { Spec } from '../defaults/spec.ts'
import { invalidValue } from './field-errors.ts'
import { type GoFields, goStruct } from './go-struct.ts'

// Structs that stay as they are, and that Kubernetes shows as Go has them.

export const FIXED = 'field is immutable'

const ROLE: GoFields = { APIGroup: ['apiGroup', ''], Kind: ['kind', ''], Name: ['name', ''] }

/** What a binding gives. */
export function roleRef({ roleRef: next }: KubeObject, { roleRef: current }: KubeObject): FieldError[] {
  return equalJson(next, current) ? [] : [invalidValue('roleRef', goStruct(next ?? {}, ROLE), 'cannot change roleRef')]
}

const PARENT: GoFields = {
  Group: ['group', ''],
  Resource: ['resource', ''],
  Namespace: ['namespace', ''],
  Name: ['name', ''],
}

/** What has an address. */
export function parentRef({ spec: next }: KubeObject, { spec: current }: KubeObject): FieldError[] {
  if (equalJson(next?.parentRef ?? null, current?.parentRef ?? null)) return []
  return [invalidValue('spec.parentRef', goStruct(next?.parentRef, PARENT), FIXED)]
}

const DRIVER: GoFields = {
  Name: ['name', ''],
  NodeID: ['nodeID', ''],
  TopologyKeys: 'topologyKeys',
  Allocatable: { field: 'allocatable', fields: { Count: 'count' } },
}

/** What a driver says of a node. That its count may change is a feature that is off by default (MutableCSINodeAllocatableCount). */
export function nodeDrivers({ spec: next }: KubeObject, { spec: current }: KubeObject): FieldError[] {
  return ((current?.drivers ?? []) as Spec[]).flatMap((before) =>
    ((next?.drivers ?? []) as Spec[])
      .filter(({ name }) => name === before.name)
      .flatMap((after) =>
        equalJson(after, before) ? [] : [invalidValue('spec.drivers', goStruct(after, DRIVER), FIXED)],
      ),
  )
}

const REFERENCE: GoFields = {
  Kind: ['kind', ''],
  Namespace: ['namespace', ''],
  Name: ['name', ''],
  UID: ['uid', ''],
  APIVersion: ['apiVersion', ''],
  ResourceVersion: ['resourceVersion', ''],
  FieldPath: ['fieldPath', ''],
}
const SOURCE: GoFields = { Component: ['component', ''], Host: ['host', ''] }

/** Fields of an Event by the names of the newer API, which lets nothing change but the series: what Kubernetes calls each, and its zero or its struct. */
const OF_EVENTS: Record<string, readonly [shown: string, of: unknown]> = {
  regarding: ['involvedObject', REFERENCE],
  reason: ['reason', ''],
  note: ['message', ''],
  deprecatedSource: ['source', SOURCE],
  deprecatedFirstTimestamp: ['firstTimestamp', null],
  deprecatedLastTimestamp: ['lastTimestamp', null],
  deprecatedCount: ['count', 0],
  type: ['type', ''],
  eventTime: ['eventTime', null],
  action: ['action', ''],
  related: ['related', REFERENCE],
  reportingController: ['reportingController', ''],
  reportingInstance: ['reportingInstance', ''],
}

export function eventContent(next: KubeObject, current: KubeObject): FieldError[] {
  const isStruct = (of: unknown): of is GoFields => typeof of === 'object' && of !== null
  return Object.entries(OF_EVENTS).flatMap(([field, [shown, of]]) => {
    const [after, before] = [next[field], current[field]]
    if (equalJson(after ?? null, before ?? null)) return []
    const empty = field === 'related' ? undefined : {}
    return [invalidValue(shown, isStruct(of) ? goStruct(after ?? empty, of) : (after ?? of), FIXED)]
  })
}
