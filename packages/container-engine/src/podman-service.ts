import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '@slipway/errors'

/** A Podman API service of our own. */
export interface PodmanService {
  socketPath: string
  /** Ends the service and what builds run in it; containers live on. */
  stop(): Promise<void>
}

export interface StartOptions {
  dir: string
  env: NodeJS.ProcessEnv
  /** How long it may take to listen, in milliseconds. @default 20000 */
  patience?: number
  /** Hears that it ended by itself, or does not start again; it is started until it does. */
  onFailure?(error: unknown): void
}

/**
 * Starts `podman system service` with a socket and a configuration in `dir`, with settings that work on small machines too:
 * runc, no journald, explicit limits (raising them may not be permitted), builds without namespaces. When it ends by itself (the
 * kernel kills what takes most memory) it is started again.
 * Throws UserError PODMAN_MISSING without the program, PODMAN_FAILED when the service does not come up.
 */
export async function startPodman(options: StartOptions): Promise<PodmanService> {
  const service = new OwnPodman(options)
  await service.start()
  return service
}

class OwnPodman implements PodmanService {
  readonly socketPath: string
  readonly #options: StartOptions
  readonly #stopped = new AbortController()
  #child: ChildProcess | undefined
  /** Also when the program does not stop, but ends at once. */
  readonly #end = (): void => void this.#child?.kill()

  constructor(options: StartOptions) {
    this.#options = options
    this.socketPath = socketIn(options.dir)
  }

  async start(): Promise<void> {
    process.off('exit', this.#end).on('exit', this.#end)
    const { dir, env, patience = START_TIMEOUT } = this.#options
    mkdirSync(dir, { recursive: true })
    const configuration = join(dir, 'containers.conf')
    writeFileSync(configuration, CONTAINERS_CONF)
    await endOrphanedPodman(dir)
    rmSync(this.socketPath, { force: true })
    const child = spawn('podman', ['system', 'service', '-t', '0', `unix://${this.socketPath}`], {
      env: { ...env, CONTAINERS_CONF: configuration, BUILDAH_ISOLATION: 'chroot' },
      stdio: ['ignore', 'ignore', 'pipe'],
      // In a process group of its own: a Ctrl-C in the terminal is for the program, which needs the service until it has stopped.
      detached: true,
    })
    this.#child = child
    writeFileSync(join(dir, PID_FILE), String(child.pid ?? ''))
    const ended = endOf(child)
    const failure = await Promise.race([ended, listening(this.socketPath, AbortSignal.timeout(patience))])
    if (failure) {
      child.kill()
      throw failure
    }
    void ended.then((error) => this.#startAgain(error))
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    process.off('exit', this.#end)
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    if (child.pid !== undefined) await endService(child.pid)
    await gone
  }

  async #startAgain(error: unknown): Promise<void> {
    const { signal } = this.#stopped
    let failure = error
    for (let delay = FIRST_DELAY; !signal.aborted; delay = Math.min(delay * 2, LAST_DELAY)) {
      this.#options.onFailure?.(failure)
      await sleep(delay, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
      try {
        await this.start()
        return
      } catch (error) {
        failure = error
      }
    }
  }
}

/** Milliseconds before it is started again: the first time, and when that fails for long. */
const FIRST_DELAY = 200
const LAST_DELAY = 10_000
const START_TIMEOUT = 20_000
/** Milliseconds to remove what builds that were ended were in: once it has gone, nobody removes it. */
const CLEARING_UP = 1_000
const PID_FILE = 'podman.pid'
const socketIn = (dir: string): string => join(dir, 'podman.sock')

const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`

/** Ends the service that a program had started in `dir` which was killed. */
export async function endOrphanedPodman(dir: string): Promise<void> {
  try {
    const pid = Number(readFileSync(join(dir, PID_FILE), 'utf8'))
    // The number alone is no proof: another process may have it by now.
    if (pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(socketIn(dir))) await endService(pid)
  } catch {
    // No such file, no such process: there is nothing to end.
  }
}

/** Ends what builds run first, which would go on without the service for ever; containers are nobody's children. */
async function endService(pid: number): Promise<void> {
  const children = childrenOf(pid)
  for (const child of children) process.kill(child, 'SIGKILL')
  if (children.length > 0) await sleep(CLEARING_UP)
  process.kill(pid, 'SIGTERM')
}

/** The processes that a process has begun, and theirs. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean))
      .flatMap((child) => [...childrenOf(Number(child)), Number(child)])
  } catch {
    return []
  }
}

/** Resolves to why it ended, when it does. */
function endOf(child: ChildProcess): Promise<UserError> {
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-2_000)
  })
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(startError(error)))
    child.once('exit', (code, signal) => resolve(failed(words.trim() || `it ended with ${signal ?? `status ${code}`}`)))
  })
}

function startError(cause: NodeJS.ErrnoException): UserError {
  if (cause.code !== 'ENOENT') return failed(cause.message)
  return new UserError('PODMAN_MISSING', 'there is no podman command on this machine', {
    hint: 'apt-get install podman runc',
    cause,
  })
}

function failed(why: string): UserError {
  return new UserError('PODMAN_FAILED', `podman system service does not run: ${why}`, {
    hint: 'run podman info to see what it lacks',
  })
}

/** Resolves to undefined when the socket accepts connections, to an error when it does not in time. */
async function listening(path: string, signal: AbortSignal): Promise<UserError | undefined> {
  while (!signal.aborted) {
    if (await accepts(path)) return undefined
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return failed('it did not listen in time')
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
