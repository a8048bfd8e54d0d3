import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, UserError } from '@slipway/errors'
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts'

/** What a running server says of itself to the other commands. */
export interface Instance {
  pid: number
  /** Base URLs. */
  http: string
  /** Absent, as the next one, where the registry runs alone. */
  ssh?: string
  kube?: string
}

/** As it stands in the file, without addresses while the server starts. */
interface Announced extends Partial<Instance>, ProcessIdentity {
  pid: number
}

/** The one folder with all state: `git/`, `registry/`, `cluster.db`, `runs/`, keys and the addresses of the running server. */
export class DataFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  file(...parts: string[]): string {
    return join(this.path, ...parts)
  }

  /** Creates a folder inside, readable by its owner only. */
  folder(...parts: string[]): string {
    const path = this.file(...parts)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  }

  read(name: string): string | undefined {
    try {
      return readFileSync(this.file(name), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** A file that holds JSON. Throws UserError DATA_FILE_DAMAGED when that can't be read. */
  readJson<T>(name: string): T | undefined {
    const text = this.read(name)
    if (!text) return undefined
    try {
      return JSON.parse(text) as T
    } catch (cause) {
      throw this.damaged(name, cause)
    }
  }

  /** Of a file whose content is not what was written. */
  damaged(name: string, cause: unknown): UserError {
    return new UserError('DATA_FILE_DAMAGED', `${this.file(name)} can't be read: ${messageOf(cause)}`, {
      hint: 'restore it from a backup, or remove it to have it made anew',
      cause,
    })
  }

  /** Writes in one step that a power cut undoes as a whole or not at all, readable by its owner only. */
  write(name: string, text: string, { flush = true } = {}): void {
    this.folder()
    const path = this.file(name)
    writeFileSync(`${path}.new`, text, { mode: 0o600, flush })
    renameSync(`${path}.new`, path)
  }

  /** The administrator's token; undefined before the first start, and where users are kept elsewhere. */
  adminToken(): string | undefined {
    return this.read(ADMIN_TOKEN)?.trim()
  }

  /** The administrator's credentials for the server's own routes. */
  adminHeaders(): Record<string, string> {
    return { authorization: `Bearer ${this.adminToken() ?? ''}` }
  }

  remove(name: string): void {
    rmSync(this.file(name), { recursive: true, force: true })
  }

  /** The running server's addresses. Throws UserError NOT_RUNNING when there is none. */
  instance(): Instance {
    const instance = this.findInstance()
    if (instance) return instance
    throw new UserError('NOT_RUNNING', `no slipway is running on ${this.path}`, { hint: 'start it with: slipway up' })
  }

  /** The addresses of the server that runs on this folder, if one does. */
  findInstance(): Instance | undefined {
    const { pid, http, ...rest } = this.#announced() ?? {}
    return pid !== undefined && http !== undefined ? { pid, http, ...rest } : undefined
  }

  /** The number of the process whose folder this is: a server that runs, starts or stops. */
  findProcess(): number | undefined {
    return this.#announced()?.pid
  }

  /** Whether a process of this machine had it that is no more, and did not withdraw. */
  isAbandoned(): boolean {
    const announced = this.readJson<Announced>(INSTANCE)
    return announced !== undefined && isAlive(announced) === false
  }

  /** Takes the folder for a server that starts. Throws UserError ALREADY_RUNNING when it is another one's. */
  claim(): void {
    const running = this.findProcess()
    if (running !== undefined && running !== process.pid) {
      throw new UserError('ALREADY_RUNNING', `slipway runs on ${this.path} already, as process ${running}`, {
        hint: 'stop it with: slipway down, or choose another folder with --data',
      })
    }
    // Of a stop that never came to its end.
    this.remove(PURGE)
    this.#announce({ pid: process.pid })
  }

  announce(instance: Instance): void {
    this.#announce(instance)
  }

  /** The folder is nobody's any more; one that another process has claimed stays its own. */
  withdraw(): void {
    if (this.findProcess() === process.pid) this.remove(INSTANCE)
  }

  #announce(announced: Announced): void {
    // After a power cut nobody has the folder, whatever it says: no start needs to wait for the disk.
    const text = JSON.stringify({ ...announced, ...identityOf(announced.pid) })
    this.write(INSTANCE, `${text}\n`, { flush: false })
  }

  #announced(): Announced | undefined {
    const announced = this.readJson<Announced>(INSTANCE)
    return announced && isAlive(announced) ? announced : undefined
  }
}

const INSTANCE = 'instance.json'
export const ADMIN_TOKEN = 'admin-token'
/** A file that says to the server that its containers go with it. */
export const PURGE = 'purge'
