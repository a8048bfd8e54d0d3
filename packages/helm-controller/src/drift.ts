import { changesMoreThanStatus } from '@slipway/controller-runtime'
import type { Informer, InformerSet } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { ANTECEDENT } from './helm-release/helm-release.ts'

/** Watches the kinds that releases have objects of, and tells whose release an object that changed or vanished belongs to. */
export class DriftWatch {
  readonly #informers: InformerSet
  readonly #onDrift: (release: ObjectKey) => void
  readonly #watched = new Map<string, Promise<void>>()
  readonly #unsubscribe: (() => void)[] = []

  constructor(informers: InformerSet, onDrift: (release: ObjectKey) => void) {
    this.#informers = informers
    this.#onDrift = onDrift
  }

  /** Resolves when every kind of these objects is watched, but for those that can't be: a release must not wait for them. */
  async watch(objects: KubeObject[]): Promise<void> {
    await Promise.all(objects.map(({ apiVersion, kind }) => this.#watchKind(apiVersion, kind)))
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
  }

  #watchKind(apiVersion: string, kind: string): Promise<void> {
    const key = `${apiVersion} ${kind}`
    let started = this.#watched.get(key)
    if (!started) {
      const informer: Informer = this.#informers.for({ apiVersion, kind })
      started = informer.tryStart().then(() => this.#subscribe(informer))
      this.#watched.set(key, started)
    }
    return started
  }

  #subscribe(informer: Informer): void {
    this.#unsubscribe.push(
      informer.on((change) => {
        if (change.type === 'added') return
        const owner = readAntecedent(change.previous ?? change.object)
        if (owner && (change.type === 'deleted' || changesMoreThanStatus(change))) this.#onDrift(owner)
      }),
    )
  }
}

/** `namespace:helmrelease/name`. */
function readAntecedent({ metadata }: KubeObject): ObjectKey | undefined {
  const match = /^(?<namespace>[^:]+):helmrelease\/(?<name>.+)$/.exec(metadata.annotations?.[ANTECEDENT] ?? '')
  const { namespace, name } = match?.groups ?? {}
  return namespace && name ? { namespace, name } : undefined
}
