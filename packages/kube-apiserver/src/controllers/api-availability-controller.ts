import { equalJson } from '@slipway/kube-objects'
import type { AggregatedApis, ServedElsewhere } from '../aggregation/aggregated-apis.ts'
import { type ApiService, availability, readApiService } from '../aggregation/api-service.ts'
import { askElsewhere } from '../aggregation/ask-elsewhere.ts'
import { discoveredResources, type LegacyResource } from '../aggregation/legacy-discovery.ts'
import type { Spec } from '../defaults/spec.ts'
import type { Resource } from '../registry/resource.ts'
import { viewEntry } from '../storage/codec.ts'
import { keyOf, prefixOf } from '../storage/keys.ts'
import { timestamp } from '../storage/timestamp.ts'
import { systemWrite } from '../storage/write-options.ts'
import type { ControllerDeps, ServerController } from './controller.ts'
import { WorkQueue } from './work-queue.ts'

const RECHECK_MS = { available: 30_000, unavailable: 2_000 }
/** Says in the status of every APIService whether it is there, and learns what the server behind it serves. */
export function apiAvailabilityController(
  deps: ControllerDeps & { aggregated: AggregatedApis; now: () => Date },
): ServerController {
  const { objects, registry, onError, aggregated, now } = deps
  const { store } = objects
  const resource = registry.storedType('apiregistration.k8s.io', 'apiservices') as Resource
  const services = registry.storedType('', 'services') as Resource
  const slices = registry.storedType('discovery.k8s.io', 'endpointslices') as Resource
  const prefix = prefixOf(resource)
  const queue = new WorkQueue(check, onError)
  const timers = new Map<string, NodeJS.Timeout>()
  const stops: (() => void)[] = []

  function observe(name: string): ApiService | undefined {
    const entry = store.get(prefix + name)
    const service = entry && readApiService(viewEntry(entry))
    aggregated.set(name, service)
    return service
  }

  async function check(name: string): Promise<void> {
    clearTimeout(timers.get(name))
    timers.delete(name)
    const service = observe(name)
    if (!service) return
    const found = service.backing ? await examine(service) : { ok: true, reason: 'Local', message: LOCAL }
    await write(name, found)
    if (!service.backing) return
    const delay = found.ok ? RECHECK_MS.available : RECHECK_MS.unavailable
    timers.set(name, setTimeout(() => queue.add(name), delay).unref())
  }

  /** The checks of Kubernetes' AvailableConditionController, in its words. */
  async function examine(service: ApiService): Promise<Finding> {
    const { namespace = '', name = '', port } = service.backing ?? {}
    const where = `service/${name} in "${namespace}"`
    const entry = store.get(keyOf(services, namespace, name))
    if (!entry) return { ok: false, reason: 'ServiceNotFound', message: `${where} is not present` }
    const { spec = {} } = viewEntry(entry)
    if ((spec.type ?? 'ClusterIP') === 'ClusterIP') {
      const wanted = ((spec.ports ?? []) as Spec[]).find((one) => one.port === port)
      if (!wanted)
        return { ok: false, reason: 'ServicePortError', message: `${where} is not listening on port ${port}` }
      const own = slicesOf(namespace, name)
      if (own.length === 0) {
        const message = `cannot find endpointslices for ${where}`
        return { ok: false, reason: 'EndpointsNotFound', message }
      }
      if (!own.some((slice) => isReady(slice, wanted.name ?? ''))) {
        const message = `endpointslices for ${where} have no addresses with port name "${wanted.name ?? ''}"`
        return { ok: false, reason: 'MissingEndpoints', message }
      }
    }
    try {
      aggregated.learn(service.name, await discover(service))
      return { ok: true, reason: 'Passed', message: 'all checks passed' }
    } catch (error) {
      return { ok: false, reason: 'FailedDiscoveryCheck', message: (error as Error).message }
    }
  }

  const slicesOf = (namespace: string, name: string) =>
    store
      .list(prefixOf(slices, namespace))
      .entries.map((entry) => viewEntry(entry))
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)

  // Who can change where the Service leads can lie here; what is served then is checked against the CA.
  const ask = (service: ApiService, path: string) => askElsewhere(aggregated, service, { path, verified: false })

  async function discover(service: ApiService): Promise<ServedElsewhere> {
    const path = `/apis/${service.group}/${service.version}`
    const list = (await ask(service, path)) as { resources?: LegacyResource[] }
    // Optional, as it is in Kubernetes: such a server may be older than OpenAPI 3.
    const index = (await ask(service, '/openapi/v3').catch(() => ({}))) as Spec
    const openApi = index.paths?.[path.slice(1)]?.serverRelativeURL
    return {
      resources: discoveredResources(service, list.resources ?? []),
      ...(typeof openApi === 'string' && { openApi }),
    }
  }

  async function write(name: string, { ok, reason, message }: Finding): Promise<void> {
    await objects.update(
      { resource, namespace: undefined, name },
      (current) => {
        if (!current) return undefined
        const before = availability(current.status)
        const status = ok ? 'True' : 'False'
        const since = before?.status === status ? before.lastTransitionTime : timestamp(now())
        const condition = { type: 'Available', status, lastTransitionTime: since, reason, message }
        const others = ((current.status?.conditions ?? []) as Spec[]).filter(({ type }) => type !== 'Available')
        const next = { ...current, status: { ...current.status, conditions: [...others, condition] } }
        return equalJson(next, current) ? undefined : next
      },
      { ...systemWrite, subresource: 'status' },
    )
    observe(name)
  }

  return {
    start() {
      for (const { key } of store.list(prefix).entries) queue.add(key.slice(prefix.length))
      const checkBackedBy = (namespace: string, name: string | undefined) => {
        for (const one of aggregated.all())
          if (one.backing?.namespace === namespace && one.backing.name === name) queue.add(one.name)
      }
      stops.push(
        store.watch(prefix, store.revision(), ({ key }) => {
          observe(key.slice(prefix.length))
          queue.add(key.slice(prefix.length))
        }),
        store.watch(prefixOf(services), store.revision(), ({ entry }) => {
          const { metadata } = viewEntry(entry)
          checkBackedBy(metadata.namespace ?? '', metadata.name)
        }),
        store.watch(prefixOf(slices), store.revision(), ({ entry }) => {
          const { metadata } = viewEntry(entry)
          checkBackedBy(metadata.namespace ?? '', metadata.labels?.['kubernetes.io/service-name'])
        }),
      )
    },
    async stop() {
      for (const stop of stops) stop()
      for (const timer of timers.values()) clearTimeout(timer)
      await queue.stop()
    },
  }
}

const LOCAL = 'Local APIServices are always available'

interface Finding {
  ok: boolean
  reason: string
  message: string
}

function isReady({ endpoints, ports }: Readonly<Spec>, portName: string): boolean {
  const ready = ((endpoints ?? []) as Spec[]).some(({ conditions }) => conditions?.ready !== false)
  return ready && ((ports ?? []) as Spec[]).some(({ name, port }) => (name ?? '') === portName && port !== undefined)
}
