import type { Duplex } from 'node:stream'
import { TransientError, UserError } from '@slipway/errors'
import { writeGitCommand } from '@slipway/git-format'
import type { ClientChannel } from 'ssh2'
import { gitError } from './git-error.ts'
import { type GitRun, type RunningGit, runGit, startGit } from './git-process.ts'
import type { RemoteUrl } from './remote-url.ts'
import { type SshCredentials, SshPool, type SshPoolOptions } from './ssh-pool.ts'

export type GitCredentials =
  | { kind: 'basic'; username: string; password: string }
  | { kind: 'bearer'; token: string }
  | ({ kind: 'ssh' } & SshCredentials)

export interface FetchOptions {
  credentials?: GitCredentials
  /** Milliseconds. @default 60000 */
  timeout?: number
  signal?: AbortSignal
}

export interface RemoteTransferOptions extends SshPoolOptions {
  /** For git's own HTTP client, such as `https_proxy` or `GIT_SSL_CAINFO`. */
  environment?: Record<string, string>
}

type SshUrl = Extract<RemoteUrl, { kind: 'ssh' }>
type HttpUrl = Extract<RemoteUrl, { kind: 'http' }>

const DEFAULT_TIMEOUT = 60_000

/** Connects to remotes, with credentials and within a time. */
export class RemoteTransfer {
  readonly #options: RemoteTransferOptions
  readonly #ssh: SshPool

  constructor(options: RemoteTransferOptions) {
    this.#options = options
    this.#ssh = new SshPool(options)
  }

  /** Closes the connections that are kept for later. */
  close(): Promise<void> {
    return this.#ssh.close()
  }

  /** Runs git against the remote, whose place in the arguments is `{remote}`; resolves to what it prints. */
  run(remote: RemoteUrl, run: GitRun, { credentials, ...limits }: FetchOptions): Promise<Buffer> {
    return within(remote, limits, (signal) =>
      remote.kind === 'ssh'
        ? this.#overSsh(remote, { ...run, signal }, credentials)
        : this.#overHttp(remote, { ...run, signal }, credentials),
    )
  }

  /** Talks to the remote's upload-pack ourselves. */
  talk<T>(remote: SshUrl, { credentials, ...limits }: FetchOptions, talk: (channel: Duplex) => Promise<T>): Promise<T> {
    return within(remote, limits, async (signal) => {
      const channel = await this.#uploadPack(remote, credentials)
      signal.addEventListener('abort', () => channel.destroy(), { once: true })
      try {
        // Nobody waits for it any more, and somebody else may have the turn.
        signal.throwIfAborted()
        channel.stderr.resume()
        return await talk(channel)
      } finally {
        channel.destroy()
      }
    })
  }

  async #uploadPack(remote: SshUrl, credentials: GitCredentials | undefined): Promise<ClientChannel> {
    if (credentials?.kind !== 'ssh') {
      throw new UserError('GIT_AUTH_FAILED', `${remote.url}: an SSH key is needed (identity, known_hosts)`)
    }
    return this.#ssh.exec(remote, credentials, writeGitCommand({ service: 'git-upload-pack', path: remote.path }))
  }

  async #overHttp(remote: HttpUrl, run: GitRun, credentials: GitCredentials | undefined): Promise<Buffer> {
    const authorization = authorizationOf(remote, credentials)
    const { status, stdout, stderr } = await runGit({
      ...run,
      args: run.args.map((arg) => (arg === '{remote}' ? remote.url : arg)),
      ...(this.#options.environment && { environment: this.#options.environment }),
      config: authorization ? { [`http.${remote.origin}/.extraHeader`]: `Authorization: ${authorization}` } : {},
    })
    if (status !== 0) throw gitError(remote.url, stderr)
    return stdout
  }

  /** git speaks over file descriptor 3 (git-remote-fd(1)), whose other end is a channel of a connection that is open already. */
  async #overSsh(remote: SshUrl, run: GitRun, credentials: GitCredentials | undefined): Promise<Buffer> {
    const channel = await this.#uploadPack(remote, credentials)
    const said = messagesOf(channel)
    let git: RunningGit | undefined
    try {
      git = startGit({ ...run, channel: true, args: run.args.map((arg) => (arg === '{remote}' ? 'fd::3' : arg)) })
      git.stdin.end()
      if (git.channel) joinStreams(git.channel, channel)
      const chunks: Buffer[] = []
      for await (const chunk of git.stdout as AsyncIterable<Buffer>) chunks.push(chunk)
      const { status, stderr } = await git.ended
      // What the other side says is nearer to the cause than git's "unexpected disconnect".
      if (status !== 0) throw gitError(remote.url, `${said()}${stderr}`)
      return Buffer.concat(chunks)
    } finally {
      git?.channel?.destroy()
      channel.destroy()
    }
  }
}

/** Gives a task its time; it is told by the signal, and not waited for, when the time is over or the caller gives up. */
async function within<T>(
  remote: RemoteUrl,
  { timeout = DEFAULT_TIMEOUT, signal: caller }: Omit<FetchOptions, 'credentials'>,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(timeout)
  const signal = caller ? AbortSignal.any([caller, limit]) : limit
  let stop: (() => void) | undefined
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    signal.throwIfAborted()
    return await Promise.race([task(signal), stopped])
  } catch (error) {
    if (caller?.aborted) throw caller.reason
    if (limit.aborted) throw new TransientError('GIT_TIMEOUT', `${remote.url}: no answer within ${timeout / 1000} s`)
    throw error
  } finally {
    if (stop) signal.removeEventListener('abort', stop)
  }
}

/** Connects two streams in both directions; the end or failure of one ends the other. */
function joinStreams(near: Duplex, far: Duplex): void {
  // git closes the direction in which it has said everything, and still reads the other.
  near.allowHalfOpen = true
  near.on('error', () => far.destroy())
  far.on('error', () => near.destroy())
  far.on('close', () => near.end())
  near.pipe(far)
  far.pipe(near)
}

function messagesOf(channel: ClientChannel): () => string {
  let text = ''
  channel.stderr.on('data', (chunk: Buffer) => {
    if (text.length < 4096) text += chunk.toString('utf8')
  })
  return () => text
}

function authorizationOf({ username, password }: HttpUrl, credentials: GitCredentials | undefined): string | undefined {
  if (credentials?.kind === 'bearer') return `Bearer ${credentials.token}`
  const basic = credentials?.kind === 'basic' ? credentials : password ? { username, password } : undefined
  return basic && `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`
}
