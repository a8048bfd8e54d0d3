import type { Reconciler } from '@slipway/controller-runtime'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { canonicalJson, randomSuffix } from '../../canonical.ts'
import { createIfMissing } from '../../create-if-missing.ts'
import { matchesAll } from '../../labels.ts'
import { ENDPOINT_SLICES } from '../../model/kinds.ts'
import { hasEnded, type Pod } from '../../model/pod.ts'
import type { EndpointSlice, Service } from '../../model/service.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { endpointsOf, type FindNode, MANAGED_BY, MANAGER, OVER_CAPACITY, SERVICE_NAME, slicesOf } from './endpoints.ts'
import { TRIGGER_TIME, type TriggerTimes } from './trigger-times.ts'

interface Deps {
  client: KubeClient
  pods: Pick<FreshCache<Pod>, 'list'>
  endpoints: FreshCache<KubeObject>
  slices: FreshCache<EndpointSlice>
  triggers: TriggerTimes
  node: FindNode
}

/** Keeps the Endpoints and the EndpointSlices of one Service in step with the pods that it selects. */
export function endpointsReconciler(deps: Deps): Reconciler<Service> {
  return {
    async reconcile(service) {
      const { selector, type } = service.spec
      // Without a selector the endpoints are the user's own.
      if (!selector || service.metadata.deletionTimestamp || type === 'ExternalName') {
        return { kind: 'ready', reason: 'Unmanaged', message: '' }
      }
      const pods = deps.pods
        .list()
        .filter((pod) => isSelected(service, pod) && isPresent(pod))
        .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      const trigger = deps.triggers.look(service, pods)
      const mark = <T extends KubeObject>(object: T): T => marked(object, trigger)
      await writeEndpoints(deps, mark(endpointsOf(service, pods)))
      await writeSlices(deps, service, slicesOf(service, pods, deps.node).map(mark))
      return { kind: 'ready', reason: 'Synced', message: '' }
    },
  }
}

function isSelected({ metadata, spec }: Service, pod: Pod): boolean {
  return pod.metadata.namespace === metadata.namespace && matchesAll(spec.selector ?? {}, pod.metadata.labels)
}

function marked<T extends KubeObject>(object: T, trigger: string | undefined): T {
  if (!trigger) return object
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [TRIGGER_TIME]: trigger } },
  }
}

const isPresent = (pod: Pod): boolean => pod.status?.podIP !== undefined && !hasEnded(pod)

async function writeEndpoints({ client, endpoints }: Deps, wanted: KubeObject): Promise<void> {
  const { name, namespace } = wanted.metadata
  const current = endpoints.list().find(({ metadata }) => metadata.name === name && metadata.namespace === namespace)
  if (current) return update({ client, cache: endpoints }, current, wanted)
  const created = await createIfMissing(client, wanted)
  // Otherwise somebody was faster: the watch brings it.
  if (created) endpoints.wrote(created)
}

/**
 * Slices are kept where they have the ports that are wanted, and otherwise filled with others before new ones are created, so
 * that no reader finds a slice beside the one that replaces it (reconciler.go of the EndpointSlice controller, finalize).
 */
async function writeSlices({ client, slices }: Deps, service: Service, wanted: EndpointSlice[]): Promise<void> {
  const { name } = service.metadata
  const spare = slices.list().filter((slice) => isOwn(service, slice))
  const kept = new Map<EndpointSlice, EndpointSlice>()
  for (const slice of wanted) {
    const index = spare.findIndex((one) => canonicalJson(one.ports) === canonicalJson(slice.ports))
    const [current] = index < 0 ? [] : spare.splice(index, 1)
    if (current) kept.set(slice, current)
  }
  for (const slice of wanted) {
    const current = kept.get(slice) ?? spare.shift()
    if (current) await update({ client, cache: slices }, current, slice)
    else
      slices.wrote(
        await client.create({ ...slice, metadata: { ...slice.metadata, name: `${name}-${randomSuffix()}` } }),
      )
  }
  for (const slice of spare) {
    await client.delete({ ...ENDPOINT_SLICES, ...keyOf(slice) })
    slices.deleted(slice)
  }
}

function isOwn({ metadata: { name, namespace } }: Service, { metadata }: EndpointSlice): boolean {
  const { labels = {}, deletionTimestamp } = metadata
  const isOfService = metadata.namespace === namespace && labels[SERVICE_NAME] === name
  return isOfService && labels[MANAGED_BY] === MANAGER && !deletionTimestamp
}

const OWN_ANNOTATIONS = [TRIGGER_TIME, OVER_CAPACITY]

async function update<T extends KubeObject>(
  { client, cache }: { client: KubeClient; cache: FreshCache<T> },
  current: T,
  { metadata, apiVersion, kind, ...content }: T,
): Promise<void> {
  // That the time of what set it off differs is no reason to write.
  const said = (object: KubeObject): string =>
    canonicalJson([object.metadata.labels, object.metadata.annotations?.[OVER_CAPACITY]])
  const isSame = Object.entries(content).every(
    ([field, value]) => canonicalJson(current[field] ?? null) === canonicalJson(value ?? null),
  )
  if (isSame && said(current) === said({ metadata, apiVersion, kind })) return
  try {
    const annotations = Object.fromEntries(OWN_ANNOTATIONS.map((name) => [name, metadata.annotations?.[name] ?? null]))
    // What the Service is no longer called goes here too.
    const gone = Object.keys(current.metadata.labels ?? {}).map((name): [string, null] => [name, null])
    const labels = { ...Object.fromEntries(gone), ...metadata.labels }
    const patch = { metadata: { labels, annotations }, ...content }
    cache.wrote(
      await client.patch<T>({ apiVersion, kind, ...keyOf(current) }, 'merge', patch, {
        fieldManager: 'endpoint-controller',
      }),
    )
  } catch (error) {
    // Gone with its Service, or deleted by someone: both come as an event of their own.
    if (!isApiError(error, 'KUBE_NOT_FOUND')) throw error
  }
}

function keyOf({ metadata: { name, namespace } }: KubeObject): ObjectKey {
  return { name, ...(namespace && { namespace }) }
}
