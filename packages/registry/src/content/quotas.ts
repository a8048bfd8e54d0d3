import { createHash } from 'node:crypto'
import type { Catalog } from '../metadata/catalog.ts'
import type { RegistrySettings } from '../policy/settings.ts'
import { Refusal } from '../refusal.ts'

interface Quota {
  bytes: number
  /** Name of the policy that sets it. */
  policy: string
}

/** Gives up what a repository can do without, until that is enough. */
type Reclaim = (repository: string, isEnough: () => boolean) => Promise<void>

/** How much each repository may still take. What is on its way in, and what open uploads hold, counts as if it were there. */
export class Quotas {
  readonly #catalog: Catalog
  readonly #settings: () => RegistrySettings
  /** Bytes by owner. */
  readonly #held = new Map<string, number>()
  #reclaim: Reclaim = async () => {}

  constructor(catalog: Catalog, settings: () => RegistrySettings) {
    this.#catalog = catalog
    this.#settings = settings
  }

  /** `reclaim` is called before something is refused. */
  beforeRefusals(reclaim: Reclaim): void {
    this.#reclaim = reclaim
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

  /** What somebody takes of a repository's quota, as it is now. */
  share(repository: string): Share {
    const owner = ownerOf(repository)
    const quota = this.of(repository)
    const taken = (): number => (this.#catalog.repository(repository)?.size ?? 0) + (this.#held.get(owner) ?? 0)
    return new Share({
      left: () => (quota ? quota.bytes - taken() : Number.POSITIVE_INFINITY),
      hold: (bytes) => this.hold(owner, bytes),
      reclaim: (isEnough) => this.#reclaim(repository, isEnough),
      refusal: () => refusalOf(repository, { quota, taken: taken(), held: this.#held.get(owner) ?? 0 }),
    })
  }

  /** Runs work that adds so many bytes. Throws Refusal DENIED when they do not fit. */
  async during<T>(repository: string, bytes: number, work: () => Promise<T>): Promise<T> {
    const share = this.share(repository)
    await share.take(bytes)
    try {
      return await work()
    } finally {
      share.release()
    }
  }

  /** Counts bytes that an owner holds, whether they fit or not; less than none gives back. */
  hold(owner: string, bytes: number): void {
    const held = (this.#held.get(owner) ?? 0) + bytes
    if (held > 0) this.#held.set(owner, held)
    else this.#held.delete(owner)
  }
}

interface ShareDeps {
  /** Less than none where the quota was larger before. */
  left: () => number
  hold: (bytes: number) => void
  reclaim: (isEnough: () => boolean) => Promise<void>
  refusal: () => Refusal
}

/** What one request takes of its repository's quota: a part of it after the other, or all at once. */
export class Share {
  readonly #deps: ShareDeps
  /** Taken so far. */
  bytes = 0

  constructor(deps: ShareDeps) {
    this.#deps = deps
  }

  /** `allowance`: bytes that are counted already as what these become. Throws Refusal DENIED when they do not fit. */
  async take(bytes: number, allowance = 0): Promise<void> {
    const { left, hold, reclaim, refusal } = this.#deps
    const fits = (): boolean => bytes === 0 || bytes <= left() + allowance
    if (!fits()) await reclaim(fits)
    if (!fits()) throw refusal()
    hold(bytes)
    this.bytes += bytes
  }

  /** Gives all of it back. */
  release(): void {
    this.#deps.hold(-this.bytes)
    this.bytes = 0
  }
}

/** What a store knows a repository as: names are longer than those of files may be. */
export function ownerOf(repository: string): string {
  return createHash('sha256').update(repository).digest('hex').slice(0, 16)
}

function refusalOf(
  repository: string,
  { quota, taken, held }: { quota: Quota | undefined; taken: number; held: number },
): Refusal {
  const { bytes, policy } = quota ?? { bytes: 0, policy: '' }
  const coming = held > 0 ? `, ${held} of them in uploads that are open` : ''
  return new Refusal(
    'DENIED',
    `this does not fit into the quota of ${repository}: it holds ${taken} of ${bytes} bytes${coming} (policy ${policy})`,
  )
}
