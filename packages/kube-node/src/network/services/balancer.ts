import type { Service } from '../../model/service.ts'
import type { Backend } from './backends.ts'

/** Kubernetes' default (DefaultClientIPServiceAffinitySeconds). */
const AFFINITY_SECONDS = 10_800

/** Chooses the backends of one port of a Service: one after the other, or the same for the same client. */
export class Balancer {
  #turn = 0
  readonly #clients = new Map<string, { backend: string; until: number }>()

  /** All of them in the order in which they should be tried. */
  order(service: Service, backends: Backend[], client: string): Backend[] {
    const sticky = service.spec.sessionAffinity === 'ClientIP' ? this.#rememberedFor(client, backends) : undefined
    const first = sticky ?? this.#turn++ % Math.max(1, backends.length)
    return [...backends.slice(first), ...backends.slice(0, first)]
  }

  /** A client was connected with a backend, where it is to stay if the Service says so. */
  connected({ spec }: Service, client: string, backend: Backend): void {
    if (spec.sessionAffinity !== 'ClientIP') return
    const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS
    this.#clients.delete(client)
    this.#clients.set(client, { backend: keyOf(backend), until: Date.now() + seconds * 1000 })
    // The one that was longest not seen.
    const [oldest] = this.#clients.keys()
    if (this.#clients.size > MOST_CLIENTS && oldest !== undefined) this.#clients.delete(oldest)
  }

  #rememberedFor(client: string, backends: Backend[]): number | undefined {
    const known = this.#clients.get(client)
    if (!known || known.until < Date.now()) return undefined
    const index = backends.findIndex((backend) => keyOf(backend) === known.backend)
    return index < 0 ? undefined : index
  }
}

const MOST_CLIENTS = 10_000

const keyOf = ({ address, port }: Backend): string => `${address}:${port}`
