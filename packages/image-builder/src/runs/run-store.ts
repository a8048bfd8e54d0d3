import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '../port.ts'

const RUN_ID = /^ca(\d+)$/
/** Runs that are over and can still be looked at, with their logs. */
const KEPT = 500

/** Runs and where their files are: `DIR/runs/ca1/{run.json,log.txt}`. */
export class RunStore {
  readonly #dir: string
  readonly #kept: number
  readonly #runs = new Map<string, Run>()
  #last = 0

  private constructor(dir: string, kept: number) {
    this.#dir = dir
    this.#kept = kept
  }

  /** Reads the runs of before. Those that a stop of the program cut off have failed. */
  static async open(dir: string, now: string, kept = KEPT): Promise<RunStore> {
    const store = new RunStore(join(dir, 'runs'), kept)
    await mkdir(store.#dir, { recursive: true })
    const numbers = (await readdir(store.#dir)).map((id) => Number(RUN_ID.exec(id)?.[1])).filter(Boolean)
    // Oldest first, as they go.
    for (const number of numbers.sort((a, b) => a - b)) {
      const id = `ca${number}`
      store.#last = Math.max(store.#last, number)
      const run = await readRun(join(store.#dir, id, 'run.json'))
      if (!run) continue
      const cutOff = {
        status: 'Failed',
        finishTime: now,
        runErrorMessage: 'the program stopped during the run',
      } as const
      if (!isOver(run)) await store.save({ ...run, ...cutOff })
      else store.#runs.set(id, run)
    }
    return store
  }

  async create(now: string): Promise<Run> {
    this.#last += 1
    const run: Run = { runId: `ca${this.#last}`, status: 'Queued', createTime: now, outputImages: [] }
    await mkdir(join(this.#dir, run.runId), { recursive: true })
    await this.save(run)
    await this.#forgetOldest()
    return run
  }

  get(id: string): Run | undefined {
    return this.#runs.get(id)
  }

  list(): Run[] {
    return [...this.#runs.values()]
  }

  logPath(id: string): string {
    return join(this.#dir, id, 'log.txt')
  }

  async #forgetOldest(): Promise<void> {
    const over = this.list().filter(isOver)
    for (const { runId } of over.slice(0, Math.max(0, over.length - this.#kept))) {
      this.#runs.delete(runId)
      await rm(join(this.#dir, runId), { recursive: true, force: true })
    }
  }

  async save(run: Run): Promise<void> {
    this.#runs.set(run.runId, run)
    const path = join(this.#dir, run.runId, 'run.json')
    await writeFile(`${path}.next`, JSON.stringify(run))
    await rename(`${path}.next`, path)
  }
}

const isOver = ({ status }: Run): boolean => status !== 'Queued' && status !== 'Running'

/** Undefined when it is not there, or was cut off by a power cut: a run of before is no reason not to start. */
async function readRun(path: string): Promise<Run | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Run
  } catch {
    return undefined
  }
}
