import type { KubeClient } from '@slipway/kube-client'
import type { KubeObject } from '@slipway/kube-objects'
import { canonicalJson } from '../canonical.ts'
import type { PodEngine } from '../runtime/pod-runtime.ts'

/** nodeStatusMaxImages, and how many names each may have (kubelet, nodestatus/setters.go). */
const MOST_IMAGES = 50
const MOST_NAMES = 5
/** How often a kubelet looks whether its node's status is still true. */
const DELAY = 10_000

interface Deps {
  client: KubeClient
  engine: Pick<PodEngine, 'listImages'>
  nodeName: string
  node(): KubeObject | undefined
  onError(error: unknown): void
}

/** Keeps the largest of the engine's images in the status of the Node. */
export class NodeImages {
  readonly #deps: Deps
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Writes what there is now; returns at once. */
  start(): void {
    this.#writing = this.#write().catch(this.#deps.onError)
  }

  /** There may be others: what comes together is written together. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.start()
    }, DELAY).unref()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#writing
  }

  async #write(): Promise<void> {
    const { client, engine, nodeName, node } = this.#deps
    const images = nodeImages(await engine.listImages())
    if (canonicalJson(images) === canonicalJson(node()?.status?.images ?? [])) return
    const ref = { apiVersion: 'v1', kind: 'Node', name: nodeName }
    await client.patch(ref, 'merge', { status: { images } }, { subresource: 'status', fieldManager: 'kubelet' })
  }
}

/** The largest first; what has no name can't be asked for. */
export function nodeImages(
  images: Awaited<ReturnType<PodEngine['listImages']>>,
): { names: string[]; sizeBytes: number }[] {
  return images
    .map(({ digests, tags, size }) => ({
      names: [...digests, ...tags].filter((name) => !name.includes('<none>')).slice(0, MOST_NAMES),
      sizeBytes: size,
    }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MOST_IMAGES)
}
