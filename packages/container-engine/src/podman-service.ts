import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { UserError } from '@slipway/errors'

/** A Podman API service of our own. */
export interface PodmanService {
  socketPath: string
  /** Ends the service; containers live on. */
  stop(): Promise<void>
}

export interface StartOptions {
  dir: string
  env: NodeJS.ProcessEnv
  /** How long it may take to listen, in milliseconds. @default 20000 */
  patience?: number
}

/**
 * Starts `podman system service` with a socket and a configuration in `dir`, with settings that work on small machines too:
 * runc, no journald, explicit limits (raising them may not be permitted), builds without namespaces.
 * Throws UserError PODMAN_MISSING without the program, PODMAN_FAILED when the service does not come up.
 */
export async function startPodman(options: StartOptions): Promise<PodmanService> {
  mkdirSync(options.dir, { recursive: true })
  const socketPath = join(options.dir, 'podman.sock')
  const configuration = join(options.dir, 'containers.conf')
  writeFileSync(configuration, CONTAINERS_CONF)
  endOrphan(options.dir, socketPath)
  rmSync(socketPath, { force: true })
  const child = spawn('podman', ['system', 'service', '-t', '0', `unix://${socketPath}`], {
    env: { ...options.env, CONTAINERS_CONF: configuration, BUILDAH_ISOLATION: 'chroot' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  writeFileSync(join(options.dir, PID_FILE), String(child.pid ?? ''))
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-2_000)
  })
  const exited = new Promise<Error>((resolve) => {
    child.once('error', resolve)
    child.once('exit', (code) => resolve(new Error(`podman ended with status ${code}`)))
  })
  const failure = await Promise.race([
    exited,
    listening(socketPath, AbortSignal.timeout(options.patience ?? START_TIMEOUT)),
  ])
  if (failure) {
    child.kill()
    throw startError(failure, words)
  }
  return {
    socketPath,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

const START_TIMEOUT = 20_000
const PID_FILE = 'podman.pid'

const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`

/** Ends the service of a program that was killed; the number alone is no proof, another process may have it by now. */
function endOrphan(dir: string, socketPath: string): void {
  try {
    const pid = Number(readFileSync(join(dir, PID_FILE), 'utf8'))
    if (pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(socketPath)) process.kill(pid, 'SIGTERM')
  } catch {
    // No such file, no such process: there is nothing to end.
  }
}

function startError(failure: Error, words: string): UserError {
  if ((failure as NodeJS.ErrnoException).code === 'ENOENT') {
    return new UserError('PODMAN_MISSING', 'there is no podman command on this machine', {
      hint: 'apt-get install podman runc',
      cause: failure,
    })
  }
  return new UserError('PODMAN_FAILED', `podman system service did not start: ${words.trim() || failure.message}`, {
    hint: 'run podman info to see what it lacks',
    cause: failure,
  })
}

/** Resolves to undefined when the socket accepts connections, to an error when it does not in time. */
async function listening(path: string, signal: AbortSignal): Promise<Error | undefined> {
  while (!signal.aborted) {
    if (await accepts(path)) return undefined
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return new Error('it did not listen in time')
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
