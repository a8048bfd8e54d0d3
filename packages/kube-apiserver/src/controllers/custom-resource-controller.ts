import type { KubeObject } from '@slipway/kube-objects'
import { CLEANUP_FINALIZER } from '../custom/crd-strategy.ts'
import { customResources, storedCustomResource } from '../custom/custom-resources.ts'
import { type DefinitionCondition, isTrue, setCondition } from '../custom/definition/conditions.ts'
import type { DefinitionNames } from '../custom/definition/definition-names.ts'
import { webhookConversion } from '../custom/webhook-conversion.ts'
import { remove } from '../rest/delete.ts'
import { decodeEntry, viewEntry } from '../storage/codec.ts'
import { prefixOf } from '../storage/keys.ts'
import { timestamp } from '../storage/timestamp.ts'
import { systemWrite } from '../storage/write-options.ts'
import { type ControllerDeps, parseKey, type ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

interface CustomResourceDeps extends ControllerDeps {
  definitionNames: DefinitionNames
  now: () => Date
}

/** Serves what CustomResourceDefinitions define from the moment they have their names, and empties them before they go. */
export function customResourceController(deps: CustomResourceDeps): ServerController {
  const { objects, registry, definitionNames, now, onError } = deps
  const definitions = registry.storedType('apiextensions.k8s.io', 'customresourcedefinitions')
  if (!definitions) throw new Error('the generated tables have no CustomResourceDefinition')
  const resource = definitions
  const prefix = prefixOf(resource)
  const queue = new WorkQueue(look, onError)
  const stops: (() => void)[] = []
  const stored = (): Readonly<KubeObject>[] => objects.store.list(prefix).entries.map(viewEntry)
  const addressOf = (name: string) => ({ resource, namespace: undefined, name })

  function serve(crd: Readonly<KubeObject>): void {
    const isServed = isTrue(crd, 'NamesAccepted') || isTrue(crd, 'Established')
    registry.setCustom(crd.metadata.name, isServed ? customResources(crd, webhookConversion(crd, objects.store)) : [])
    if (crd.metadata.deletionTimestamp) queue.add(crd.metadata.name)
  }

  async function look(name: string): Promise<void> {
    const crd = objects.find(addressOf(name))
    if (!crd) return
    if (crd.metadata.deletionTimestamp) await cleanUp(crd)
    // The names that it wants may be free by now, which the strategy finds out.
    else await objects.update(addressOf(name), (current) => current, { ...systemWrite, subresource: 'status' })
  }

  async function cleanUp(crd: KubeObject): Promise<void> {
    const { name, finalizers = [] } = crd.metadata
    if (!finalizers.includes(CLEANUP_FINALIZER)) return
    if (!isTrue(crd, 'Established')) return await finish(name, NEVER_ESTABLISHED)
    await say(name, IN_PROGRESS)
    // As stored, so that no version need be served, nor a conversion webhook be there still.
    const custom = storedCustomResource(crd)
    for (const entry of objects.store.list(prefixOf(custom)).entries) {
      const { metadata } = viewEntry(entry)
      if (metadata.deletionTimestamp) continue
      await remove(objects, { resource: custom, namespace: metadata.namespace, name: metadata.name }, {}, systemWrite)
    }
    if (objects.store.list(prefixOf(custom), { limit: 1 }).entries.length > 0) return
    await finish(name, COMPLETED)
  }

  async function say(name: string, condition: DefinitionCondition): Promise<void> {
    await objects.update(addressOf(name), (crd) => withCondition(crd, condition), {
      ...systemWrite,
      subresource: 'status',
    })
  }

  async function finish(name: string, condition: DefinitionCondition): Promise<void> {
    await say(name, condition)
    await objects.update(addressOf(name), withoutFinalizer, systemWrite)
  }

  function withCondition(crd: KubeObject | undefined, condition: DefinitionCondition): KubeObject | undefined {
    if (crd) setCondition(crd, condition, timestamp(now()))
    return crd
  }

  function lookForNames(group: string): void {
    for (const crd of stored()) {
      if (crd.spec?.group === group && !isTrue(crd, 'NamesAccepted')) queue.add(crd.metadata.name)
    }
  }

  return {
    start() {
      for (const entry of objects.store.list(prefix).entries) serve(decodeEntry(entry, resource))
      for (const { spec } of stored()) lookForNames(spec?.group ?? '')
      definitionNames.onRelease(lookForNames)
      stops.push(
        objects.store.watch(prefix, objects.store.revision(), (event) => {
          if (event.type === 'put') serve(viewEntry(event.entry))
          else registry.setCustom(event.key.slice(prefix.length), [])
        }),
        // The last instance that goes lets its definition go.
        objects.store.watch('/registry/', objects.store.revision(), (event) => {
          if (event.type !== 'delete') return
          const gone = parseKey(event.key, registry)?.resource
          if (gone?.custom?.isTerminating) queue.add(`${gone.plural}.${gone.group}`)
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      await queue.stop()
    },
  }
}

const IN_PROGRESS: DefinitionCondition = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
}
const COMPLETED: DefinitionCondition = {
  type: 'Terminating',
  status: 'False',
  reason: 'InstanceDeletionCompleted',
  message: 'removed all instances',
}
const NEVER_ESTABLISHED: DefinitionCondition = {
  type: 'Terminating',
  status: 'False',
  reason: 'NeverEstablished',
  message: 'resource was never established',
}

function withoutFinalizer(crd: KubeObject | undefined): KubeObject | undefined {
  if (crd) crd.metadata.finalizers = (crd.metadata.finalizers ?? []).filter((one) => one !== CLEANUP_FINALIZER)
  return crd
}
