import type { KubeObject } from '@slipway/kube-objects'
import type { Resource } from '../registry/resource.ts'
import type { ResourceRegistry } from '../registry/resource-registry.ts'
import type { ObjectService } from '../storage/object-service.ts'
import { timestamp } from '../storage/timestamp.ts'
import type { WriteOptions } from '../storage/write-options.ts'

/** What is told of an object. */
export interface EventWords {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
}

/** Under which name kube-controller-manager's own controllers tell. */
const COMPONENT = 'controllermanager'

/** Writes an event about an object, as the controllers of this server see it. */
export async function recordEvent(
  { objects, registry }: { objects: ObjectService; registry: ResourceRegistry },
  { apiVersion, kind, metadata }: Readonly<KubeObject>,
  { type, reason, message }: EventWords,
  { now, write }: { now: Date; write: WriteOptions },
): Promise<void> {
  const resource = registry.storedType('', 'events') as Resource
  const { name, namespace = 'default', uid, resourceVersion } = metadata
  const time = timestamp(now)
  const event: KubeObject = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${instant(now)}`, namespace },
    involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
    ...{ type, reason, message: message.slice(0, 1024), count: 1, firstTimestamp: time, lastTimestamp: time },
    source: { component: COMPONENT },
    reportingComponent: COMPONENT,
    reportingInstance: '',
  }
  await objects.update({ resource, namespace, name: event.metadata.name }, (known) => known ?? event, write)
}

let sequence = 0

/** Nanoseconds as event names have them; no two are the same. */
function instant(now: Date): string {
  sequence = (sequence + 1) % 1_000_000
  return (BigInt(now.getTime()) * 1_000_000n + BigInt(sequence)).toString(16)
}
