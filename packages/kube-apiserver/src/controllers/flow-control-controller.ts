import type { KubeObject } from '@slipway/kube-objects'
import type { Spec } from '../defaults/spec.ts'
import { AUTO_UPDATED, FLOW_SCHEMAS, GROUP, PRIORITY_LEVELS } from '../flow-control/defaults.ts'
import type { Resource } from '../registry/resource.ts'
import { viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { typeMeta } from '../storage/object-service.ts'
import { timestamp } from '../storage/timestamp.ts'
import { systemWrite } from '../storage/write-options.ts'
import type { ControllerDeps, ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

/** Keeps the default FlowSchemas and priority levels, and says of each FlowSchema whether its priority level is there. */
export function flowControlController({
  objects,
  registry,
  now,
  onError,
}: ControllerDeps & { now: () => Date }): ServerController {
  const { store } = objects
  const schemas = registry.storedType(GROUP, 'flowschemas') as Resource
  const levels = registry.storedType(GROUP, 'prioritylevelconfigurations') as Resource
  const queue = new WorkQueue(reconcile, onError)
  const stops: (() => void)[] = []

  async function reconcile(): Promise<void> {
    // In one turn of the event loop, so that a durable store writes them in one transaction.
    await Promise.all([...missing(levels, PRIORITY_LEVELS), ...missing(schemas, FLOW_SCHEMAS)])
    await Promise.all(store.list(prefixOf(schemas)).entries.map((entry) => tell(viewEntry(entry))))
  }

  const missing = (resource: Resource, specs: Readonly<Record<string, Spec>>): Promise<unknown>[] =>
    Object.entries(specs).flatMap(([name, spec]) => {
      const address = { resource, namespace: undefined, name }
      if (objects.find(address)) return []
      const made = { ...typeMeta(resource), metadata: { name, annotations: AUTO_UPDATED }, spec: structuredClone(spec) }
      return objects.update(address, (other) => (other ? undefined : made), systemWrite)
    })

  async function tell({ metadata, spec, status }: Readonly<KubeObject>): Promise<void> {
    const level: string = spec?.priorityLevelConfiguration?.name ?? ''
    const isThere = objects.find({ resource: levels, namespace: undefined, name: level }) !== undefined
    const before: Spec | undefined = status?.conditions?.find(({ type }: Spec) => type === 'Dangling')
    const named = `This FlowSchema references the PriorityLevelConfiguration object named "${level}"`
    const condition = isThere
      ? { type: 'Dangling', status: 'False', reason: 'Found', message: `${named} and it exists` }
      : { type: 'Dangling', status: 'True', reason: 'NotFound', message: `${named} but there is no such object` }
    if (before?.message === condition.message) return
    const lastTransitionTime = timestamp(now())
    const others = (status?.conditions ?? []).filter((one: Spec) => one !== before)
    await objects.update(
      { resource: schemas, namespace: undefined, name: metadata.name },
      (schema) => schema && { ...schema, status: { conditions: [...others, { ...condition, lastTransitionTime }] } },
      { ...systemWrite, subresource: 'status' },
    )
  }

  return {
    start() {
      queue.add('all')
      for (const resource of [schemas, levels]) {
        stops.push(store.watch(prefixOf(resource), store.revision(), () => queue.add('all')))
      }
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}
