import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { constants, deflateSync } from 'node:zlib'
import { SlipwayError, TransientError } from '@slipway/errors'
import { damaged } from './cat-file.ts'
import { encodeObject, type GitObject } from './git-objects.ts'
import { runGit } from './git-process.ts'
import { ObjectStore } from './object-store.ts'
import { endOrphans } from './orphans.ts'

/** Fetches between two looks at whether a cache needs packing. */
const TIDY_EVERY = 100

/** A bare repository that holds what was fetched from one remote. It can always be made anew. */
export class BareCache {
  readonly folder: string
  readonly objects: ObjectStore
  #ready: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #fetches = 0
  #sequence = 0

  constructor(folder: string) {
    this.folder = folder
    this.objects = new ObjectStore(folder)
  }

  /** Ends the processes that read. */
  close(): void {
    this.objects.close()
  }

  /** Makes the repository unless it is there. */
  prepare(): Promise<void> {
    if (!this.#ready) {
      this.#ready = this.#initialize()
      this.#ready.catch(() => {
        this.#ready = undefined
      })
    }
    return this.#ready
  }

  async #initialize(): Promise<void> {
    await endOrphans(this.folder)
    await this.removeHalves()
    await mkdir(dirname(this.folder), { recursive: true })
    const args = ['init', '--quiet', '--bare', '--template=', this.folder]
    const { status, stderr } = await runGit({ repository: this.folder, args })
    if (status !== 0)
      throw new TransientError('GIT_FAILED', `the cache ${this.folder} cannot be made: ${stderr.trim()}`)
  }

  /** Removes what came of packs that never were whole: git leaves it, and prunes it after two weeks. */
  async removeHalves(): Promise<void> {
    const packs = join(this.folder, 'objects', 'pack')
    const halves = (await readdir(packs).catch(() => [])).filter((name) => name.startsWith('tmp_'))
    for (const name of halves) await rm(join(packs, name), { force: true })
  }

  /** Removes everything; the next fetch begins at nothing. */
  async forget(): Promise<void> {
    this.#ready = undefined
    this.objects.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** One writer at a time; readers need no turn, because objects are only added. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task, task)
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** What to throw for an error of reading what belongs to a fetched commit. A cache that lacks some of it is given up. */
  async judge(error: unknown): Promise<unknown> {
    if (!(error instanceof SlipwayError)) return error
    if (error.code !== 'GIT_OBJECT_MISSING' && error.code !== 'GIT_CACHE_DAMAGED') return error
    await this.alone(() => this.forget())
    return damaged(`${error.message}; the repository is fetched anew`)
  }

  /** What a ref points to, when it stands in a file of its own; git may have moved it into its list of packed refs. */
  async looseRef(ref: string): Promise<string | undefined> {
    const text = await readFile(join(this.folder, ref), 'latin1').catch(() => '')
    return /^[0-9a-f]{40}\n$/.test(text) ? text.trimEnd() : undefined
  }

  moveRef(ref: string, id: string): void {
    this.#write(ref, Buffer.from(`${id}\n`, 'latin1'))
  }

  /**
   * Stores a few objects as git does, in files of their own. Nothing is synced: after a power cut the cache is made anew, as soon
   * as reading it shows that it is damaged. The calls block, because handing small files to other threads takes ten times as long.
   */
  store(objects: Map<string, GitObject>): void {
    for (const [id, object] of objects) {
      const content = deflateSync(encodeObject(object), { level: constants.Z_BEST_SPEED })
      this.#write(`objects/${id.slice(0, 2)}/${id.slice(2)}`, content)
      this.objects.keep(id, object)
    }
  }

  /** A whole file or none. */
  #write(path: string, content: Buffer): void {
    const file = join(this.folder, path)
    const aside = join(this.folder, 'objects', `tmp_obj_${process.pid}_${++this.#sequence}`)
    writeFileSync(aside, content, { mode: 0o444 })
    mkdirSync(dirname(file), { recursive: true })
    renameSync(aside, file)
  }

  async tidyNowAndThen(): Promise<void> {
    this.#fetches = (this.#fetches + 1) % TIDY_EVERY
    if (this.#fetches > 0) return
    await runGit({ repository: this.folder, args: ['gc', '--auto', '--quiet'], config: { 'gc.autoDetach': 'false' } })
  }
}

/** Where a cache keeps what it fetched: flat, because `a` and `a/b` may both have been branches at some time. */
export function localRef(ref: string): string {
  return `refs/fetched/${createHash('sha256').update(ref).digest('hex').slice(0, 40)}`
}
