import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import { TransientError } from '@slipway/errors'

export interface GitRun {
  args: string[]
  /** The bare repository that git works in. */
  repository: string
  /** Configuration for this one process; it goes through the environment, because other users can read arguments. */
  config?: Record<string, string>
  environment?: Record<string, string>
  /** Open a socket as file descriptor 3. */
  channel?: boolean
  signal?: AbortSignal
}

export interface RunningGit {
  stdin: NodeJS.WritableStream
  stdout: Readable
  /** The near end of file descriptor 3. */
  channel: Duplex | undefined
  /** Resolves when git has ended and its output is read. */
  ended: Promise<{ status: number; stderr: string }>
  kill: () => void
}

// Neither the operator's git configuration, nor a question on a terminal, nor another program that git would start for a
// transport. `safe.directory`: caches are ours, whoever owns the files.
const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  HOME: '/',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'fd:http:https',
}
const MAX_STDERR = 16 * 1024

/** Starts git without a shell. Throws TransientError GIT_FAILED. */
export function startGit({ args, repository, config, environment, channel, signal }: GitRun): RunningGit {
  const child = spawn('git', ['--git-dir', repository, ...args], {
    env: { ...ENVIRONMENT, ...environment, ...configEnvironment(config) },
    stdio: ['pipe', 'pipe', 'pipe', ...(channel ? (['pipe'] as const) : [])],
    cwd: '/',
    // A group of its own, so that git can be ended together with its helper, which waits for a silent server and sees nobody go.
    detached: true,
    ...(signal && { signal }),
  })
  signal?.addEventListener('abort', () => endGroup(child), { once: true })
  let stderr = ''
  const ended = new Promise<{ status: number; stderr: string }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status: status ?? 1, stderr }))
  })
  ended.catch(() => {})
  if (!child.stdin || !child.stdout || !child.stderr) {
    throw new TransientError('GIT_FAILED', 'git could not be started: no file descriptors are free')
  }
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < MAX_STDERR) stderr += chunk.toString('utf8')
  })
  // git may end before it has read everything.
  child.stdin.on('error', () => {})
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    channel: channel ? (child.stdio[3] as unknown as Duplex) : undefined,
    ended,
    kill: () => child.kill(),
  }
}

function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid)
  } catch {
    // It has ended.
  }
}

/** Runs git to its end. */
export async function runGit(run: GitRun): Promise<{ status: number; stdout: Buffer; stderr: string }> {
  const git = startGit(run)
  git.stdin.end()
  const chunks: Buffer[] = []
  for await (const chunk of git.stdout as AsyncIterable<Buffer>) chunks.push(chunk)
  return { stdout: Buffer.concat(chunks), ...(await git.ended) }
}

function configEnvironment(config: Record<string, string> = {}): Record<string, string> {
  const entries = Object.entries({ 'safe.directory': '*', ...config })
  const environment: Record<string, string> = { GIT_CONFIG_COUNT: String(entries.length) }
  for (const [index, [key, value]] of entries.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key
    environment[`GIT_CONFIG_VALUE_${index}`] = value
  }
  return environment
}
