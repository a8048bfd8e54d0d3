import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '../port.ts'

const RUN_ID = /^ca(\d+)$/

/** Runs and where their files are: `DIR/runs/ca1/{run.json,log.txt}`. */
export class RunStore {
  readonly #dir: string
  readonly #runs = new Map<string, Run>()
  #last = 0

  private constructor(dir: string) {
    this.#dir = dir
  }

  /** Reads the runs of before. Those that a stop of the program cut off have failed. */
  static async open(dir: string, now: string): Promise<RunStore> {
    const store = new RunStore(join(dir, 'runs'))
    await mkdir(store.#dir, { recursive: true })
    for (const id of await readdir(store.#dir)) {
      const number = Number(RUN_ID.exec(id)?.[1])
      if (!number) continue
      store.#last = Math.max(store.#last, number)
      const run = await readRun(join(store.#dir, id, 'run.json'))
      if (!run) continue
      const open = run.status === 'Queued' || run.status === 'Running'
      const cutOff = {
        status: 'Failed',
        finishTime: now,
        runErrorMessage: 'the program stopped during the run',
      } as const
      if (open) await store.save({ ...run, ...cutOff })
      else store.#runs.set(id, run)
    }
    return store
  }

  async create(now: string): Promise<Run> {
    this.#last += 1
    const run: Run = { runId: `ca${this.#last}`, status: 'Queued', createTime: now, outputImages: [] }
    await mkdir(join(this.#dir, run.runId), { recursive: true })
    await this.save(run)
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

  async save(run: Run): Promise<void> {
    this.#runs.set(run.runId, run)
    const path = join(this.#dir, run.runId, 'run.json')
    await writeFile(`${path}.next`, JSON.stringify(run))
    await rename(`${path}.next`, path)
  }
}

/** Undefined when it is not there, or was cut off by a power cut: a run of before is no reason not to start. */
async function readRun(path: string): Promise<Run | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Run
  } catch {
    return undefined
  }
}
