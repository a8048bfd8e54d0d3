import type { KubeObject } from '@slipway/kube-objects'
import type { Pod } from '../../model/pod.ts'
import type { Service } from '../../model/service.ts'

/** Says of Endpoints and EndpointSlices when what they follow changed. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

interface Seen {
  service: string
  /** When each pod became ready, or ceased to be, by its name. */
  pods: Map<string, string>
}

/** Remembers what was last seen of each Service, to tell when the first change since came about (endpointslice, TriggerTimeTracker). */
export class TriggerTimes {
  readonly #seen = new Map<string, Seen>()

  /** The earliest time that is new since the last look; that of the Service at the first one. Undefined when there is none. */
  look(service: Service, pods: Pod[]): string | undefined {
    const before = this.#seen.get(keyOf(service))
    const created = service.metadata.creationTimestamp ?? ''
    const times = new Map(pods.flatMap((pod): [string, string][] => [[pod.metadata.name, readyTime(pod)]]))
    this.#seen.set(keyOf(service), { service: created, pods: times })
    if (!before) return created || undefined
    const changed = [...times].flatMap(([name, time]) => (time > (before.pods.get(name) ?? '') ? time : []))
    if (created > before.service) changed.push(created)
    return changed.sort()[0]
  }

  /** Forgets a Service that is gone. */
  forget(service: KubeObject): void {
    this.#seen.delete(keyOf(service))
  }
}

const readyTime = ({ status }: Pod): string =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? ''

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`
