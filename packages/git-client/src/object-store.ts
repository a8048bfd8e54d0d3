import { CatFile } from './cat-file.ts'
import { type GitObject, parseTree, type TreeItem } from './git-objects.ts'
import { Lru } from './lru.ts'

/** Bytes of objects that are kept in memory per repository, and how many sizes. */
const KEPT_BYTES = 8 * 1024 ** 2
const KEPT_SIZES = 20_000
/** Bytes that are asked for ahead of the reader. */
const AHEAD = 4 * 1024 ** 2

/** The objects of a bare repository. Those in use stay in memory, so that after a small change only the change is read. */
export class ObjectStore {
  readonly #contents: CatFile
  readonly #headers: CatFile
  readonly #kept = new Lru<GitObject>(KEPT_BYTES)
  readonly #sizes = new Lru<number>(KEPT_SIZES)

  constructor(repository: string) {
    this.#contents = new CatFile(repository, '--batch')
    this.#headers = new CatFile(repository, '--batch-check')
  }

  /** Ends the processes; reading starts them again. */
  close(): void {
    this.#contents.close()
    this.#headers.close()
  }

  /** Throws BugError GIT_OBJECT_MISSING, TransientError GIT_FAILED, GIT_CACHE_DAMAGED. */
  async read(id: string): Promise<GitObject> {
    const kept = this.#kept.get(id)
    if (kept) return kept
    const { type, content } = await this.#contents.read(id)
    this.keep(id, { type, content })
    return { type, content }
  }

  /** Remembers an object that somebody has read or stored. */
  keep(id: string, { type, content }: GitObject): void {
    this.#sizes.set(id, content.length, 1)
    // A copy, because a part of a chunk would keep the whole chunk alive.
    this.#kept.set(id, { type, content: Buffer.from(content) }, content.length + id.length)
  }

  /** Bytes of an object's content. */
  async size(id: string): Promise<number> {
    const known = this.#sizes.get(id)
    if (known !== undefined) return known
    const { size } = await this.#headers.read(id)
    this.#sizes.set(id, size, 1)
    return size
  }

  async tree(id: string): Promise<TreeItem[]> {
    return parseTree((await this.read(id)).content, id.length / 2)
  }

  /** Contents in the order of the ids. Small ones are asked for ahead; of large ones, one at a time is in memory. */
  async *readAll(ids: string[]): AsyncGenerator<Buffer> {
    const asked: { size: number; object: Promise<GitObject> }[] = []
    let ahead = 0
    let next = 0
    while (next < ids.length || asked.length > 0) {
      for (let id = ids[next]; id !== undefined; id = ids[++next]) {
        const size = this.#sizes.get(id) ?? AHEAD
        if (asked.length > 0 && ahead + size > AHEAD) break
        const object = this.read(id)
        object.catch(() => {})
        asked.push({ size, object })
        ahead += size
      }
      const first = asked.shift()
      if (!first) return
      ahead -= first.size
      yield (await first.object).content
    }
  }
}
