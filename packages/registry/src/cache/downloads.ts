import type { OpenBlob } from '@slipway/registry-client'
import type { Content } from '../content/content.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { Turns } from '../turns.ts'
import { Download } from './download.ts'

/** Downloads from one registry at once; each keeps a window of its content in memory. */
const PARALLEL = 8

export interface DownloadsDeps {
  content: Content
  metrics: Metrics
  /** Told of what ended a download that had begun. */
  onError: (error: unknown) => void
}

interface Wanted {
  /** Of the repository here. */
  name: string
  /** Of the cache. */
  upstream: string
  digest: string
}

/** Blobs that are on their way from other registries: each is fetched once, however many ask for it. */
export class Downloads {
  readonly #deps: DownloadsDeps
  readonly #running = new Map<string, Promise<Download>>()
  readonly #turns = new Turns(PARALLEL)

  constructor(deps: DownloadsDeps) {
    this.#deps = deps
  }

  /** Resolves when the other side, which `open` asks, has begun to answer. Throws what it does. */
  start(wanted: Wanted, open: () => Promise<OpenBlob>): Promise<Download> {
    const key = `${wanted.name} ${wanted.digest}`
    const running = this.#running.get(key)
    if (running) return running
    const download = this.#start(wanted, open, () => this.#running.delete(key))
    this.#running.set(key, download)
    return download
  }

  /** `over` is called when the store has it all or never will. */
  #start(wanted: Wanted, open: () => Promise<OpenBlob>, over: () => void): Promise<Download> {
    const { content } = this.#deps
    const { name } = wanted
    return new Promise((resolve, reject) => {
      const work = async (): Promise<void> => {
        const { size, body } = await open()
        await content.quotas
          .during(name, size ?? 0, async () => {})
          .catch((refusal) => {
            body.destroy()
            throw refusal
          })
        const download = new Download(wanted.digest, size)
        resolve(download)
        await this.#fill(wanted, download, body).then(
          () => download.end(),
          (error) => {
            this.#deps.onError(error)
            download.end(error)
          },
        )
      }
      this.#turns.run(wanted.upstream, work).catch(reject).finally(over)
    })
  }

  async #fill({ name, upstream, digest }: Wanted, download: Download, body: AsyncIterable<Uint8Array>): Promise<void> {
    const { content, metrics } = this.#deps
    const upload = await content.uploads.start(name)
    try {
      await content.uploads.exclusively(upload, async () => {
        const pieces = (): AsyncIterable<Uint8Array> => download.through(body)
        const size = await content.uploads.append(upload, { before: 0, pieces, length: download.size, allowance: 0 })
        metrics.cacheFetched(upstream, 'blob', size)
        await content.linkUpload(upload, { digest, size })
      })
    } catch (error) {
      await content.uploads.cancel(upload)
      throw error
    }
  }
}
