import type { Reconciler } from '@slipway/controller-runtime'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import { equalJson, type KubeObject, labelRequirements, type ObjectKey } from '@slipway/kube-objects'
import { canonicalJson, randomSuffix } from '../../canonical.ts'
import { createIfMissing } from '../../create-if-missing.ts'
import { byService, keyText } from '../../indexes.ts'
import { ENDPOINT_SLICES } from '../../model/kinds.ts'
import { hasEnded, type Pod } from '../../model/pod.ts'
import type { EndpointSlice, Service } from '../../model/service.ts'
import type { FreshCache } from '../ownership/fresh-cache.ts'
import { endpointsOf, type FindNode, MANAGED_BY, MANAGER, OVER_CAPACITY, slicesOf } from './endpoints.ts'
import { place } from './placement.ts'
import { TRIGGER_TIME, type TriggerTimes } from './trigger-times.ts'

interface Deps {
  client: KubeClient
  pods: Pick<FreshCache<Pod>, 'selectedBy'>
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
        .selectedBy(service.metadata.namespace, labelRequirements({ matchLabels: selector }))
        .filter(isPresent)
        .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      const trigger = deps.triggers.look(service, pods)
      await writeEndpoints(deps, marked(endpointsOf(service, pods), trigger))
      const groups = slicesOf(service, pods, deps.node).map((group) => marked(group, trigger))
      await writeSlices(deps, service, groups)
      // The pods, and where they are in the slices.
      return { kind: 'ready', reason: 'Synced', message: '', lookedAt: 2 * pods.length }
    },
  }
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
  const current = endpoints.get(keyOf(wanted))
  if (current) return update({ client, cache: endpoints }, current, wanted)
  const created = await createIfMissing(client, wanted)
  // Otherwise somebody was faster: the watch brings it.
  if (created) endpoints.wrote(created)
}

/** What is left over goes last, so that no reader misses an endpoint (reconciler.go of the EndpointSlice controller, finalize). */
async function writeSlices({ client, slices }: Deps, service: Service, groups: EndpointSlice[]): Promise<void> {
  const { name } = service.metadata
  const own = slices.by(byService, keyText(keyOf(service))).filter(isOwn)
  const { placed, left } = place(groups, own)
  for (const { wanted, current } of placed) {
    if (current) await update({ client, cache: slices }, current, wanted)
    else
      slices.wrote(
        await client.create({ ...wanted, metadata: { ...wanted.metadata, name: `${name}-${randomSuffix()}` } }),
      )
  }
  for (const slice of left) {
    await client.delete({ ...ENDPOINT_SLICES, ...keyOf(slice) })
    slices.deleted(slice)
  }
}

const isOwn = ({ metadata: { labels, deletionTimestamp } }: EndpointSlice): boolean =>
  labels?.[MANAGED_BY] === MANAGER && !deletionTimestamp

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
    ([field, value]) =>
      equalJson(current[field] ?? null, value ?? null) ||
      canonicalJson(current[field] ?? null) === canonicalJson(value ?? null),
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
