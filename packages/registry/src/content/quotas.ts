import type { Catalog } from '../metadata/catalog.ts'
import type { RegistrySettings } from '../policy/settings.ts'
import { Refusal } from '../refusal.ts'

interface Quota {
  bytes: number
  /** Name of the policy that sets it. */
  policy: string
}

/** How much each repository may still take. What is on its way in counts as if it were there. */
export class Quotas {
  readonly #catalog: Catalog
  readonly #settings: () => RegistrySettings
  readonly #coming = new Map<string, number>()

  constructor(catalog: Catalog, settings: () => RegistrySettings) {
    this.#catalog = catalog
    this.#settings = settings
  }

  /** The tightest of the policies that cover a repository. */
  of(repository: string): Quota | undefined {
    let tightest: Quota | undefined
    for (const { name, covers, quota } of this.#settings().policies) {
      if (quota === undefined || quota >= (tightest?.bytes ?? Number.POSITIVE_INFINITY) || !covers(repository)) continue
      tightest = { bytes: quota, policy: name }
    }
    return tightest
  }

  /** Bytes that still fit. */
  left(repository: string): number {
    const quota = this.of(repository)
    return quota ? Math.max(0, quota.bytes - this.#taken(repository)) : Number.POSITIVE_INFINITY
  }

  refusal(repository: string): Refusal {
    const { bytes, policy } = this.of(repository) ?? { bytes: 0, policy: '' }
    const held = this.#taken(repository)
    return new Refusal(
      'DENIED',
      `this does not fit into the quota of ${repository}: it holds ${held} of ${bytes} bytes (policy ${policy})`,
    )
  }

  /** Runs work that adds so many bytes. Throws Refusal DENIED when they do not fit. */
  async during<T>(repository: string, bytes: number, work: () => Promise<T>): Promise<T> {
    const left = this.left(repository)
    if (left === Number.POSITIVE_INFINITY) return work()
    if (bytes > left) throw this.refusal(repository)
    this.#coming.set(repository, (this.#coming.get(repository) ?? 0) + bytes)
    try {
      return await work()
    } finally {
      const coming = (this.#coming.get(repository) ?? bytes) - bytes
      if (coming > 0) this.#coming.set(repository, coming)
      else this.#coming.delete(repository)
    }
  }

  #taken(repository: string): number {
    return (this.#catalog.repository(repository)?.size ?? 0) + (this.#coming.get(repository) ?? 0)
  }
}
