import { BugError, TransientError } from '@slipway/errors'
import { isDamage } from './git-error.ts'
import type { ObjectType } from './git-objects.ts'
import { type RunningGit, startGit } from './git-process.ts'

/** An object as git-cat-file(1) tells of it; with `--batch-check` the content stays empty. */
export interface FoundObject {
  type: ObjectType
  size: number
  content: Buffer
}

interface Question {
  id: string
  resolve: (object: FoundObject) => void
  reject: (error: unknown) => void
}

/** Milliseconds without a question after which the process ends. */
const IDLE = 60_000

/**
 * Asks one long-lived `git cat-file` for objects: a question costs a tenth of a millisecond, a process of its own many. It sees
 * objects that come later, ends when it is not used, and starts again when it is needed again.
 */
export class CatFile {
  readonly #repository: string
  readonly #mode: '--batch' | '--batch-check'
  #questions: Question[] = []
  #process: RunningGit | undefined
  #idle: NodeJS.Timeout | undefined
  #parts: Buffer[] = []
  #have = 0
  #wanted = 0

  constructor(repository: string, mode: '--batch' | '--batch-check') {
    this.#repository = repository
    this.#mode = mode
  }

  /** The object with this whole id. Throws BugError GIT_OBJECT_MISSING, TransientError GIT_FAILED, GIT_CACHE_DAMAGED. */
  async read(id: string): Promise<FoundObject> {
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) throw new BugError('GIT_OBJECT_MISSING', `'${id}' is no object id`)
    const process = this.#process
    try {
      return await this.#ask(id)
    } catch (error) {
      // Somebody may have ended the process that was there; that the next one ends too is no accident.
      if (!(error instanceof TransientError) || !process) throw error
      return this.#ask(id)
    }
  }

  /** Ends the process; a later question starts another one. */
  close(): void {
    clearTimeout(this.#idle)
    this.#process?.kill()
  }

  #ask(id: string): Promise<FoundObject> {
    return new Promise((resolve, reject) => {
      this.#process ??= this.#start()
      // Not before there is somebody to ask: answers are told apart by their order alone.
      this.#questions.push({ id, resolve, reject })
      this.#process.stdin.write(`${id}\n`)
    })
  }

  #start(): RunningGit {
    const git = startGit({ repository: this.#repository, args: ['cat-file', this.#mode] })
    this.#parts = []
    this.#have = 0
    this.#wanted = 0
    git.stdout.on('data', (chunk: Buffer) => this.#take(chunk))
    git.ended.then(
      ({ stderr }) => this.#end(git, stderr.trim()),
      (error: unknown) => this.#end(git, String(error)),
    )
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => git.kill(), IDLE)
    this.#idle.unref()
    return git
  }

  #end(git: RunningGit, said: string): void {
    if (this.#process !== git) return
    this.#process = undefined
    clearTimeout(this.#idle)
    const message = `git cat-file ended in ${this.#repository}: ${said}`
    const error = isDamage(said) ? damaged(message) : new TransientError('GIT_FAILED', message)
    for (const { reject } of this.#questions.splice(0)) reject(error)
  }

  #take(chunk: Buffer): void {
    this.#idle?.refresh()
    this.#parts.push(chunk)
    this.#have += chunk.length
    // Joined only when a whole answer is there, so that a large one is not copied once per chunk.
    if (this.#have < this.#wanted) return
    let buffer = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts)
    let answered = 0
    for (const question of this.#questions) {
      const length = this.#answer(question, buffer)
      if (length === 0) break
      buffer = buffer.subarray(length)
      answered++
    }
    this.#questions.splice(0, answered)
    this.#parts = [buffer]
    this.#have = buffer.length
  }

  /** The length of the answer, `id type size<LF>content<LF>`; 0 when it is not there as a whole. */
  #answer({ id, resolve, reject }: Question, buffer: Buffer): number {
    this.#wanted = 0
    const end = buffer.indexOf(0x0a)
    if (end < 0) return 0
    const [, type, digits] = buffer.toString('latin1', 0, end).split(' ')
    if (digits === undefined) {
      reject(new BugError('GIT_OBJECT_MISSING', `${this.#repository} has no object ${id}`))
      return end + 1
    }
    const size = Number(digits)
    const length = this.#mode === '--batch' ? end + 1 + size + 1 : end + 1
    if (buffer.length < length) {
      this.#wanted = length
      return 0
    }
    resolve({ type: type as ObjectType, size, content: buffer.subarray(end + 1, Math.max(end + 1, length - 1)) })
    return length
  }
}

/** The error for a cache that lacks what it should have, or cannot be read. */
export function damaged(message: string): TransientError {
  return new TransientError('GIT_CACHE_DAMAGED', message)
}
