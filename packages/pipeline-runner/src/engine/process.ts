import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { messageOf, UserError } from '@slipway/errors'

export interface ProcessOptions {
  cwd: string
  /** All of it; nothing is inherited. */
  env: Record<string, string>
  /** Told of each line of output, without its end. */
  onLine: (line: string, stream: 'stdout' | 'stderr') => void
  /** Ends the process and what it started: SIGINT, after 7.5 s SIGTERM, after 2.5 s SIGKILL; the agent's ladder. */
  signal: AbortSignal
}

const SIGINT_PATIENCE = 7500
const SIGTERM_PATIENCE = 2500
/** How long output is waited for when something in the background holds it open (the agent's ProcessInvoker). */
const STREAM_PATIENCE = 5000

/** Runs a program as a process group of its own and resolves to its exit code (128 + n for signal n). Throws PROCESS_NOT_STARTED. */
export async function runProcess(command: string, args: string[], options: ProcessOptions): Promise<number> {
  options.signal.throwIfAborted()
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // It has no streams then, where file descriptors are what is missing.
  if (child.pid === undefined) {
    const [cause] = await once(child, 'error')
    throw new UserError('PROCESS_NOT_STARTED', `${command} could not be started: ${messageOf(cause)}`, { cause })
  }
  const ending = endOnAbort(child, options.signal)
  const flushes = [
    readLines(child.stdout, (line) => options.onLine(line, 'stdout')),
    readLines(child.stderr, (line) => options.onLine(line, 'stderr')),
  ]
  try {
    return await exited(child, ending.isOver)
  } finally {
    ending.stop()
    for (const flush of flushes) flush()
  }
}

function exited(child: ChildProcess, isEnded: () => boolean): Promise<number> {
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      const status = code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)
      const leave = (): void => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        resolve(status)
      }
      // What has left the group and goes on says nothing that anybody waits for.
      const timer = setTimeout(leave, isEnded() ? 0 : STREAM_PATIENCE)
      child.on('close', () => {
        clearTimeout(timer)
        resolve(status)
      })
    })
  })
}

const SIGNALS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
}

/** `isOver`: nothing of the group is left. */
function endOnAbort(child: ChildProcess, signal: AbortSignal): { isOver: () => boolean; stop: () => void } {
  const timers: NodeJS.Timeout[] = []
  let isOver = false
  const kill = (): void => {
    isOver = true
    killGroup(child, 'SIGKILL')
  }
  const end = (): void => {
    // Nobody waits when the whole program ends.
    if (signal.reason instanceof ServerStopped) {
      kill()
      return
    }
    killGroup(child, 'SIGINT')
    timers.push(setTimeout(() => killGroup(child, 'SIGTERM'), SIGINT_PATIENCE))
    timers.push(setTimeout(kill, SIGINT_PATIENCE + SIGTERM_PATIENCE))
  }
  signal.addEventListener('abort', end, { once: true })
  return {
    isOver: () => isOver,
    stop() {
      signal.removeEventListener('abort', end)
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

/** The reason of an abort that is no cancel: the run goes on, from its start, when the server is back. */
export class ServerStopped extends Error {}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone, which is what was wanted.
  }
}

const LONGEST_LINE = 256 * 1024

/** Calls `onLine` for each line; the function that it returns hands over an unfinished last one. */
function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    if (rest.length > LONGEST_LINE) {
      onLine(rest)
      rest = ''
    }
  })
  return () => {
    if (rest !== '') onLine(rest)
    rest = ''
  }
}
