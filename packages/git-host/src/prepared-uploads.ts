import type { GitProcess } from './git-process.ts'

/** Milliseconds for which a process waits for the fetch that it was started for. */
const PATIENCE = 10_000
/** Processes that wait at once. */
const PLACES = 8

interface Prepared {
  process: GitProcess
  patience: NodeJS.Timeout
}

/**
 * Has a `git upload-pack` ready for the fetch that follows a push: it is started while git takes the push in, when this process
 * has nothing to do, and not when who follows the repository waits for it. Only where the push before was followed, too.
 */
export class PreparedUploads {
  readonly #followed = new Set<string>()
  readonly #prepared = new Map<string, Prepared>()

  /** Starts a process for the next fetch from a repository, if one is expected. */
  prepare(repository: string, start: () => GitProcess): void {
    if (!this.#followed.has(repository) || this.#prepared.has(repository) || this.#prepared.size >= PLACES) return
    const process = start()
    const patience = setTimeout(() => {
      this.#followed.delete(repository)
      this.drop(repository)
    }, PATIENCE)
    patience.unref()
    this.#prepared.set(repository, { process, patience })
    // Whoever takes it later sees in its exit code that it failed.
    process.on('error', () => {})
  }

  /** The process that waits for a fetch from this repository; undefined when there is none. */
  take(repository: string): GitProcess | undefined {
    this.#followed.add(repository)
    const prepared = this.#prepared.get(repository)
    if (!prepared) return undefined
    this.#prepared.delete(repository)
    clearTimeout(prepared.patience)
    const { process } = prepared
    return process.pid !== undefined && process.exitCode === null && process.signalCode === null ? process : undefined
  }

  /** Ends the process that waits for a fetch from this repository. */
  drop(repository: string): void {
    const prepared = this.#prepared.get(repository)
    if (!prepared) return
    this.#prepared.delete(repository)
    clearTimeout(prepared.patience)
    prepared.process.kill()
  }
}
