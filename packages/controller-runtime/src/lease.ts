import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '@slipway/errors'
import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject, OwnerReference } from '@slipway/kube-objects'

export interface LeaseOptions {
  namespace: string
  name: string
  /** Who holds it; the same after a restart, which then need not wait. */
  holder: string
  /** Told once, when another one has taken it. */
  onLost: (error: UserError) => void
  /** Seconds after which a holder that does not renew counts as gone. @default 15 */
  duration?: number
  /** With which it goes. @default none */
  owners?: OwnerReference[]
}

interface LeaseObject extends KubeObject {
  spec?: {
    holderIdentity?: string
    leaseDurationSeconds?: number
    acquireTime?: string
    renewTime?: string
    leaseTransitions?: number
  }
}

const KIND = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }

/**
 * Sees that one holder alone works on a cluster (coordination.k8s.io Lease, as client-go's leader election uses it). A lease that was never
 * renewed is held for as long as its cluster is there.
 */
export class Lease {
  readonly #client: KubeClient
  readonly #options: Required<LeaseOptions>
  readonly #stop = new AbortController()
  #object: LeaseObject
  #renewing: Promise<void> = Promise.resolve()

  private constructor(client: KubeClient, options: Required<LeaseOptions>, object: LeaseObject) {
    this.#client = client
    this.#options = options
    this.#object = object
  }

  /** Takes the lease, after a wait when its holder may be gone. Throws UserError LEASE_HELD when another one has it. */
  static async take(client: KubeClient, { duration = 15, owners = [], ...given }: LeaseOptions): Promise<Lease> {
    const options = { ...given, duration, owners }
    const lease = new Lease(client, options, await acquire(client, options))
    lease.#renewing = lease.#renew()
    return lease
  }

  /** Gives it back, so that the next one need not wait. */
  async release(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    await this.#renewing
    await this.#client.replace({ ...this.#object, spec: { ...this.#object.spec, holderIdentity: '' } })
  }

  async #renew(): Promise<void> {
    const { signal } = this.#stop
    for (;;) {
      await sleep((this.#options.duration * 1000) / 3, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      try {
        const spec = { ...this.#object.spec, renewTime: microTime() }
        this.#object = await this.#client.replace<LeaseObject>({ ...this.#object, spec })
      } catch {
        // While the API does not answer nobody else can take it either; a conflict means that somebody has written it.
        await this.#look().catch(() => {})
      }
    }
  }

  async #look(): Promise<void> {
    const found = await read(this.#client, this.#options)
    if (!found || isFree(found, this.#options)) this.#object = await write(this.#client, this.#options, found)
    else {
      this.#stop.abort()
      this.#options.onLost(held(found))
    }
  }
}

async function acquire(client: KubeClient, options: Required<LeaseOptions>): Promise<LeaseObject> {
  const found = await read(client, options)
  if (found && !isFree(found, options)) await waitForEnd(client, found)
  try {
    return await write(client, options, found)
  } catch (error) {
    // Another one was faster.
    if (isApiError(error, 'KUBE_CONFLICT') || isApiError(error, 'KUBE_ALREADY_EXISTS')) return acquire(client, options)
    throw error
  }
}

function read(client: KubeClient, { namespace, name }: LeaseOptions): Promise<LeaseObject | undefined> {
  return client.get<LeaseObject>({ ...KIND, namespace, name })
}

/** What counts is whether it changes while we look: the clocks of two machines need not agree. Throws when it does. */
async function waitForEnd(client: KubeClient, found: LeaseObject): Promise<void> {
  if (!found.spec?.renewTime) throw held(found)
  const { name, namespace = '', resourceVersion = '' } = found.metadata
  const signal = AbortSignal.timeout((found.spec.leaseDurationSeconds ?? 15) * 1000)
  const query = { ...KIND, namespace, fieldSelector: `metadata.name=${name}`, resourceVersion }
  try {
    for await (const { type, object } of client.watch<LeaseObject>(query, signal)) {
      if (type === 'DELETED' || !object.spec?.holderIdentity) return
      if (type === 'MODIFIED') throw held(object)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

function write(
  client: KubeClient,
  { namespace, name, holder, duration, owners }: Required<LeaseOptions>,
  found: LeaseObject | undefined,
): Promise<LeaseObject> {
  const now = microTime()
  const spec = {
    holderIdentity: holder,
    leaseDurationSeconds: duration,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: (found?.spec?.leaseTransitions ?? -1) + 1,
  }
  const metadata = {
    ...(found?.metadata ?? { name, namespace }),
    ...(owners.length > 0 && { ownerReferences: owners }),
  }
  return found ? client.replace({ ...found, metadata, spec }) : client.create({ ...KIND, metadata, spec })
}

function isFree({ spec }: LeaseObject, { holder }: LeaseOptions): boolean {
  return !spec?.holderIdentity || spec.holderIdentity === holder
}

function held({ metadata, spec }: LeaseObject): UserError {
  return new UserError('LEASE_HELD', `${spec?.holderIdentity} works on this cluster already`, {
    at: { object: `Lease/${metadata.namespace}/${metadata.name}` },
    hint: 'stop it first; two would undo what the other does',
  })
}

/** metav1.MicroTime. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z')
}
