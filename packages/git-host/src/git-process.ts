import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'

const execFileAsync = promisify(execFile)

// Nothing of the operator's own git configuration may change how repositories are served, and git must never ask anything.
// `safe.directory`: the folder is ours, whoever owns the files in it; git reads this setting only from such a trusted place.
const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  HOME: '/',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
}

export interface GitSettings {
  /** Configuration for this one process, over that of the repository. */
  config?: Record<string, string>
  /** What the client sent as Git-Protocol header or GIT_PROTOCOL variable. */
  protocol?: string | undefined
  /** Who is written into the reflog. */
  committer?: string
}

/** The environment of a git process; configuration goes here, never into the arguments, which other users can read. */
function environmentOf({ config, protocol, committer }: GitSettings): Record<string, string> {
  const entries = Object.entries({ 'safe.directory': '*', ...config })
  const environment: Record<string, string> = { ...ENVIRONMENT, GIT_CONFIG_COUNT: String(entries.length) }
  for (const [index, [key, value]] of entries.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key
    environment[`GIT_CONFIG_VALUE_${index}`] = value
  }
  if (protocol && /^[a-z0-9=:.-]{1,100}$/i.test(protocol)) environment.GIT_PROTOCOL = protocol
  if (committer) {
    environment.GIT_COMMITTER_NAME = committer
    environment.GIT_COMMITTER_EMAIL = `${committer}@slipway`
  }
  return environment
}

export type GitProcess = ChildProcessByStdio<Writable, Readable, Readable>

/** Starts git with pipes on all three streams; never through a shell. */
export function startGit(args: string[], settings: GitSettings = {}): GitProcess {
  return spawn('git', args, { env: environmentOf(settings), stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' })
}

/** Runs git to its end and resolves to what it printed. Rejects when it failed. */
export async function runGit(args: string[], settings: GitSettings = {}): Promise<string> {
  const { stdout } = await execFileAsync('git', args, {
    env: environmentOf(settings),
    cwd: '/',
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
}
