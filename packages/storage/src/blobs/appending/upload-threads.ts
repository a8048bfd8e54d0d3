import type { Worker } from 'node:worker_threads'
import { parseKey } from '../blob-key.ts'
import type { UploadDigest } from '../upload-digests.ts'
import type { UploadAnswer, UploadWork } from './serve-uploads.ts'

/** While one waits for the disk, the other counts. */
const THREADS = 2
/** Milliseconds for which a thread without work is kept: it takes 10 MB of memory. */
const IDLE = 10_000

interface Asked {
  readonly resolve: (digest: string | undefined) => void
  readonly reject: (fault: Error) => void
}

/** The threads on which large uploads are written: started when they are needed, ended when they are not any more. */
export class UploadThreads {
  readonly #start: () => Worker
  #running: RunningThread[] = []

  /** `start` starts a thread that runs `serveUploads`. */
  constructor(start: () => Worker) {
    this.#start = start
  }

  /** A digest that begins with what is written next. */
  digest(id: string): ThreadDigest {
    return new ThreadDigest(this.#leastBusy(), id)
  }

  #leastBusy(): RunningThread {
    this.#running = this.#running.filter(({ hasEnded }) => !hasEnded)
    const [least] = this.#running.toSorted((a, b) => a.users - b.users)
    if (least && (least.users === 0 || this.#running.length === THREADS)) return least
    const started = new RunningThread(this.#start())
    this.#running.push(started)
    return started
  }
}

/** The content of an upload, on its way through the thread. */
export class ThreadDigest implements UploadDigest {
  readonly algorithm = 'sha256'
  /** Bytes that were given to the thread. */
  size = 0
  readonly thread: RunningThread
  readonly #id: string

  constructor(thread: RunningThread, id: string) {
    this.thread = thread
    this.#id = id
  }

  /** It went with its thread. */
  get isLost(): boolean {
    return this.thread.hasEnded
  }

  /** Appends to an open file; whoever gives the pieces away has them no more. */
  async write(fd: number, pieces: Uint8Array[]): Promise<void> {
    const begins = this.size === 0
    for (const { length } of pieces) this.size += length
    const whole = pieces.map((piece) => (piece.length === piece.buffer.byteLength ? piece : new Uint8Array(piece)))
    await this.thread.ask(
      { kind: 'write', id: this.#id, fd, pieces: whole, begins },
      whole.map(({ buffer }) => buffer as ArrayBuffer),
    )
  }

  async is(key: string): Promise<boolean> {
    return (await this.thread.ask({ kind: 'digest', id: this.#id })) === parseKey(key).hex
  }

  drop(): void {
    if (!this.isLost) this.thread.ask({ kind: 'drop', id: this.#id }).catch(() => {})
  }
}

/** One thread, from its start to its end. */
class RunningThread {
  hasEnded = false
  /** Uploads that are under way on it, and questions. */
  users = 0
  readonly #worker: Worker
  /** Who waits for an answer, in the order of the questions. */
  readonly #asked: Asked[] = []
  #idle: NodeJS.Timeout | undefined

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (answer: UploadAnswer) => this.#answer(answer))
    worker.on('error', (fault: Error) => this.#end(fault))
    worker.on('exit', (code) => this.#end(new Error(`a thread of uploads ended with status ${code}`)))
  }

  /** It is needed until it is released. */
  hold(): void {
    clearTimeout(this.#idle)
    this.users += 1
    this.#worker.ref()
  }

  release(): void {
    this.users -= 1
    if (this.users === 0 && !this.hasEnded) this.#rest()
  }

  async ask(work: UploadWork, transferred: ArrayBuffer[] = []): Promise<string | undefined> {
    if (this.hasEnded) throw new Error('a thread of uploads has ended')
    this.hold()
    try {
      return await new Promise((resolve, reject) => {
        // What can't be sent is never answered, so it must not wait for an answer either.
        this.#worker.postMessage(work, transferred)
        this.#asked.push({ resolve, reject })
      })
    } finally {
      this.release()
    }
  }

  #answer(answer: UploadAnswer): void {
    const asked = this.#asked.shift()
    if ('fault' in answer) asked?.reject(Object.assign(new Error(answer.fault.message), { code: answer.fault.code }))
    else asked?.resolve(answer.digest)
  }

  /** A thread that waits holds up no program that wants to end. */
  #rest(): void {
    this.#worker.unref()
    this.#idle = setTimeout(() => {
      this.hasEnded = true
      void this.#worker.terminate()
    }, IDLE)
    this.#idle.unref()
  }

  #end(fault: Error): void {
    this.hasEnded = true
    clearTimeout(this.#idle)
    for (const { reject } of this.#asked.splice(0)) reject(fault)
  }
}
