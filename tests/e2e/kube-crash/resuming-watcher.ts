import { isApiError, type KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { NOTES } from './write-model.ts'

/**
 * A watcher that goes on from the last version it saw, on whatever server there is then, and never lists again. It holds what it was told
 * against the rules of a watch: versions only grow, and every event fits the state before it.
 */
export class ResumingWatcher {
  /** What broke a rule: a gap or a duplicate. */
  readonly faults: string[] = []
  /** Name to version of every object that it was told of. */
  readonly state = new Map<string, string>()
  /** The version of every event. */
  readonly versions = new Set<string>()
  #version: string

  constructor(version: string) {
    this.#version = version
  }

  /** Watches until the server is gone, or an object of this name was seen. */
  async follow(client: KubeClient, last?: string): Promise<void> {
    const stop = new AbortController()
    try {
      for await (const { type, object } of client.watch<KubeObject>(
        { ...NOTES, resourceVersion: this.#version },
        stop.signal,
      )) {
        if (type === 'BOOKMARK') this.#version = object.metadata.resourceVersion ?? this.#version
        else this.#take(type, object)
        if (object.metadata.name === last) stop.abort()
      }
    } catch (error) {
      if (!stop.signal.aborted && !isApiError(error, 'KUBE_UNAVAILABLE')) throw error
    }
  }

  #take(type: 'ADDED' | 'MODIFIED' | 'DELETED', { metadata }: KubeObject): void {
    const { name, resourceVersion = '' } = metadata
    const what = `${type} ${name} at ${resourceVersion}, after ${this.#version}`
    if (Number(resourceVersion) <= Number(this.#version)) this.faults.push(`${what}: told before`)
    if (this.state.has(name) === (type === 'ADDED')) this.faults.push(`${what}: does not follow what was told before`)
    if (type === 'DELETED') this.state.delete(name)
    else this.state.set(name, resourceVersion)
    this.versions.add(resourceVersion)
    this.#version = resourceVersion
  }
}
