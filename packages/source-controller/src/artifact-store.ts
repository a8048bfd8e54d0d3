import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { HttpRoute } from '@slipway/http-server'

/** What a stored artifact is, apart from where it is served. */
export interface StoredArtifact {
  /** Below the store's folder: `gitrepository/<namespace>/<name>/<commit>.tar.gz`. */
  path: string
  /** `sha256:…` */
  digest: string
  size: number
}

/** Artifacts kept per object: the current one, and the one that a consumer may still be reading. */
const KEEP = 2
const PATH = /^gitrepository\/[a-z0-9.-]+\/[a-z0-9.-]+\/[0-9a-f]{40,64}\.tar\.gz$/

/** Artifacts as files. Each can be made again, so nothing is synced; a damaged one is found by its digest at the first look. */
export class ArtifactStore {
  readonly #folder: string
  readonly #verified = new Set<string>()
  #sequence = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Stores the stream's bytes under the path, whole or not at all. */
  async write(path: string, content: Readable): Promise<StoredArtifact> {
    const file = join(this.#folder, path)
    const aside = `${file}.${++this.#sequence}.new`
    const hash = createHash('sha256')
    let size = 0
    await mkdir(dirname(file), { recursive: true })
    try {
      await pipeline(
        content,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk)
            size += chunk.length
            yield chunk
          }
        },
        createWriteStream(aside),
      )
      await rename(aside, file)
    } catch (error) {
      await rm(aside, { force: true })
      throw error
    }
    const digest = `sha256:${hash.digest('hex')}`
    this.#verified.add(`${path} ${digest}`)
    return { path, digest, size }
  }

  /** Whether the artifact is there, whole. */
  async has({ path, digest, size }: StoredArtifact): Promise<boolean> {
    if (!PATH.test(path)) return false
    const file = join(this.#folder, path)
    const found = await stat(file).catch(() => undefined)
    if (found?.size !== size) return false
    if (this.#verified.has(`${path} ${digest}`)) return true
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
    if (`sha256:${hash.digest('hex')}` !== digest) return false
    this.#verified.add(`${path} ${digest}`)
    return true
  }

  /** Removes the older artifacts beside this one, and what an interrupted write left. */
  async prune(path: string): Promise<void> {
    const file = join(this.#folder, path)
    // Clocks are put back: by its time alone, the current one could be the oldest.
    const others = (await readdir(dirname(file)))
      .map((name) => join(dirname(file), name))
      .filter((other) => other !== file)
    const timed = await Promise.all(others.map(async (other) => ({ other, time: (await stat(other)).mtimeMs })))
    const old = timed.sort((a, b) => b.time - a.time).slice(KEEP - 1)
    await Promise.all(old.map(({ other }) => rm(other, { force: true })))
    for (const known of this.#verified)
      if (!known.startsWith(`${path} `) && dirname(known) === dirname(path)) this.#verified.delete(known)
  }

  /** Removes all artifacts of an object. */
  async remove({ namespace, name }: { namespace: string; name: string }): Promise<void> {
    await rm(join(this.#folder, 'gitrepository', namespace, name), { recursive: true, force: true })
  }

  /** Serves the artifacts below `/artifacts/`. As with Flux, who knows a commit's id may read it; there are no listings. */
  routes(): HttpRoute[] {
    return [
      {
        path: '/artifacts/',
        handle: async (request, response) => {
          const path = new URL(request.url ?? '/', 'http://host').pathname.slice('/artifacts/'.length)
          const file = join(this.#folder, path)
          const found = PATH.test(path) ? await stat(file).catch(() => undefined) : undefined
          if (!found || (request.method !== 'GET' && request.method !== 'HEAD')) {
            response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n')
            return
          }
          response.writeHead(200, { 'content-type': 'application/gzip', 'content-length': found.size })
          if (request.method === 'HEAD') response.end()
          // A reader that leaves is no failure.
          else await pipeline(createReadStream(file), response).catch(() => {})
        },
      },
    ]
  }
}
