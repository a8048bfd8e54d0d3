import { createHash } from 'node:crypto'
import type { Change, InformerSet } from '@slipway/kube-client'
import type { KubeObject, ObjectKey } from '@slipway/kube-objects'
import { objectId } from '@slipway/kube-objects'
import { GROUP } from '../kustomization/kustomization-kind.ts'

interface AppliedState {
  desired: string
  live: string
}

/**
 * What this controller applied, beside what is in the cluster now: both by hash. Watches every kind that it applied and tells
 * of objects that are no longer as they were left.
 */
export class AppliedObjects {
  readonly #informers: InformerSet
  readonly #onDrift: (owner: ObjectKey) => void
  readonly #applied = new Map<string, AppliedState>()
  readonly #watched = new Set<string>()

  constructor(informers: InformerSet, onDrift: (owner: ObjectKey) => void) {
    this.#informers = informers
    this.#onDrift = onDrift
  }

  /** Whether the object is wanted, and stands in the cluster, as it was applied last. */
  isInPlace(desired: KubeObject): boolean {
    const state = this.#applied.get(objectId(desired))
    const live = this.live(desired)
    return state !== undefined && live !== undefined && state.desired === hash(desired) && state.live === liveHash(live)
  }

  /** The object as the watch saw it last; undefined when there is none, or its kind is not watched yet. */
  live(object: KubeObject): KubeObject | undefined {
    return this.#informers.for(queryOf(object)).get(object.metadata)
  }

  /** Records an applied object; its kind is watched from now on. */
  record(desired: KubeObject, live: KubeObject): void {
    this.#applied.set(objectId(desired), { desired: hash(desired), live: liveHash(live) })
    this.#watch(desired)
  }

  forget(object: KubeObject): void {
    this.#applied.delete(objectId(object))
  }

  #watch(object: KubeObject): void {
    const kind = `${object.apiVersion} ${object.kind}`
    if (this.#watched.has(kind)) return
    this.#watched.add(kind)
    const informer = this.#informers.for(queryOf(object))
    void informer.start()
    informer.on((change) => this.#check(change))
  }

  #check({ type, object }: Change<KubeObject>): void {
    const state = this.#applied.get(objectId(object))
    if (!state || (type !== 'deleted' && state.live === liveHash(object))) return
    const owner = ownerOf(object)
    if (owner) this.#onDrift(owner)
  }
}

// Only objects with our label are of interest; one that loses it shows as deleted, and is put back.
const queryOf = ({ apiVersion, kind }: KubeObject): { apiVersion: string; kind: string; labelSelector: string } => ({
  apiVersion,
  kind,
  labelSelector: `${GROUP}/name`,
})

/** The Kustomization that an object's labels name. */
export function ownerOf({ metadata }: KubeObject): ObjectKey | undefined {
  const name = metadata.labels?.[`${GROUP}/name`]
  const namespace = metadata.labels?.[`${GROUP}/namespace`]
  return name && namespace ? { namespace, name } : undefined
}

const hash = (value: unknown): string => createHash('sha1').update(JSON.stringify(value)).digest('base64')

/** What a write of somebody else would change; not status and the server's bookkeeping. */
function liveHash({ metadata, status: _status, ...rest }: KubeObject): string {
  const { labels, annotations, finalizers, ownerReferences, deletionTimestamp, uid } = metadata
  return hash([rest, labels, annotations, finalizers, ownerReferences, deletionTimestamp, uid])
}
